"""A reply is sent once: what the server refused, what it took, and what nobody can know are told apart."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mail_doors import CONFIG, Keeper, MemoryCursor, eventually, running

from bot.sandbox.faults import Fault
from bot.sandbox.mail.client import MailTown
from bot.sandbox.process import started
from channels.base import PermanentChannelError, Reply, TemporaryChannelError, Wrote
from channels.mail.config import ImapConfig, MailConfig, SentConfig, SmtpInConfig, SmtpOutConfig
from channels.mail.send import MailChannel
from channels.mail.tokens import bounce_address
from channels.mail.write import write_mail

ANNA, BEN = "anna@customer.example", "ben@customer.example"
REPLY = Reply(
    key="msg_1",
    ticket_id="tkt_1",
    to={"to": ANNA, "cc": [], "subject": "Lamp", "message_id": "q1@customer.example"},
    text="It is on its way.\n.\n..\nFrom us",
    created_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
)
ID = write_mail(CONFIG, REPLY).message_id


@dataclass
class Desk:
    """The channel under test, and the world it writes into."""

    town: MailTown
    ready: dict[str, Any]

    def channel(self, *, sent: bool = True, doubt_seconds: float = 0.0, **smtp: Any) -> MailChannel:
        return MailChannel(self.config(sent=sent, doubt_seconds=doubt_seconds, **smtp), cursor=MemoryCursor())

    def config(self, *, sent: bool = True, doubt_seconds: float = 0.0, **smtp: Any) -> MailConfig:
        out = SmtpOutConfig("127.0.0.1", self.ready["smtp_port"], tls="none", user=CONFIG.address)
        out = replace(out, **{"password": self.ready["password"], "timeout": 5.0, **smtp})
        look = SentConfig(self.imap()) if sent else None
        return replace(CONFIG, smtp_out=out, sent=look, doubt_seconds=doubt_seconds)

    def imap(self, **options: Any) -> ImapConfig:
        port, password = self.ready["imap_port"], self.ready["password"]
        return ImapConfig(
            "127.0.0.1", port, CONFIG.address, password, tls="none", poll_seconds=0.3, start="all", **options
        )


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with started("bot.sandbox.mail") as world, MailTown(world.url) as town:
        yield Desk(town, world.ready)


def tried(reply: Reply = REPLY) -> Reply:
    return replace(reply, first_tried_at=datetime.now(UTC))


async def deliver(channel: MailChannel, reply: Reply) -> str:
    """What the conductor does: after the first try it looks before it sends."""
    for attempt in range(20):
        now = replace(reply, first_tried_at=None if attempt == 0 else datetime.now(UTC))
        try:
            found = await channel.find_sent(now) if attempt else None
            return found or await channel.send(now)
        except TemporaryChannelError as error:
            await asyncio.sleep(min(error.retry_after or 0.01, 0.5))  # a minute takes too long here
    raise AssertionError("not delivered in 20 tries")


async def test_reply_arrives_as_written_and_is_known_by_its_message_id(desk: Desk) -> None:
    reply = replace(REPLY, to={**REPLY.to, "cc": [BEN]})
    assert await desk.channel().send(reply) == ID
    for address in (ANNA, BEN):
        [mail] = await desk.town.mailbox(address)
        assert mail["message_id"] == ID
        assert mail["text"] == REPLY.text + "\n"
        assert mail["in_reply_to"] == "q1@customer.example"
    assert await desk.channel().find_sent(tried()) == ID


@pytest.mark.parametrize("operation", ["smtp.connect", "smtp.auth", "smtp.mail", "smtp.rcpt", "smtp.data"])
async def test_refused_for_now_is_tried_again_and_sent_once(desk: Desk, operation: str) -> None:
    mechanisms = 2  # the client tries another login after a refusal
    await desk.town.fault(operation, Fault.RATE_LIMITED, times=mechanisms if operation == "smtp.auth" else 1)
    channel = desk.channel()
    with pytest.raises(TemporaryChannelError) as refused:
        await channel.send(REPLY)
    assert refused.value.in_doubt is False
    assert await deliver(channel, REPLY) == ID
    assert await desk.town.accepted() == {ID: 1}


@pytest.mark.parametrize("operation", ["smtp.mail", "smtp.rcpt", "smtp.data"])
async def test_refused_for_good_needs_a_person_and_carries_the_server_s_words(desk: Desk, operation: str) -> None:
    await desk.town.fault(operation, Fault.SERVER_ERROR)
    with pytest.raises(PermanentChannelError, match=r"554 5\.7\.1 This \w+ is refused"):
        await desk.channel().send(REPLY)
    assert await desk.town.accepted() == {}


@pytest.mark.parametrize("operation", ["smtp.connect", "smtp.mail", "smtp.rcpt"])
async def test_connection_lost_before_the_mail_leaves_no_doubt(desk: Desk, operation: str) -> None:
    await desk.town.fault(operation, Fault.RESET)
    with pytest.raises(TemporaryChannelError) as lost:
        await desk.channel().send(REPLY)
    assert lost.value.in_doubt is False


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.APPLY_THEN_RESET, Fault.HANG, Fault.APPLY_THEN_HANG])
async def test_answer_lost_after_the_mail_is_a_doubt_and_ends_as_one_mail(desk: Desk, fault: Fault) -> None:
    channel = desk.channel(timeout=0.7)
    await desk.town.fault("smtp.data", fault)
    with pytest.raises(TemporaryChannelError) as lost:
        await channel.send(REPLY)
    assert lost.value.in_doubt is True
    assert (await channel.find_sent(tried()) or await channel.send(tried())) == ID
    assert await desk.town.accepted() == {ID: 1}


async def test_taken_but_answered_with_later_is_found_and_not_repeated(desk: Desk) -> None:
    await desk.town.fault("smtp.data", Fault.APPLY_THEN_ERROR)
    assert await deliver(desk.channel(), REPLY) == ID
    assert await desk.town.accepted() == {ID: 1}


async def test_fresh_doubt_waits_until_the_copy_could_have_appeared(desk: Desk) -> None:
    channel = desk.channel(doubt_seconds=30)
    await desk.town.fault("smtp.data", Fault.RESET)
    with pytest.raises(TemporaryChannelError):
        await channel.send(REPLY)
    long_ago = replace(REPLY, first_tried_at=datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(TemporaryChannelError) as fresh:
        await channel.find_sent(long_ago)
    assert fresh.value.retry_after is not None
    assert 25 < fresh.value.retry_after <= 30


async def test_after_a_crash_a_try_may_have_been_just_before_it(desk: Desk) -> None:
    long_ago = replace(REPLY, first_tried_at=datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(TemporaryChannelError):
        await desk.channel(doubt_seconds=30).find_sent(long_ago)
    assert await desk.channel(doubt_seconds=0).find_sent(long_ago) is None


async def test_known_refusal_needs_no_waiting(desk: Desk) -> None:
    channel = desk.channel(doubt_seconds=30)
    await desk.town.fault("smtp.rcpt", Fault.RATE_LIMITED)
    with pytest.raises(TemporaryChannelError):
        await channel.send(REPLY)
    assert await channel.find_sent(tried()) is None


async def test_who_cannot_look_does_not_guess(desk: Desk) -> None:
    await desk.town.fault("imap.search", Fault.RESET)
    with pytest.raises(TemporaryChannelError, match="cannot look"):
        await desk.channel().find_sent(tried())
    blind = desk.channel(sent=False)
    assert blind.knows_sent is False
    assert await blind.find_sent(tried()) is None


async def test_repeat_without_a_sent_folder_is_byte_for_byte_the_same_mail(desk: Desk) -> None:
    blind = desk.channel(sent=False)
    await desk.town.fault("smtp.data", Fault.APPLY_THEN_RESET)
    assert await deliver(blind, REPLY) == ID
    first, second = await desk.town.mailbox(ANNA)
    assert first["raw_base64"] == second["raw_base64"]


async def test_copy_that_cannot_be_delivered_does_not_keep_the_answer(desk: Desk) -> None:
    reply = replace(REPLY, to={**REPLY.to, "cc": ["nobody@desk.example", BEN]})
    assert await desk.channel().send(reply) == ID
    assert len(await desk.town.mailbox(ANNA)) == len(await desk.town.mailbox(BEN)) == 1


async def test_wrong_password_absent_server_and_absent_settings(desk: Desk) -> None:
    with pytest.raises(TemporaryChannelError, match="login"):
        await desk.channel(password="wrong").send(REPLY)
    with pytest.raises(TemporaryChannelError, match="not reached"):
        await desk.channel(port=1).send(REPLY)
    with pytest.raises(PermanentChannelError, match="smtp_out"):
        await MailChannel(CONFIG).send(REPLY)
    with pytest.raises(PermanentChannelError, match="no mail address"):
        await desk.channel().send(replace(REPLY, to={}))


async def test_envelope_sender_names_the_reply_unless_the_server_forbids_it(desk: Desk) -> None:
    await desk.channel(verp=False).send(REPLY)
    await desk.channel().send(replace(REPLY, key="msg_2"))
    plain, verp = [dict(mail["headers"])["Return-Path"] for mail in await desk.town.mailbox(ANNA)]
    assert plain == f"<{CONFIG.address}>"
    assert verp == f"<{bounce_address(CONFIG, 'msg_2')}>"


async def test_address_in_utf8_is_sent_with_smtputf8(desk: Desk) -> None:
    await desk.channel().send(replace(REPLY, to={"to": "jürgen@customer.example"}))
    [mail] = await desk.town.mailbox("jürgen@customer.example")
    assert "jürgen" in mail["to"]


async def test_one_conversation_through_every_door(desk: Desk) -> None:
    """A customer writes by SMTP, is answered, and answers by way of the mailbox: all of it one ticket's thread."""
    smtp_in = SmtpInConfig(port=0, protocol="smtp", min_free_disk=1, drain_seconds=2)
    config = replace(desk.config(), smtp_in=smtp_in, imap={"main": desk.imap(done_folder="Processed")})
    channel, keeper = MailChannel(config, cursor=MemoryCursor()), Keeper()
    async with running(channel.run(keeper)):
        assert channel.smtp is not None
        await channel.smtp.opened.wait()
        via = {"port": channel.smtp.port, "protocol": "smtp"}
        sent = await desk.town.write(
            f"Anna <{ANNA}>", CONFIG.address, subject="Lamp", text="Broken", via=via, wait=True
        )
        assert sent["delivery"]["state"] == "accepted"
        await keeper.until(1)
        question = await channel.read(keeper.all[0])
        assert isinstance(question, Wrote)
        await channel.send(replace(REPLY, to=question.reply_to))
        await desk.town.write(ANNA, in_reply_to=ID, text="Thank you")
        await keeper.until(2)
        answer = await channel.read(keeper.all[1])
    assert isinstance(answer, Wrote)
    assert (answer.ticket_hint, answer.references[0], answer.subject) == ("tkt_1", ID, "Re: Lamp")
    assert answer.thread_key == question.thread_key
    assert answer.author.trust == question.author.trust == 1


