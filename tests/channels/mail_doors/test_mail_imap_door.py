"""Whatever the IMAP server and the network do, each mail is taken in, and marked only when it is stored."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from imap_servers import SERVERS, Server, imap_server, put_into, start_over, wire
from mail_doors import ADDRESS, Keeper, MemoryCursor, eventually, running

from channels.base import Raw
from channels.mail.config import ImapConfig
from channels.mail.imap import ImapDoor
from channels.mail.imap_mailbox import Mailbox, close, connect

FOLDER = "Desk"


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with imap_server(request.param) as started:
        yield started


@pytest.fixture(autouse=True)
def _empty_folder(server: Server) -> None:
    start_over(server, FOLDER, "Processed")


def mail(number: int, size: int = 0) -> bytes:
    head = f"From: anna@customer.example\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@customer.example>\r\n\r\n"
    return head.encode() + b"x" * size + b"\r\n"


async def put(server: Server, *mails: bytes) -> None:
    await put_into(server, FOLDER, *mails)


async def look(server: Server, folder: str, criteria: Any = "ALL") -> list[int]:
    def search() -> list[int]:
        with server.client() as client:
            client.select_folder(folder, readonly=True)
            return list(client.search(criteria))

    return await asyncio.to_thread(search)


def door(server: Server, cursor: MemoryCursor, *, port: int | None = None, **options: Any) -> ImapDoor:
    settings = {
        "start": "all",
        "poll_seconds": 0.2,
        "first_pause_seconds": 0.1,
        "longest_pause_seconds": 0.3,
        **options,
    }
    config = ImapConfig(
        "127.0.0.1", port or server.port, server.user, server.password, tls="none", folder=FOLDER, **settings
    )
    return ImapDoor("main", config, cursor=cursor, lane=f"mail:{ADDRESS}")


async def test_mail_that_waits_and_mail_that_comes_is_read_once(server: Server) -> None:
    keeper, cursor = Keeper(), MemoryCursor()
    await put(server, mail(1), mail(2))
    async with running(door(server, cursor).run(keeper)):
        await keeper.until(2)
        await put(server, mail(3))
        await keeper.until(3)
        await asyncio.sleep(0.6)
    assert [raw.body for raw in keeper.all] == [mail(1), mail(2), mail(3)]
    raw = keeper.all[0]
    assert (raw.channel, raw.lane, raw.envelope["transport"]) == ("mail", f"mail:{ADDRESS}", "imap")
    assert raw.envelope["folder"] == FOLDER
    assert raw.envelope["complete"] is True
    assert {"uid", "uidvalidity", "received_at"} <= raw.envelope.keys()


async def test_nothing_is_marked_before_it_is_stored(server: Server) -> None:
    committing, commit = asyncio.Event(), asyncio.Event()

    async def accept(raw: Raw) -> None:
        committing.set()
        await commit.wait()

    await put(server, mail(1))
    async with running(door(server, MemoryCursor(), done_folder="Processed").run(accept)):
        await committing.wait()
        await asyncio.sleep(0.3)
        assert len(await look(server, FOLDER)) == 1
        assert await look(server, FOLDER, "SEEN") == []
        commit.set()
        await _until_empty(server)
    assert len(await look(server, "Processed")) == 1


async def _until_empty(server: Server) -> None:
    async with asyncio.timeout(20):
        while await look(server, FOLDER):  # noqa: ASYNC110 - another process's mailbox
            await asyncio.sleep(0.1)


async def test_stored_mail_is_marked_the_way_the_server_can(server: Server) -> None:
    keeper, cursor = Keeper(), MemoryCursor()
    await put(server, mail(1))
    async with running(door(server, cursor).run(keeper)):
        await eventually(lambda: bool(cursor.positions))
    marked = await look(server, FOLDER, ["KEYWORD", "$Ingested"] if server.keywords else "SEEN")
    assert len(marked) == 1
    assert len(await look(server, FOLDER)) == 1


async def test_failed_commit_leaves_the_mail_for_the_next_round(server: Server) -> None:
    tried: list[Raw] = []
    keeper, cursor = Keeper(), MemoryCursor()

    async def accept(raw: Raw) -> None:
        tried.append(raw)
        if len(tried) <= 3:
            raise OSError("disk full")
        await keeper(raw)

    await put(server, mail(1), mail(2))
    async with running(door(server, cursor, done_folder="Processed").run(accept)):
        await keeper.until(2)
        await _until_empty(server)
    assert [raw.key for raw in tried[:3]] == [tried[0].key] * 3
    assert len(keeper.all) == 2


async def test_restart_goes_on_where_it_stopped(server: Server) -> None:
    cursor = MemoryCursor()
    await put(server, mail(1), mail(2))
    first = Keeper()
    async with running(door(server, cursor).run(first)):
        await eventually(lambda: cursor.positions.get("main", {}).get("uid", 0) > 0)
        await first.until(2)
        await asyncio.sleep(0.3)
    await put(server, mail(3))
    second = Keeper()
    async with running(door(server, cursor).run(second)):
        await second.until(1)
        await asyncio.sleep(0.4)
    assert [raw.body for raw in second.all] == [mail(3)]


async def test_each_mail_is_taken_in_across_killed_pollers_and_cut_lines(server: Server) -> None:
    keeper, cursor = Keeper(), MemoryCursor()
    chance = random.Random(7)
    mails = [mail(number, size=number * 10) for number in range(60)]

    async def slow(raw: Raw) -> None:
        await asyncio.sleep(0.01)
        await keeper(raw)

    async with wire(server.port) as line:
        sending = asyncio.create_task(put(server, *mails))
        for _ in range(8):
            async with running(door(server, cursor, port=line.port, done_folder="Processed").run(slow)):
                await asyncio.sleep(chance.uniform(0.1, 0.5))
                line.cut()
                await asyncio.sleep(chance.uniform(0.1, 0.4))
        await sending
        async with running(door(server, cursor, port=line.port, done_folder="Processed").run(slow)):
            await keeper.until(60)
            await _until_empty(server)
    assert sorted(raw.body for raw in keeper.by_key.values()) == sorted(mails)
    assert len(await look(server, "Processed")) == 60


async def test_new_numbering_reads_everything_again_under_the_same_keys(server: Server) -> None:
    keeper, cursor = Keeper(), MemoryCursor()
    await put(server, mail(1), mail(2))
    async with running(door(server, cursor).run(keeper)):
        await keeper.until(2)
        await eventually(lambda: bool(cursor.positions))
    before = dict(cursor.positions["main"])
    await asyncio.sleep(1.1)  # Dovecot's UIDVALIDITY is a clock of seconds
    await asyncio.to_thread(_make_anew, server)
    await put(server, mail(2), mail(3))
    async with running(door(server, cursor).run(keeper)):
        await keeper.until(3)
        await eventually(lambda: cursor.positions["main"] != before)
    assert cursor.positions["main"]["uidvalidity"] != before["uidvalidity"]
    assert len(keeper.by_key) == 3, "mail 2 came twice and is one delivery"


def _make_anew(server: Server) -> None:
    with server.client() as client:
        client.delete_folder(FOLDER)
        client.create_folder(FOLDER)


async def test_mail_above_the_limit_is_accounted_for_by_its_headers(server: Server) -> None:
    keeper = Keeper()
    await put(server, mail(1), mail(2, size=5000), mail(3))
    async with running(door(server, MemoryCursor(), max_bytes=2000).run(keeper)):
        await keeper.until(3)
    big = keeper.all[1]
    assert b"Subject: Mail 2" in big.body
    assert b"xxx" not in big.body
    assert (big.envelope["complete"], big.envelope["size"]) == (False, len(mail(2, size=5000)))
    assert [raw.envelope["complete"] for raw in keeper.all] == [True, False, True]


async def test_frozen_connection_is_given_up_and_never_used_again(server: Server) -> None:
    keeper = Keeper()
    async with wire(server.port) as line, _patient_door(server, line.port, keeper):
        await put(server, mail(1))
        await keeper.until(1)
        line.freeze()
        await put(server, mail(2))
        before = line.connections
        await eventually(lambda: line.connections > before)
        line.cut()
        line.thaw()
        await keeper.until(2)
    assert len(keeper.by_key) == 2


def _patient_door(server: Server, port: int, keeper: Keeper) -> AbstractAsyncContextManager[asyncio.Future[None]]:
    return running(door(server, MemoryCursor(), port=port, timeout_seconds=1.0).run(keeper))


@pytest.mark.parametrize("idle", [True, False])
async def test_stopping_is_quick_in_every_state(server: Server, idle: bool) -> None:
    keeper = Keeper()
    await put(server, mail(1))
    task = asyncio.create_task(door(server, MemoryCursor(), poll_seconds=60, idle=idle).run(keeper))
    await keeper.until(1)
    await asyncio.sleep(0.3)
    async with asyncio.timeout(2):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_stopping_does_not_wait_for_a_commit(server: Server) -> None:
    committing = asyncio.Event()

    async def accept(raw: Raw) -> None:
        committing.set()
        await asyncio.Event().wait()

    await put(server, mail(1))
    task = asyncio.create_task(door(server, MemoryCursor()).run(accept))
    await committing.wait()
    async with asyncio.timeout(2):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_idle_brings_mail_long_before_the_next_poll(server: Server) -> None:
    keeper = Keeper()
    await put(server, mail(1))
    async with running(door(server, MemoryCursor(), poll_seconds=60).run(keeper)):
        await keeper.until(1)
        await asyncio.sleep(0.5)
        await put(server, mail(2))
        await keeper.until(2, seconds=10)


async def test_wrong_password_and_absent_server_are_tried_again(server: Server) -> None:
    keeper = Keeper()
    await put(server, mail(1))
    config = ImapConfig("127.0.0.1", 1, server.user, server.password, tls="none", first_pause_seconds=0.1)
    async with running(ImapDoor("gone", config, cursor=MemoryCursor(), lane="mail:x").run(keeper)) as absent:
        await asyncio.sleep(0.5)
        assert not absent.done()
    wrong = ImapConfig("127.0.0.1", server.port, server.user, "wrong", tls="none", first_pause_seconds=0.1)
    async with running(ImapDoor("locked", wrong, cursor=MemoryCursor(), lane="mail:x").run(keeper)) as locked:
        await asyncio.sleep(1.5)
        assert not locked.done()
    assert keeper.all == []


def test_server_without_uidnext_does_not_show_the_newest_mail_again(server: Server) -> None:
    """ "n:*" names the newest mail even when n is above it."""
    config = ImapConfig("127.0.0.1", server.port, server.user, server.password, tls="none", folder=FOLDER)
    client = connect(config)
    try:
        client.append(FOLDER, mail(1))
        mailbox = Mailbox(client, config)
        mailbox.select()
        del mailbox._selected[b"UIDNEXT"]
        [uid] = mailbox.uids_after(0)
        assert mailbox.uids_after(uid) == []
    finally:
        close(client)
