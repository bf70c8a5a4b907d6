"""The world of mail speaks SMTP, IMAP and HTTP as ordinary clients expect, and is no more lenient than real servers."""

import asyncio
import contextlib
import smtplib
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from bot.sandbox.faults import Fault
from bot.sandbox.mail.client import MailTown
from bot.sandbox.process import Running, started

DESK = "support@desk.example"
ANNA = "anna@customer.example"
MAIL = (
    b"From: support@desk.example\r\nTo: anna@customer.example\r\nSubject: Hi\r\n"
    b"Message-ID: <one@desk.example>\r\n\r\nHello\r\n"
)


@pytest.fixture
async def world() -> AsyncIterator[Running]:
    async with started("bot.sandbox.mail") as running:
        yield running


@pytest.fixture
async def town(world: Running) -> AsyncIterator[MailTown]:
    async with MailTown(world.url) as client:
        yield client


@contextlib.contextmanager
def imap(world: Running, user: str = DESK) -> Iterator[IMAPClient]:
    client = IMAPClient("127.0.0.1", world.ready["imap_port"], ssl=False, timeout=10)
    try:
        client.login(user, world.ready["password"])
        yield client
    finally:
        client.shutdown()


@contextlib.contextmanager
def smtp(world: Running) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP("127.0.0.1", world.ready["smtp_port"], timeout=10)
    try:
        client.login(DESK, world.ready["password"])
        yield client
    finally:
        client.close()


async def test_mail_of_the_desk_reaches_the_customer_and_the_sent_folder(world: Running, town: MailTown) -> None:
    def submit() -> None:
        with smtp(world) as client:
            client.sendmail(DESK, [ANNA], MAIL)

    await asyncio.to_thread(submit)

    [received] = await town.mailbox(ANNA)
    assert (received["subject"], received["text"]) == ("Hi", "Hello\n")
    [copy] = await town.mailbox(DESK, "Sent")
    assert copy["message_id"] == "one@desk.example"
    assert await town.accepted() == {"one@desk.example": 1}


async def test_only_the_owner_may_send(world: Running) -> None:
    def submit() -> None:
        with smtplib.SMTP("127.0.0.1", world.ready["smtp_port"], timeout=10) as client:
            with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
                client.sendmail(DESK, [ANNA], MAIL)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login(DESK, "wrong")
            client.login(DESK, world.ready["password"])
            with pytest.raises(smtplib.SMTPSenderRefused, match="not owned"):
                client.sendmail("boss@desk.example", [ANNA], MAIL)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail(DESK, ["nobody@desk.example"], MAIL)
            code, _ = client.docmd("MAIL", f"FROM:<{DESK}>")
            assert code == 250
            client.docmd("RCPT", f"TO:<{ANNA}>")
            client.docmd("DATA")
            client.send(b"Subject: x\r\n\r\nbare\nline\r\n.\r\n")
            assert client.getreply()[0] == 550

    await asyncio.to_thread(submit)


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [
        (Fault.RATE_LIMITED, 0),
        (Fault.SERVER_ERROR, 0),
        (Fault.RESET, 0),
        (Fault.APPLY_THEN_RESET, 1),
        (Fault.APPLY_THEN_ERROR, 1),
    ],
)
async def test_planned_fault_happens_once_after_the_final_dot(
    world: Running, town: MailTown, fault: Fault, accepted: int
) -> None:
    await town.fault("smtp.data", fault)

    def submit() -> None:
        with smtp(world) as client:
            client.sendmail(DESK, [ANNA], MAIL)

    with pytest.raises(smtplib.SMTPException):
        await asyncio.to_thread(submit)
    assert sum((await town.accepted()).values()) == accepted
    await asyncio.to_thread(submit)
    assert sum((await town.accepted()).values()) == accepted + 1


async def test_customer_writes_and_answers_in_the_thread(world: Running, town: MailTown) -> None:
    first = await town.write(f"Anna <{ANNA}>", DESK, subject="Lamp", text="It is broken")
    [mail] = await town.mailbox(DESK)
    assert mail["message_id"] == first["message_id"]
    headers = dict(mail["headers"])
    assert headers["Authentication-Results"].startswith("mx.desk.example;")
    assert "dmarc=pass header.from=customer.example" in headers["Authentication-Results"]

    answer = MAIL.replace(b"\r\n\r\n", b"\r\nReply-To: support+t1.abc@desk.example\r\n\r\n", 1)

    def submit() -> None:
        with smtp(world) as client:
            client.sendmail(DESK, [ANNA], answer)

    await asyncio.to_thread(submit)
    await town.write(ANNA, in_reply_to="one@desk.example", text="Thanks", forged=True)
    reply = (await town.mailbox(DESK))[-1]
    assert (reply["to"], reply["subject"]) == ("support+t1.abc@desk.example", "Re: Hi")
    assert reply["references"] == ["one@desk.example"]
    assert "dmarc=fail" in dict(reply["headers"])["Authentication-Results"]


async def test_changes_are_told_to_who_waits(town: MailTown) -> None:
    before = (await town.changes(0, seconds=0))["n"]
    waiting = asyncio.create_task(town.changes(before, seconds=20))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await town.write(ANNA, DESK, text="hello")
    assert [change["kind"] for change in (await waiting)["changes"]][:1] == ["mail"]


