"""How long a reply is tried, how often it may have been sent, whether it is signed, and where its copy goes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from mail_doors import CONFIG, MemoryCursor

from bot.sandbox.faults import Fault
from bot.sandbox.mail.client import MailTown
from bot.sandbox.process import started
from channels.base import PermanentChannelError, Reply, TemporaryChannelError
from channels.mail.config import DkimConfig, ImapConfig, SentConfig, SmtpOutConfig
from channels.mail.send import MailChannel, next_pause
from channels.mail.smtp import refuse_recipient
from channels.mail.write import reply_subject, write_mail

ANNA = "anna@customer.example"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
REPLY = Reply("msg_1", "tkt_1", {"to": ANNA, "subject": "Lamp"}, "It is on its way.", NOW)


@dataclass
class World:
    town: MailTown
    ready: dict[str, Any]

    def channel(self, *, append: bool = False, **options: Any) -> MailChannel:
        password = self.ready["password"]
        out = SmtpOutConfig("127.0.0.1", self.ready["smtp_port"], tls="none", user=CONFIG.address, password=password)
        box = ImapConfig("127.0.0.1", self.ready["imap_port"], CONFIG.address, password, tls="none")
        sent = SentConfig(box, "Copies", append=True) if append else None
        config = replace(CONFIG, smtp_out=out, sent=sent, **options)
        return MailChannel(config, cursor=MemoryCursor(), now=lambda: NOW)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with started("bot.sandbox.mail") as running, MailTown(running.url) as town:
        yield World(town, running.ready)


def first_tried(**ago: float) -> Reply:
    return replace(REPLY, first_tried_at=NOW - timedelta(**ago))


def test_pauses_grow_from_a_minute_to_an_hour() -> None:
    waited, pauses = 0.0, []
    while waited < 4 * 3600:
        pauses.append(next_pause(waited, 60.0) / 60)
        waited += pauses[-1] * 60 + 2
    assert pauses == [1, 2, 5, 15, 60, 60, 60, 60]


async def test_server_that_says_later_is_asked_for_a_day_and_then_a_person_is(world: World) -> None:
    await world.town.fault("smtp.rcpt", Fault.RATE_LIMITED, times=10)
    channel = world.channel()
    for reply, minutes in ((REPLY, 1), (first_tried(minutes=4), 5), (first_tried(hours=23), 60)):
        with pytest.raises(TemporaryChannelError) as later:
            await channel.send(reply)
        assert later.value.retry_after == minutes * 60
        assert "451" in str(later.value)
    with pytest.raises(PermanentChannelError, match=r"tried for 24\.0 hours: .*451"):
        await channel.send(first_tried(hours=24))


async def test_doubt_is_not_repeated_for_a_day(world: World) -> None:
    await world.town.fault("smtp.data", Fault.RESET, times=10)
    channel = world.channel()
    with pytest.raises(TemporaryChannelError) as doubt:
        await channel.send(REPLY)
    assert (doubt.value.in_doubt, doubt.value.retry_after) == (True, CONFIG.doubt_seconds)
    with pytest.raises(PermanentChannelError, match="may have arrived"):
        await channel.send(first_tried(minutes=21))


async def test_copy_is_put_into_the_folder_once_and_says_nothing_about_sending(world: World) -> None:
    channel = world.channel(append=True)
    for _ in range(2):
        await channel.send(REPLY)
    [copy] = await world.town.mailbox(CONFIG.address, "Copies")
    assert copy["message_id"] == write_mail(CONFIG, REPLY).message_id
    assert copy["flags"] == ["\\Seen"]
    assert channel.knows_sent is False, "a crash before the copy leaves no trace of a mail that went out"


async def test_mail_that_left_has_left_although_its_copy_failed(world: World) -> None:
    await world.town.fault("imap.append", Fault.SERVER_ERROR, times=3)
    channel = world.channel(append=True)
    assert await channel.send(REPLY)
    assert len(await world.town.mailbox(ANNA)) == 1


async def test_signed_mail_arrives_with_its_signature(world: World, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain))
    await world.channel(dkim=DkimConfig("s1", "desk.example", str(file))).send(REPLY)
    [mail] = await world.town.mailbox(ANNA)
    assert "d=desk.example" in dict(mail["headers"])["DKIM-Signature"]


async def test_key_that_cannot_be_read_reaches_a_person(world: World) -> None:
    with pytest.raises(PermanentChannelError, match="nowhere"):
        await world.channel(dkim=DkimConfig("s1", "desk.example", "/nowhere/key.pem")).send(REPLY)
    assert await world.town.mailbox(ANNA) == []


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("support@desk.example", None),
        ("Sales@Shop.example", None),
        ("sales+tkt_1.abc@shop.example", None),
        ("postmaster@desk.example", None),
        ("Postmaster", None),
        ("postmaster@shop.example", None),
        ("nobody@shop.example", "550 5.1.1"),
        ("bounce+x@shop.example", "550 5.1.1"),
        ("anna@elsewhere.example", "550 5.7.1"),
        ("postmaster@elsewhere.example", "550 5.7.1"),
    ],
)
def test_what_is_ours_is_taken_and_nothing_else(address: str, answer: str | None) -> None:
    refusal = refuse_recipient(replace(CONFIG, aliases=("sales@shop.example",)), address)
    assert (refusal or "")[:9] == (answer or "")


def test_subject_carries_the_ticket_when_it_is_wanted() -> None:
    mail = write_mail(replace(CONFIG, subject_token=True), REPLY)
    assert b"Subject: Re: Lamp [#tkt_1]\r\n" in mail.content
    assert reply_subject("Re: Lamp [#tkt_1]", "[#tkt_1]") == "Re: Lamp [#tkt_1]"
