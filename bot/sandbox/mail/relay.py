"""A customer's mail server: keeps a mail until somebody takes responsibility for it, and repeats it byte by byte."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_REPLY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Route:
    """Where mail for the desk goes: an SMTP or LMTP door."""

    port: int
    protocol: str = "smtp"
    host: str = "127.0.0.1"


@dataclass(slots=True)
class Queued:
    """One mail on its way. `state` is waiting, accepted or refused; `last` what the door said last."""

    message_id: str
    sender: str
    recipients: list[str]
    raw: bytes
    route: Route
    state: str = "waiting"
    tries: int = 0
    last: str = ""
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def shown(self) -> dict[str, Any]:
        return {"message_id": self.message_id, "state": self.state, "tries": self.tries, "last": self.last}


class _Refused(Exception):
    """A 5xx: trying again is of no use."""


class _Later(Exception):
    """A 4xx, or an answer that is none."""


class Relay:
    """Delivers in the background, trying again after 4xx and lost connections until accepted or refused."""

    def __init__(self) -> None:
        self.queue: list[Queued] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, mail: Queued) -> Queued:
        """Take over a mail; `mail.done` is set when it was accepted or refused."""
        self.queue.append(mail)
        task = asyncio.create_task(self._deliver(mail))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return mail

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, mail: Queued) -> None:
        pause = _FIRST_PAUSE
        while mail.state == "waiting":
            mail.tries += 1
            try:
                mail.last = await _transaction(mail)
                mail.state = "accepted"
            except _Refused as error:
                mail.last, mail.state = str(error), "refused"
            except (_Later, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                mail.last = repr(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        mail.done.set()


async def _transaction(mail: Queued) -> str:
    reader, writer = await asyncio.open_connection(mail.route.host, mail.route.port)
    try:
        return await _talk(mail, _Dialog(reader, writer))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class _Dialog:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, line: str, expected: str) -> str:
        self._writer.write(line.encode() + b"\r\n")
        return await self.reply(expected)

    def write(self, content: bytes) -> None:
        self._writer.write(content)

    async def reply(self, expected: str) -> str:
        """The last line of the reply. Raises _Refused or _Later when it is not what we hoped for."""
        line = ""
        while not line or line[3:4] == "-":
            raw = await asyncio.wait_for(self._reader.readuntil(b"\n"), _REPLY_SECONDS)
            line = raw.decode("utf-8", "replace").rstrip()
        if line.startswith(expected):
            return line
        raise _Refused(line) if line.startswith("5") else _Later(line)


async def _talk(mail: Queued, dialog: _Dialog) -> str:
    lmtp = mail.route.protocol == "lmtp"
    await dialog.reply("220")
    await dialog.ask(f"{'LHLO' if lmtp else 'EHLO'} mail.customer.example", "250")
    await dialog.ask(f"MAIL FROM:<{mail.sender}>", "250")
    for recipient in mail.recipients:
        await dialog.ask(f"RCPT TO:<{recipient}>", "250")
    await dialog.ask("DATA", "354")
    lines = mail.raw.removesuffix(b"\r\n").split(b"\r\n")
    dialog.write(b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines))
    said = await dialog.ask(".", "250")
    for _ in mail.recipients[1:] if lmtp else ():
        await dialog.reply("250")
    dialog.write(b"QUIT\r\n")
    return said
