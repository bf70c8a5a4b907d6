"""Reads mail in processes that can be killed, so that no mail, however it was built, can hold up the desk."""

import asyncio
import contextlib
import pickle
import signal
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from channels.mail.config import MailConfig
from channels.mail.parse import ParsedMail, read_mail
from channels.mail.parse.message import Mailbox

HEADER = struct.Struct(">Q")
OVER_BUDGET = "over_budget"
KEEP = "keep"
"""An option of ours: the hash of the one attachment whose content is wanted."""

_HEAD_BYTES = 64 * 1024
_HEAD_SECONDS = 2.0
_READY = b"ready"
_SORRY = "(This mail could not be read within its time. The original is kept as it came.)"


class ParserPool:
    """Processes that read one mail each at a time. A reading that takes too long ends with its process.

    Started when first needed, and again after a kill; they end by themselves when this process does.
    """

    def __init__(self, *, processes: int = 2, seconds: float = 10.0):
        self._seconds = seconds
        self._free: asyncio.Queue[_Child | None] = asyncio.Queue()
        self._children: set[_Child] = set()
        for _ in range(processes):
            self._free.put_nowait(None)

    async def read(self, config: MailConfig, raw: bytes, envelope: Mapping[str, Any]) -> ParsedMail:
        """As `read_mail`, without the content of attachments. Over the budget: what the headers say, and a flag.

        Raises OSError when no process can be started: then nothing is wrong with the mail.
        """
        options = {
            "envelope": dict(envelope),
            "trusted_authserv_ids": config.trusted_authserv_ids,
            "own_addresses": config.addresses,
        }
        mail = await self._ask(raw, options, self._seconds)
        if mail is not None:
            return mail
        head = raw[:_HEAD_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        mail = await self._ask(head + b"\n\n", options, min(_HEAD_SECONDS, self._seconds))
        if mail is None:
            sender = str(envelope.get("mail_from") or "")
            mail = ParsedMail(from_=Mailbox("", sender) if sender else None)
        flags = tuple(dict.fromkeys([*mail.flags, "partial", OVER_BUDGET]))
        error = f"not read within {self._seconds:g} seconds"
        return replace(mail, text=_SORRY, visible=_SORRY, confidence=0.0, flags=flags, error=error)

    async def content(self, raw: bytes, sha256: str) -> bytes | None:
        """The content of the attachment with this hash; None when there is none, or the mail cannot be read in time."""
        mail = await self._ask(raw, {KEEP: sha256}, self._seconds)
        found = (one.content for one in mail.attachments if one.sha256 == sha256) if mail is not None else iter(())
        return next(found, None)

    async def close(self) -> None:
        """End the processes."""
        for child in tuple(self._children):
            self._end(child)

    async def _ask(self, raw: bytes, options: Mapping[str, Any], seconds: float) -> ParsedMail | None:
        """None when the process was killed over this mail, or found no memory for it."""
        child = await self._free.get()
        try:
            if child is None or not child.is_alive():
                child = await self._start(child)
            return await _within(child, raw, options, seconds)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            return None
        finally:
            if child is not None and not child.is_alive():
                self._end(child)
                child = None
            self._free.put_nowait(child)  # None: a new one when it is next needed

    async def _start(self, dead: "_Child | None") -> "_Child":
        """A new process. Its start costs no mail any of its time."""
        if dead is not None:
            self._end(dead)
        child = _Child()
        self._children.add(child)
        try:
            await asyncio.to_thread(child.wait_until_ready)
        except BaseException:
            self._end(child)
            raise
        return child

    def _end(self, child: "_Child") -> None:
        self._children.discard(child)
        child.end()


async def _within(child: "_Child", raw: bytes, options: Mapping[str, Any], seconds: float) -> ParsedMail:
    # A thread waits for the pipes, and a killed process closes them; so the thread ends in time as well.
    timer = asyncio.get_running_loop().call_later(seconds, child.kill)
    reading = asyncio.ensure_future(asyncio.to_thread(child.ask, raw, options))
    try:
        return await asyncio.shield(reading)
    except BaseException:
        child.kill()
        await asyncio.gather(reading, return_exceptions=True)
        raise
    finally:
        timer.cancel()


class _Child:
    """One process. `ask` blocks; `kill` may be called meanwhile and makes it raise."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "channels.mail.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def wait_until_ready(self) -> None:
        """Raises OSError when it never is."""
        assert self._process.stdout is not None
        if self._process.stdout.read(len(_READY)) != _READY:
            raise OSError("the process that reads mail cannot be started")

    def ask(self, raw: bytes, options: Mapping[str, Any]) -> ParsedMail:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        _send(self._process.stdin, (raw, options))
        mail = _receive(self._process.stdout)
        assert isinstance(mail, ParsedMail)
        return mail

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Returns when it is gone, which takes no time: nothing in it can refuse."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Kill it, and let go of what it leaves behind."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _send(pipe: Any, value: object) -> None:
    content = pickle.dumps(value)
    pipe.write(HEADER.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def _receive(pipe: Any) -> object:
    """Only our own process writes here, so its pickles are as good as our own values."""
    header = pipe.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError
    (length,) = HEADER.unpack(header)
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return pickle.loads(content)


def _limit_memory(bytes_: int = 2 * 1024**3) -> None:
    """A mail that swells ends as MemoryError in here, and not as the kernel's choice of a process to kill."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (bytes_, bytes_))


def main() -> None:
    """Read one mail after the other from standard input, until it ends."""
    # Whoever stops the desk by Ctrl-C stops the whole group; our parent lets a running mail finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    sys.stdout.buffer.write(_READY)
    sys.stdout.buffer.flush()
    while True:
        try:
            asked: Any = _receive(sys.stdin.buffer)
        except EOFError:
            return
        raw, options = asked
        keep = options.pop(KEEP, None)
        mail = read_mail(raw, **options)
        attachments = tuple(one if one.sha256 == keep else replace(one, content=b"") for one in mail.attachments)
        _send(sys.stdout.buffer, replace(mail, attachments=attachments))


if __name__ == "__main__":
    main()
