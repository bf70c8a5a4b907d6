"""Mailboxes that take no passwords: tokens are fetched, kept, renewed, and a refusal says what the provider said."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mail_doors import CONFIG, Keeper, MemoryCursor, eventually, running

from bot.sandbox.mail.client import MailTown
from bot.sandbox.mail.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from bot.sandbox.process import started
from channels.base import Reply, TemporaryChannelError
from channels.mail.config import ImapConfig, OAuthConfig, SmtpOutConfig
from channels.mail.imap import ImapDoor
from channels.mail.oauth import NoToken, Tokens
from channels.mail.sealed import unseal
from channels.mail.send import MailChannel

REPLY = Reply("msg_1", "tkt_1", {"to": "anna@customer.example"}, "Hello", datetime(2026, 3, 4, tzinfo=UTC))


@dataclass
class Provider:
    """The sandbox's mail servers and its token endpoint."""

    town: MailTown
    ready: dict[str, Any]
    url: str

    def oauth(self, **options: Any) -> OAuthConfig:
        person = {"client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        return OAuthConfig(f"{self.url}/oauth/token", CLIENT_ID, **{**person, **options})

    def imap(self, oauth: OAuthConfig) -> ImapConfig:
        port = self.ready["imap_port"]
        pace = {"poll_seconds": 0.2, "first_pause_seconds": 0.1, "longest_pause_seconds": 0.2}
        return ImapConfig(
            "127.0.0.1", port, CONFIG.address, tls="none", auth="xoauth2", oauth=oauth, start="all", **pace
        )

    def smtp(self, oauth: OAuthConfig) -> SmtpOutConfig:
        port = self.ready["smtp_port"]
        return SmtpOutConfig("127.0.0.1", port, tls="none", user=CONFIG.address, auth="xoauth2", oauth=oauth)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with started("bot.sandbox.mail") as world, MailTown(world.url) as town:
        yield Provider(town, world.ready, world.url)


@pytest.mark.parametrize("kind", ["a person's refresh token", "the app alone"])
async def test_mailbox_is_read_with_a_token(provider: Provider, kind: str) -> None:
    oauth = provider.oauth() if kind.startswith("a person") else provider.oauth(refresh_token=None, scope="x/.default")
    await provider.town.write("anna@customer.example", CONFIG.address, text="hello")
    keeper = Keeper()
    async with running(ImapDoor("main", provider.imap(oauth), cursor=MemoryCursor(), lane="l").run(keeper)):
        await keeper.until(1)
    asked = (await provider.town.tokens())["asked"]
    assert set(asked) == {"refresh_token" if oauth.refresh_token else "client_credentials"}


async def test_token_is_asked_for_once_while_it_lasts(provider: Provider) -> None:
    tokens, oauth = Tokens(), provider.oauth()
    first = await asyncio.to_thread(tokens.get, oauth)
    assert await asyncio.to_thread(tokens.get, oauth) == first
    tokens.forget(oauth)
    assert await asyncio.to_thread(tokens.get, oauth) != first
    assert len((await provider.town.tokens())["asked"]) == 2


async def test_token_that_is_about_to_end_is_renewed(provider: Provider) -> None:
    now = 0.0
    tokens, oauth = Tokens(clock=lambda: now), provider.oauth()
    first = await asyncio.to_thread(tokens.get, oauth)
    now = 3600.0 - 59.0
    assert await asyncio.to_thread(tokens.get, oauth) != first


async def test_revoked_access_is_shown_in_the_provider_s_own_words(provider: Provider) -> None:
    await provider.town.tokens(revoke=True)
    with pytest.raises(NoToken, match=r"invalid_grant: Token has been expired or revoked\."):
        await asyncio.to_thread(Tokens().get, provider.oauth())
    door = ImapDoor("main", provider.imap(provider.oauth()), cursor=MemoryCursor(), lane="l")
    async with running(door.run(Keeper())):
        await eventually(lambda: "Token has been expired or revoked" in door.facts.last_error)


async def test_unknown_app_and_absent_endpoint_say_so(provider: Provider) -> None:
    with pytest.raises(NoToken, match="invalid_client: The OAuth client was not found"):
        await asyncio.to_thread(Tokens().get, provider.oauth(client_secret="wrong"))
    with pytest.raises(NoToken, match="not reached"):
        await asyncio.to_thread(Tokens().get, replace(provider.oauth(), token_url="http://127.0.0.1:1/token"))


async def test_refused_token_is_not_used_again(provider: Provider) -> None:
    """The provider ends a token early; the server's own words are shown, and the next try brings a new token."""
    door = ImapDoor("main", provider.imap(provider.oauth()), cursor=MemoryCursor(), lane="l")
    keeper, errors = Keeper(), []

    def failed() -> bool:
        errors.append(door.facts.last_error)
        return "https://mail.google.com/" in door.facts.last_error

    async with running(door.run(keeper)):
        await eventually(lambda: door.facts.last_poll_at is not None)
        refresh_token = (await provider.town.tokens(lasts=0))["refresh_token"]
        assert refresh_token == REFRESH_TOKEN
        door._tokens.forget(provider.oauth())
        await provider.town.drop_connections()
        await eventually(failed)
        await provider.town.tokens(lasts=3600)
        await provider.town.write("anna@customer.example", CONFIG.address, text="hello")
        await keeper.until(1)


async def test_new_refresh_token_is_kept_for_the_next_start(provider: Provider, tmp_path: Path) -> None:
    await provider.town.tokens(rotates=True)
    file = tmp_path / "refresh-token"
    oauth = provider.oauth(refresh_token_file=str(file))
    await asyncio.to_thread(Tokens().get, oauth)
    assert file.read_text() == (await provider.town.tokens())["refresh_token"] != REFRESH_TOKEN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await asyncio.to_thread(Tokens().get, oauth)
    assert os.listdir(tmp_path) == ["refresh-token"]


async def test_the_token_file_tells_nothing_without_the_key(provider: Provider, tmp_path: Path) -> None:
    await provider.town.tokens(rotates=True)
    file = tmp_path / "refresh-token"
    file.write_text(REFRESH_TOKEN)  # as an operator puts it there
    oauth = provider.oauth(refresh_token=None, refresh_token_file=str(file), seal_key="a long random text")

    await asyncio.to_thread(Tokens().get, oauth)
    current = (await provider.town.tokens())["refresh_token"]
    assert "sandbox-refresh" not in file.read_text()
    assert unseal(file.read_text(), "a long random text") == current != REFRESH_TOKEN
    await asyncio.to_thread(Tokens().get, oauth)

    with pytest.raises(NoToken, match="another mail"):
        await asyncio.to_thread(Tokens().get, replace(oauth, seal_key="another text"))


async def test_a_token_that_ends_for_good_one_day_says_when(provider: Provider) -> None:
    await provider.town.tokens(refresh_lasts=7 * 86_400)
    channel = MailChannel(replace(CONFIG, smtp_out=provider.smtp(provider.oauth())))
    assert channel.tokens_end() == {}

    await channel.send(REPLY)

    assert 6.9 < (channel.tokens_end()["smtp_out"] - datetime.now(UTC)).total_seconds() / 86_400 < 7.1


async def test_reply_is_submitted_with_a_token(provider: Provider) -> None:
    channel = MailChannel(replace(CONFIG, smtp_out=provider.smtp(provider.oauth())))
    sent = await channel.send(REPLY)
    assert await provider.town.accepted() == {sent: 1}


async def test_reply_waits_while_there_is_no_token(provider: Provider) -> None:
    await provider.town.tokens(revoke=True)
    channel = MailChannel(replace(CONFIG, smtp_out=provider.smtp(provider.oauth())))
    with pytest.raises(TemporaryChannelError, match="invalid_grant") as waits:
        await channel.send(REPLY)
    assert waits.value.in_doubt is False
