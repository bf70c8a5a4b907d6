"""The SMTP and LMTP door says yes only to what is stored, and takes only mail that is ours."""

import asyncio
import contextlib
import smtplib
from collections.abc import Callable
from typing import Any

import aiosmtplib
import pytest
from mail_doors import ADDRESS, CONFIG, MAIL, Keeper, dialog, eventually, smtp_door

from channels.base import Raw
from channels.mail.tokens import bounce_address, ticket_address

ANNA = "anna@customer.example"


async def deliver(port: int, mail: bytes = MAIL, sender: str = ANNA, to: str | list[str] = ADDRESS) -> dict[str, Any]:
    """Send with Python's own client, in a thread."""

    def send() -> dict[str, Any]:
        with smtplib.SMTP("127.0.0.1", port, timeout=15) as client:
            return client.sendmail(sender, to, mail)

    return await asyncio.to_thread(send)


async def test_mail_is_stored_before_250_with_its_envelope() -> None:
    keeper = Keeper()
    async with smtp_door(keeper) as door:
        await deliver(door.port)
    [raw] = keeper.all
    assert raw.body == MAIL
    assert (raw.channel, raw.lane) == ("mail", f"mail:{ADDRESS}")
    envelope = dict(raw.envelope)
    assert (envelope["transport"], envelope["peer"]) == ("smtp", "127.0.0.1")
    assert (envelope["mail_from"], envelope["rcpt_to"]) == (ANNA, [ADDRESS])
    assert envelope["helo"]
    assert envelope["received_at"].endswith("+00:00")


async def test_250_comes_after_the_commit_and_not_before() -> None:
    committing, commit = asyncio.Event(), asyncio.Event()

    async def accept(raw: Raw) -> None:
        committing.set()
        await commit.wait()

    async with smtp_door(accept) as door, dialog(door.port) as client:
        await client.start()
        answer = asyncio.create_task(client.say(MAIL, "."))
        await committing.wait()
        await asyncio.sleep(0.2)
        assert not answer.done()
        commit.set()
        assert (await answer).startswith("250")


async def test_failed_commit_asks_the_sender_to_try_again_and_tells_nothing() -> None:
    async def accept(raw: Raw) -> None:
        raise OSError("No space left on device: /srv/secret/helpdesk.db")

    async with smtp_door(accept) as door:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await deliver(door.port)
    assert refused.value.smtp_code == 451
    assert b"secret" not in refused.value.smtp_error


async def test_commit_that_hangs_gets_no_250() -> None:
    async def accept(raw: Raw) -> None:
        await asyncio.Event().wait()

    async with smtp_door(accept, accept_seconds=0.3) as door:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await deliver(door.port)
    assert refused.value.smtp_code == 451


async def test_retry_of_a_hop_has_the_same_key_and_other_mail_another() -> None:
    keeper = Keeper()
    async with smtp_door(keeper) as door:
        for _ in range(2):
            await deliver(door.port)
        await deliver(door.port, MAIL + b"more\r\n")
        await deliver(door.port, sender="ben@customer.example")
        await deliver(door.port, to=ticket_address(CONFIG, "tkt_1"))
    assert [raw.key == keeper.all[0].key for raw in keeper.all] == [True, True, False, False, False]


async def test_own_plus_and_bounce_addresses_are_taken_in_any_case() -> None:
    keeper = Keeper()
    ours = [
        ADDRESS.upper(),
        ticket_address(CONFIG, "tkt_1"),
        "support+anything@desk.example",
        bounce_address(CONFIG, "msg_1"),
    ]
    async with smtp_door(keeper) as door:
        assert await deliver(door.port, to=ours) == {}
    assert keeper.all[0].envelope["rcpt_to"] == ours


@pytest.mark.parametrize(
    ("recipient", "code", "word"),
    [
        ("boss@desk.example", 550, b"5.1.1"),
        ("bounce@desk.example", 550, b"5.1.1"),
        ("supporter+x@desk.example", 550, b"5.1.1"),
        ("anna@customer.example", 550, b"5.7.1"),
        ("support@desk.example.evil.example", 550, b"5.7.1"),
        ("support%customer.example@elsewhere.example", 550, b"5.7.1"),
        ('"support@desk.example"@elsewhere.example', 550, b"5.7.1"),
    ],
)
async def test_other_recipients_are_refused(recipient: str, code: int, word: bytes) -> None:
    keeper = Keeper()
    async with smtp_door(keeper) as door:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await deliver(door.port, to=recipient)
    [(said, text)] = refused.value.recipients.values()
    assert said == code
    assert word in text
    assert keeper.all == []


async def test_mail_without_sender_is_a_bounce_for_one() -> None:
    keeper = Keeper()
    async with smtp_door(keeper) as door:
        assert await deliver(door.port, sender="", to=bounce_address(CONFIG, "msg_1")) == {}
        refused = await deliver(door.port, sender="", to=[ADDRESS, "support+x@desk.example"])
    assert [code for code, _ in refused.values()] == [452]
    assert [raw.envelope["mail_from"] for raw in keeper.all] == ["", ""]
    assert keeper.all[1].envelope["rcpt_to"] == [ADDRESS]


async def test_full_disk_is_said_before_the_mail_is_sent() -> None:
    keeper = Keeper()
    async with smtp_door(keeper, min_free_disk=10**18) as door:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            await deliver(door.port)
    assert refused.value.smtp_code == 452
    assert b"4.3.1" in refused.value.smtp_error