async def test_raw_mail_arrives_byte_for_byte_below_the_stamp(world: Running, town: MailTown) -> None:
    raw = b"From: a@b.example\r\nSubject: \xff\xfe\r\n\r\n..dots\r\n\x80 8 bit\r\n"
    await town.write_raw("a@b.example", DESK, raw)

    def read() -> bytes:
        with imap(world) as client:
            client.select_folder("INBOX")
            body = client.fetch([1], ["BODY.PEEK[]"])[1][b"BODY[]"]
            assert isinstance(body, bytes)
            return body

    assert (await asyncio.to_thread(read)).endswith(raw)


async def test_imap_searches_fetches_and_flags(world: Running, town: MailTown) -> None:
    for number in range(3):
        await town.write(ANNA, DESK, subject=f"Mail {number}", text="x" * number)

    def work() -> None:
        with imap(world) as client:
            selected = client.select_folder("INBOX")
            assert (selected[b"EXISTS"], selected[b"UIDNEXT"]) == (3, 4)
            assert client.search(["UID", "2:*"]) == [2, 3]
            assert client.search(["UID", "9:*"]) == [3], "n:* names the newest mail when n is above it"
            identity = client.fetch([2], ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"])[2]
            header = next(value for key, value in identity.items() if key.startswith(b"BODY["))
            assert client.search(["HEADER", "Message-ID", header.decode().split()[1]]) == [2]
            assert client.search(["SUBJECT", "mail 1", "NOT", "DELETED"]) == [2]
            assert client.search(["SINCE", date(2020, 1, 1), "UNSEEN"]) == [1, 2, 3]
            assert client.search(["OR", "UID", "1", "UID", "3"]) == [1, 3]
            client.add_flags([1], ["$Ingested"])
            assert client.search(["KEYWORD", "$Ingested"]) == [1]
            assert client.search(["UNKEYWORD", "$ingested"]) == [2, 3]
            assert client.get_flags([1]) == {1: (b"$Ingested",)}
            fetched = client.fetch([1, 2, 99], ["RFC822.SIZE", "INTERNALDATE", "FLAGS"])
            assert set(fetched) == {1, 2}
            client.fetch([2], ["BODY[]"])
            assert client.search(["SEEN"]) == [2]

    await asyncio.to_thread(work)


async def test_imap_moves_copies_appends_and_expunges(world: Running, town: MailTown) -> None:
    for number in range(4):
        await town.write(ANNA, DESK, subject=f"Mail {number}")

    def work() -> None:
        with imap(world) as client:
            client.select_folder("INBOX")
            with pytest.raises(IMAPClientError, match="TRYCREATE"):
                client.move([1], "Processed")
            client.create_folder("Processed")
            assert client.folder_exists("Processed")
            client.move([1, 2], "Processed")
            client.copy([3], "Processed")
            assert client.search("ALL") == [3, 4]
            client.delete_messages([3, 4])
            client.uid_expunge([3])
            assert client.search("ALL") == [4]
            assert b"APPENDUID" in client.append("Processed", MAIL, ["\\Seen"])
            assert client.folder_status("Processed", ["MESSAGES", "UNSEEN"]) == {b"MESSAGES": 4, b"UNSEEN": 3}
            client.select_folder("Processed", readonly=True)
            with pytest.raises(IMAPClientError, match="READ-ONLY"):
                client.add_flags([1], ["\\Seen"])
            old = client.select_folder("Processed")[b"UIDVALIDITY"]
            client.unselect_folder()
            client.delete_folder("Processed")
            client.create_folder("Processed")
            assert client.select_folder("Processed")[b"UIDVALIDITY"] != old

    await asyncio.to_thread(work)


async def test_idle_hears_of_new_mail_at_once(world: Running, town: MailTown) -> None:
    def listen(ready: asyncio.Event, loop: asyncio.AbstractEventLoop) -> tuple[list[object], float]:
        with imap(world) as client:
            client.select_folder("INBOX")
            client.idle()
            loop.call_soon_threadsafe(ready.set)
            start = time.monotonic()
            heard = client.idle_check(timeout=10)
            client.idle_done()
            client.noop()
            return heard, time.monotonic() - start

    ready = asyncio.Event()
    listening = asyncio.create_task(asyncio.to_thread(listen, ready, asyncio.get_running_loop()))
    await ready.wait()
    await town.write(ANNA, DESK)
    heard, seconds = await listening
    assert (1, b"EXISTS") in heard
    assert seconds < 5


async def test_imap_refuses_strangers_and_nonsense(world: Running) -> None:
    def work() -> None:
        client = IMAPClient("127.0.0.1", world.ready["imap_port"], ssl=False, timeout=10)
        with pytest.raises(LoginError):
            client.login(DESK, "wrong")
        with pytest.raises(IMAPClientError, match="log in first"):
            client._raw_command_untagged(b"SELECT", [b"INBOX"], uid=False)
        client.plain_login(DESK, world.ready["password"])
        with pytest.raises(IMAPClientError, match="select a folder"):
            client._raw_command_untagged(b"EXPUNGE", [], uid=False)
        with pytest.raises(IMAPClientError, match="no such folder"):
            client.select_folder("Nowhere")
        client.logout()

    await asyncio.to_thread(work)


async def test_dead_connection_and_lost_numbering(world: Running, town: MailTown) -> None:
    await town.write(ANNA, DESK)

    def select() -> tuple[int, list[int]]:
        with imap(world) as client:
            validity = client.select_folder("INBOX")[b"UIDVALIDITY"]
            return validity, client.search("ALL")

    before, _ = await asyncio.to_thread(select)
    await town.fault("imap.search", Fault.RESET)
    with pytest.raises(IMAPClientAbortError):
        await asyncio.to_thread(select)
    after = await town.renumber(DESK)
    assert after > before
    assert await asyncio.to_thread(select) == (after, [1])