async def test_same_mail_by_smtp_and_in_the_mailbox_is_one_message(desk: Desk) -> None:
    smtp_in = SmtpInConfig(port=0, protocol="lmtp", min_free_disk=1, drain_seconds=2)
    channel = MailChannel(replace(desk.config(), smtp_in=smtp_in, imap={"main": desk.imap()}), cursor=MemoryCursor())
    keeper = Keeper()
    mail = b"From: anna@customer.example\r\nMessage-ID: <q9@customer.example>\r\nSubject: Hi\r\n\r\nOnce\r\n"
    async with running(channel.run(keeper)):
        assert channel.smtp is not None
        await channel.smtp.opened.wait()
        via = {"port": channel.smtp.port, "protocol": "lmtp"}
        await desk.town.write_raw(ANNA, CONFIG.address, mail, via=via)
        await desk.town.write_raw(ANNA, CONFIG.address, mail)
        await keeper.until(2)
        await eventually(lambda: len(keeper.all) == 2)
        seen = [await channel.read(raw) for raw in keeper.all]
    assert all(isinstance(one, Wrote) for one in seen)
    assert len({one.external_id for one in seen if isinstance(one, Wrote)}) == 1
    assert len(keeper.by_key) == 2, "the envelope differs, so it is the content that tells"


async def test_customer_s_server_repeats_until_the_desk_has_stored_it(desk: Desk) -> None:
    tries: list[bytes] = []
    keeper = Keeper()

    async def accept(raw: Any) -> None:
        tries.append(raw.body)
        if len(tries) <= 2:
            raise OSError("disk full")
        await keeper(raw)

    channel = MailChannel(replace(CONFIG, smtp_in=SmtpInConfig(port=0, protocol="smtp", min_free_disk=1)))
    async with running(channel.run(accept)):
        assert channel.smtp is not None
        await channel.smtp.opened.wait()
        await desk.town.route(channel.smtp.port)
        sent = await desk.town.write(ANNA, CONFIG.address, text="hello", wait=True)
    assert sent["delivery"]["tries"] == 3
    assert len(set(tries)) == 1
    assert len(keeper.all) == 1
