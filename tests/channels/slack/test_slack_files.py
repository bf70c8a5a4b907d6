"""Files: the bot's token is shown to Slack's own hosts only, and nothing too large or false is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.client import SlackTown
from bot.sandbox.slack.seed import SCOPES
from channels.base import PermanentChannelError
from channels.slack import SlackChannel
from channels.slack.files import may_carry_token
from tests.channels.slack.slack_journey import ACME, config

SLACK = "https://slack.com/api/"


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com/files-pri/T1-F1/download/a.txt",
        "https://acme.slack.com/files/a",
        "https://acme.enterprise.slack.com/a",
    ],
)
def test_slacks_own_addresses_may(url):
    assert may_carry_token(url, SLACK)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/a",
        "https://files.slack.com.evil.example/a",
        "https://evilslack.com/a",
        "https://files.slack.com@evil.example/a",
        "https://user:secret@files.slack.com/a",
        "https://files.slack.com:8443/a",
        "https://drive.google.com/a",
        "https://127.0.0.1/a",
        "file:///etc/passwd",
        "//files.slack.com/a",
        "",
        "https://[::1",
    ],
)
def test_nobody_elses_may(url):
    assert not may_carry_token(url, SLACK)


@given(st.text(max_size=40))
def test_no_host_that_only_looks_like_slack_may(host):
    assert not may_carry_token(f"https://{host}.example/a", SLACK)


async def file_of(town: SlackTown, text: str, **more: str) -> dict[str, str]:
    await town.say(ACME, "U0ALICE", "look", files=[{"name": "label.txt", "text": text, **more}])
    message = (await town.messages(ACME))[-1]
    return {"file_id": message["files"][0]["id"] if isinstance(message["files"][0], dict) else message["files"][0]}


async def test_a_file_is_fetched_by_its_id_with_its_bytes(slack, town):
    channel = SlackChannel(config(slack))
    assert await channel.fetch(await file_of(town, "the label"), 1000) == (b"the label", "text/plain")
    await channel.close()


async def test_a_file_too_large_stays_where_it_is(slack, town):
    channel = SlackChannel(config(slack))
    source = await file_of(town, "x" * 5_000)
    with pytest.raises(PermanentChannelError, match="larger"):
        await channel.fetch(source, 100)
    await channel.close()


async def test_without_the_scope_a_sign_in_page_is_not_taken_for_the_file(slack, town):
    channel = SlackChannel(config(slack))
    source = await file_of(town, "the label")
    await town.options(scopes=[scope for scope in SCOPES if scope != "files:read"])
    with pytest.raises(PermanentChannelError):
        await channel.fetch(source, 1000)
    await channel.close()


@pytest.mark.parametrize("source", [{}, {"file_id": "F0NOTHING"}])
async def test_a_file_that_is_gone_is_said_to_be(slack, town, source):
    channel = SlackChannel(config(slack))
    with pytest.raises(PermanentChannelError):
        await channel.fetch(source, 1000)
    await channel.close()
