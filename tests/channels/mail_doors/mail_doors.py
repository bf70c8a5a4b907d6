"""What the tests of the mail doors share: settings, a keeper of deliveries, and a door that is open for a while."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from channels.base import Accept, Raw
from channels.mail.config import MailConfig, SmtpInConfig
from channels.mail.smtp import SmtpDoor

ADDRESS = "support@desk.example"
CONFIG = MailConfig(ADDRESS, "test-secret", name="Desk", trusted_authserv_ids=("mx.desk.example",))
MAIL = b"From: anna@customer.example\r\nTo: support@desk.example\r\nSubject: Lamp\r\n\r\nIt is broken.\r\n"


class Keeper:
    """An `accept` that keeps what it is given; equal keys are one delivery."""

    def __init__(self) -> None:
        self.all: list[Raw] = []

    async def __call__(self, raw: Raw) -> None:
        self.all.append(raw)

    @property
    def by_key(self) -> dict[str, Raw]:
        return {raw.key: raw for raw in self.all}

    async def until(self, count: int, seconds: float = 20.0) -> None:
        """Return when that many different deliveries are there."""
        await eventually(lambda: len(self.by_key) >= count, seconds)


class MemoryCursor:
    """A Cursor that remembers as long as the test."""

    def __init__(self) -> None:
        self.positions: dict[str, dict[str, Any]] = {}

    async def load(self, name: str) -> dict[str, Any] | None:
        return self.positions.get(name)

    async def save(self, name: str, position: dict[str, Any]) -> None:
        self.positions[name] = dict(position)


async def eventually(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return when `true` is; fail after `seconds`."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is not ours to signal
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[asyncio.Future[None]]:
    """`work` in the background; cancelled at the end."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def smtp_door(accept: Accept, **limits: Any) -> AsyncIterator[SmtpDoor]:
    """An open door on a free port."""
    settings = {"port": 0, "protocol": "smtp", "min_free_disk": 1, "drain_seconds": 5.0, **limits}
    door = SmtpDoor(CONFIG, SmtpInConfig(**settings))
    async with running(door.run(accept)):
        await door.opened.wait()
        yield door


class Dialog:
    """A client that says exactly what a test wants, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, *lines: bytes | str) -> str:
        """Send lines (CRLF is added) and return the code and text of the next reply."""
        for line in lines:
            self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.hear()

    async def hear(self) -> str:
        """The next reply, its last line; "" when the connection is closed."""
        async with asyncio.timeout(15):
            while line := await self.reader.readline():
                if line[3:4] != b"-":
                    return line.decode().rstrip()
        return ""

    async def start(self, sender: str = "<anna@customer.example>", to: str = f"<{ADDRESS}>") -> str:
        """Everything up to DATA; the reply to it."""
        await self.say("EHLO mail.customer.example")
        await self.say(f"MAIL FROM:{sender}")
        await self.say(f"RCPT TO:{to}")
        return await self.say("DATA")


@contextlib.asynccontextmanager
async def dialog(port: int, *, greeted: bool = True) -> AsyncIterator[Dialog]:
    """A connection; with `greeted` the 220 has been read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = Dialog(reader, writer)
    try:
        if greeted:
            assert (await client.hear()).startswith("220")
        yield client
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
