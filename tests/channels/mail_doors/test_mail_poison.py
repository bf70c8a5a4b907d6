"""A message the server cannot hand over, an old mailbox, a folder numbered anew: none of them blocks or repeats."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from imap_servers import Server, imap_server, put_into, start_over, wire
from mail_doors import ADDRESS, Keeper, MemoryCursor, eventually, running

from channels.base import Raw, Unreadable
from channels.mail.config import ImapConfig
from channels.mail.imap import ImapDoor
from channels.mail.imap_suspects import Suspects
from channels.mail.send import MailChannel

POISON = b"X-Poison: this breaks the server"
FOLDER = "Desk"


@pytest.fixture(scope="module", params=["sandbox", "dovecot"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with imap_server(request.param) as started:
        yield started


@pytest.fixture(autouse=True)
def _empty_folder(server: Server) -> None:
    start_over(server, FOLDER)


def mail(number: int, *, poison: bool = False) -> bytes:
    more = POISON + b"\r\n" if poison else b""
    return more + f"From: a@customer.example\r\nSubject: {number}\r\n\r\nText {number}\r\n".encode()


async def put(server: Server, *mails: bytes) -> None:
    await put_into(server, FOLDER, *mails)


def door(server: Server, cursor: MemoryCursor, *, port: int | None = None, **options: Any) -> ImapDoor:
    settings = {"start": "all", "poll_seconds": 0.2, "first_pause_seconds": 0.02, "longest_pause_seconds": 0.05}
    config = ImapConfig("127.0.0.1", port or server.port, server.user, server.password, tls="none", folder=FOLDER)
    return ImapDoor("main", replace(config, **{**settings, **options}), cursor=cursor, lane=f"mail:{ADDRESS}")


@contextlib.asynccontextmanager
async def breaking_wire(server: Server) -> AsyncIterator[int]:
    """A line to the server that breaks whenever the poisonous words come through it, as a crashing server does."""
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", server.port)
        writers.extend((writer, there_writer))
        for source, target, other in ((reader, there_writer, writer), (there_reader, writer, there_writer)):
            task = asyncio.create_task(pass_on(source, target, other))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter, other: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                if POISON in data:
                    target.transport.abort()
                    other.transport.abort()
                    return
                target.write(data)
                await target.drain()
        target.close()

    listening = await asyncio.start_server(connect, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    for task in tuple(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for one in writers:
        one.transport.abort()
    await asyncio.sleep(0.05)  # the loop closes what was aborted


async def test_message_that_breaks_the_connection_is_passed_over_and_accounted_for(server: Server) -> None:
    await put(server, mail(1), mail(2, poison=True), mail(3))
    keeper, cursor = Keeper(), MemoryCursor()
    async with breaking_wire(server) as port:
        one = door(server, cursor, port=port)
        async with running(one.run(keeper)):
            await keeper.until(3)
            await put(server, mail(4))
            await keeper.until(4)
    bodies = [raw.body for raw in keeper.by_key.values()]
    assert bodies == [mail(1), b"", mail(3), mail(4)]
    unread = next(raw for raw in keeper.all if not raw.body)
    assert unread.envelope["complete"] is False
    assert one.facts.given_up == 1
    with pytest.raises(Unreadable, match="could not give"):
        await MailChannel(_config()).read(unread)


def _config() -> Any:
    from mail_doors import CONFIG

    return CONFIG


async def test_line_that_breaks_for_other_reasons_loses_nothing(server: Server) -> None:
    await put(server, *(mail(number) for number in range(30)))
    keeper, cursor = Keeper(), MemoryCursor()

    async def slow(raw: Raw) -> None:
        await asyncio.sleep(0.005)
        await keeper(raw)

    async with wire(server.port) as line:
        one = door(server, cursor, port=line.port)
        async with running(one.run(slow)):
            for _ in range(3):
                await asyncio.sleep(0.15)
                line.cut()
            await keeper.until(30)
    assert sorted(raw.body for raw in keeper.by_key.values()) == sorted(mail(number) for number in range(30))


def test_suspects_are_asked_alone_and_given_up_only_after_their_tries() -> None:
    suspects = Suspects(tries=3)
    assert list(suspects.groups([1, 2, 3])) == [[1, 2, 3]]
    suspects.accuse([1, 2, 3])
    assert list(suspects.groups([1, 2, 3, 4, 5])) == [[1], [2], [3], [4, 5]]
    for _ in range(2):
        assert not suspects.is_hopeless([2])
        suspects.accuse([2])
    assert suspects.needs_headers_only([2])
    suspects.accuse([2])
    assert suspects.is_hopeless([2])
    assert not suspects.is_hopeless([1])
    suspects.clear([2])
    assert not suspects.is_hopeless([2])


async def test_first_start_on_an_old_mailbox_answers_nothing_that_was_there(server: Server) -> None:
    await put(server, mail(1), mail(2))
    keeper, cursor = Keeper(), MemoryCursor()
    async with running(door(server, cursor, start="new").run(keeper)):
        await eventually(lambda: bool(cursor.positions))
        await put(server, mail(3))
        await keeper.until(1)
        await eventually(lambda: cursor.positions["main"]["uid"] == 3)  # or it is handed over again, which is right
    async with running(door(server, cursor, start="new").run(keeper)):
        await put(server, mail(4))
        await keeper.until(2)
    assert [raw.body for raw in keeper.all] == [mail(3), mail(4)]


async def test_old_mail_stays_unanswered_when_the_folder_is_numbered_anew(server: Server) -> None:
    """Moving the mailbox to another server brings every old mail under a new number."""
    await put(server, mail(1))
    keeper, cursor = Keeper(), MemoryCursor()
    async with running(door(server, cursor, start="new").run(keeper)):
        await eventually(lambda: bool(cursor.positions))
        await asyncio.sleep(1.1)  # arrival times are kept in seconds
        await put(server, mail(2))
        await keeper.until(1)
    await asyncio.to_thread(_number_anew, server)
    await put(server, mail(3))
    async with running(door(server, cursor, start="new").run(keeper)):
        await eventually(lambda: mail(3) in [raw.body for raw in keeper.all])
        await eventually(lambda: cursor.positions["main"]["uid"] == 3)
        await put(server, mail(4))
        await keeper.until(3)
    assert {raw.body for raw in keeper.all} == {mail(2), mail(3), mail(4)}


def _number_anew(server: Server) -> None:
    """The folder is made again with the same mails, which keep their time of arrival."""
    with server.client() as client:
        client.select_folder(FOLDER)
        kept = client.fetch(client.search("ALL"), ["BODY.PEEK[]", "INTERNALDATE"])
        client.unselect_folder()
        client.delete_folder(FOLDER)
        client.create_folder(FOLDER)
        for _, row in sorted(kept.items()):
            client.append(FOLDER, row[b"BODY[]"], msg_time=row[b"INTERNALDATE"])


async def test_census_names_every_message_and_fetch_brings_them_unmarked(server: Server) -> None:
    await put(server, mail(1), mail(2))
    one = door(server, MemoryCursor())
    census = await one.census()
    first, second = sorted(census.arrived)
    [raw] = await one.fetch([second], census.uidvalidity)
    assert (raw.body, raw.envelope["uid"]) == (mail(2), second)
    assert await one.fetch([first], census.uidvalidity + 1) == [], "numbered anew meanwhile"
    with server.client() as client:
        client.select_folder(FOLDER)
        assert client.search("SEEN") == []