async def test_another_client_library_delivers_utf8_addresses_and_8bit_bytes() -> None:
    keeper = Keeper()
    mail = "From: jürgen@customer.example\r\nSubject: Grüße\r\n\r\näöü\r\n.\r\n..\r\n".encode()
    options = ["SMTPUTF8", "BODY=8BITMIME"]
    async with (
        smtp_door(keeper) as door,
        aiosmtplib.SMTP(hostname="127.0.0.1", port=door.port, use_tls=False, start_tls=False) as client,
    ):
        await client.sendmail("jürgen@customer.example", [ADDRESS], mail, mail_options=options)
    assert keeper.all[0].body == mail
    assert keeper.all[0].envelope["mail_from"] == "jürgen@customer.example"


async def test_sender_that_could_not_be_stored_is_malformed() -> None:
    async with smtp_door(Keeper()) as door, dialog(door.port) as client:
        await client.say("EHLO x")
        assert (await client.say(b"MAIL FROM:<an\x00na@customer.example>")).startswith(("501", "553"))
        assert (await client.say(b"MAIL FROM:<an\xffna@customer.example>")).startswith(("501", "553"))
        assert (await client.say("MAIL FROM:<" + "(" * 900 + "a@b.example>")).startswith(("501", "553"))
        assert (await client.start()).startswith("354"), "the session goes on"


async def test_stopping_lets_mail_on_its_way_finish_and_then_says_goodbye() -> None:
    keeper = Keeper()
    async with contextlib.AsyncExitStack() as stack:
        door = await stack.enter_async_context(contextlib.AsyncExitStack())
        opened = await door.enter_async_context(smtp_door(keeper))
        busy = await stack.enter_async_context(dialog(opened.port))
        idle = await stack.enter_async_context(dialog(opened.port))
        await busy.start()
        stopping = asyncio.create_task(door.aclose())
        assert (await idle.hear()).startswith("421")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", opened.port)
        assert not stopping.done()
        assert (await busy.say(MAIL, ".")).startswith("250")
        assert (await busy.hear()).startswith("421")
        await stopping
    assert [raw.body for raw in keeper.all] == [MAIL + b"\r\n"]


async def test_stopping_does_not_wait_for_ever() -> None:
    async with contextlib.AsyncExitStack() as stack:
        door = await stack.enter_async_context(contextlib.AsyncExitStack())
        opened = await door.enter_async_context(smtp_door(Keeper(), drain_seconds=0.3))
        client = await stack.enter_async_context(dialog(opened.port))
        await client.start()
        async with asyncio.timeout(5):
            await door.aclose()


# ------------------------------------------------------------------ LMTP


def lmtp(port: int, work: Callable[[smtplib.LMTP], Any]) -> Any:
    with smtplib.LMTP("127.0.0.1", port, timeout=15) as client:
        return work(client)


async def test_lmtp_delivers_with_an_ordinary_client() -> None:
    keeper = Keeper()
    async with smtp_door(keeper, protocol="lmtp") as door:
        await asyncio.to_thread(lmtp, door.port, lambda client: client.sendmail(ANNA, ADDRESS, MAIL))
    assert keeper.all[0].envelope["transport"] == "lmtp"
    assert keeper.all[0].body == MAIL


async def test_lmtp_answers_once_for_each_recipient_and_stores_once() -> None:
    keeper = Keeper()
    async with smtp_door(keeper, protocol="lmtp") as door, dialog(door.port) as client:
        assert (await client.say("EHLO x")).startswith("500"), "LMTP greets with LHLO"
        await client.say("LHLO x")
        await client.say(f"MAIL FROM:<{ANNA}>")
        await client.say(f"RCPT TO:<{ADDRESS}>")
        assert (await client.say("RCPT TO:<boss@desk.example>")).startswith("550")
        await client.say("RCPT TO:<support+x@desk.example>")
        await client.say("DATA")
        assert (await client.say(MAIL, ".")).startswith("250")
        assert (await client.hear()).startswith("250")
        assert (await client.say("NOOP")).startswith("250"), "no answer too many"
        await eventually(lambda: len(keeper.all) == 1)


@pytest.mark.parametrize(("mail", "code"), [(b"x" * 70_000, "500"), (b"line\r\n" * 500, "552"), (MAIL, "451")])
async def test_lmtp_refuses_once_for_each_recipient(mail: bytes, code: str) -> None:
    async def accept(raw: Raw) -> None:
        raise OSError("disk")

    async with smtp_door(accept, protocol="lmtp", max_bytes=2000) as door, dialog(door.port) as client:
        await client.say("LHLO x")
        await client.say(f"MAIL FROM:<{ANNA}>")
        await client.say(f"RCPT TO:<{ADDRESS}>")
        await client.say("RCPT TO:<support+x@desk.example>")
        await client.say("DATA")
        assert (await client.say(mail, ".")).startswith(code)
        assert (await client.hear()).startswith(code)
        assert (await client.say("NOOP")).startswith("250")


async def test_the_door_knows_its_connections_refusals_and_last_mail() -> None:
    async with smtp_door(Keeper(), max_connections=1) as door:
        assert (door.facts.port, door.facts.last_mail_at) == (door.port, None)
        async with dialog(door.port), dialog(door.port, greeted=False) as second:
            assert (await second.hear()).startswith("421")
            assert (door.facts.open_connections, door.facts.turned_away) == (1, 1)
        await eventually(lambda: door.facts.open_connections == 0)
        await deliver(door.port)
        await eventually(lambda: door.facts.open_connections == 0)
    assert (door.facts.connections, door.facts.stored, door.facts.put_off) == (3, 1, 0)
    assert door.facts.last_mail_at is not None
