"""The IMAP door: reads each mail of a mailbox once, and marks it only after it is committed."""

import asyncio
import contextlib
import hashlib
import logging
import random
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from imapclient import IMAPClient

from channels.base import Accept, Raw
from channels.mail.config import ImapConfig
from channels.mail.imap_mailbox import Fetched, Mailbox, close, connect
from channels.mail.smtp import CHANNEL

log = logging.getLogger(__name__)

T = TypeVar("T")

_STOP_SECONDS = 5.0


class Cursor(Protocol):
    """Remembers how far each mailbox was read: {"uidvalidity": int, "uid": int}.

    Losing it costs reading again, never a second ticket: deliveries are keyed by content.
    """

    async def load(self, name: str) -> dict[str, Any] | None:
        """What was saved last under `name`; None when nothing was."""

    async def save(self, name: str, position: dict[str, Any]) -> None:
        """Remember `position`; returns when it is on disk."""


class ImapDoor:
    """Reads one mailbox. Only one may run for a mailbox at a time; two would be safe, but wasteful."""

    def __init__(self, name: str, config: ImapConfig, *, cursor: Cursor, lane: str):
        self._name = name
        self._config = config
        self._cursor = cursor
        self._lane = lane

    async def run(self, accept: Accept) -> None:
        """Poll until cancelled. Whatever happens to the server, we come back with growing pauses."""
        poller = _Poller(self._name, self._config, self._cursor, self._lane, accept)
        poller.start()
        try:
            await poller.ended.wait()
        finally:
            poller.stop()
            # A thread inside connect() cannot be woken; it is a daemon, and sees `stopped` when it returns.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(poller.ended.wait(), _STOP_SECONDS)


class _Poller:
    """The thread of one mailbox, because imapclient blocks. Everything below `start` and `stop` runs in it."""

    def __init__(self, name: str, config: ImapConfig, cursor: Cursor, lane: str, accept: Accept):
        self.ended = asyncio.Event()
        self._name = name
        self._config = config
        self._cursor = cursor
        self._lane = lane
        self._accept = accept
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._client: IMAPClient | None = None
        self._asked: Future[Any] | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"imap-{self._name}", daemon=True).start()

    def stop(self) -> None:
        """Wake the thread wherever it waits: for a pause, for the server, for a commit."""
        self._stopped.set()
        asked, client = self._asked, self._client
        if asked is not None:
            asked.cancel()
        if client is not None:
            # Not close(): its number could be given to another socket while the thread still waits on it.
            with contextlib.suppress(OSError):
                client.socket().shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        failures = 0
        try:
            while not self._stopped.is_set():
                try:
                    self._connect()
                    while not self._stopped.is_set():
                        self._drain()
                        failures = 0
                        self._mailbox.wait(self._stopped)
                except (Exception, CancelledError) as error:
                    # At this rim every failure means the same: nothing was marked, come back later.
                    failures += 1
                    self._pause(failures, error)
                finally:
                    self._disconnect()
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self.ended.set)

    def _connect(self) -> None:
        self._client = connect(self._config)
        self._mailbox = Mailbox(self._client, self._config)

    def _disconnect(self) -> None:
        # A connection that timed out still owes us an answer to an old question: never used again.
        client, self._client = self._client, None
        if client is not None:
            close(client)

    def _pause(self, failures: int, error: BaseException) -> None:
        if self._stopped.is_set():
            return
        longest = min(self._config.longest_pause_seconds, self._config.first_pause_seconds * 2 ** min(failures - 1, 20))
        seconds = longest * random.uniform(0.5, 1.0)
        log.warning("mailbox %s: %r, again in %.1f s", self._name, error, seconds)
        self._stopped.wait(seconds)

    def _drain(self) -> None:
        """Hand over everything new, a batch at a time: store, then mark, then move the cursor."""
        uidvalidity = self._mailbox.select()
        for sizes in self._mailbox.batches(self._mailbox.uids_after(self._last_uid(uidvalidity))):
            for message in self._mailbox.fetch(sizes):
                self._ask(self._hand_over, self._raw(uidvalidity, message))
            self._mailbox.mark_done(list(sizes))
            self._ask(self._cursor.save, self._name, {"uidvalidity": uidvalidity, "uid": max(sizes)})

    def _last_uid(self, uidvalidity: int) -> int:
        position = self._ask(self._cursor.load, self._name)
        if position is None or position["uidvalidity"] != uidvalidity:
            # The server has numbered its messages anew: read all of them, the content key knows them.
            return 0
        return int(position["uid"])

    async def _hand_over(self, raw: Raw) -> None:
        await self._accept(raw)

    def _ask(self, function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        """Run a coroutine on the event loop and wait for it here; CancelledError when we were stopped."""
        if self._stopped.is_set():
            raise CancelledError
        asked = asyncio.run_coroutine_threadsafe(function(*arguments), self._loop)
        self._asked = asked
        if self._stopped.is_set():
            asked.cancel()
        return asked.result()

    def _raw(self, uidvalidity: int, message: Fetched) -> Raw:
        envelope = {
            "transport": "imap",
            "mailbox": self._name,
            "folder": self._config.folder,
            "uidvalidity": uidvalidity,
            "uid": message.uid,
            "size": message.size,
            "complete": message.complete,
            "received_at": datetime.now(UTC).isoformat(),
        }
        return Raw(CHANNEL, delivery_key(message, f"{self._name}:{uidvalidity}"), self._lane, message.body, envelope)


def delivery_key(message: Fetched, mailbox: str) -> str:
    """Equal for the same bytes, in whatever mailbox and under whatever UID; only a missing body needs its place."""
    if not message.body:
        return f"imap:{mailbox}:{message.uid}"
    whole = b"" if message.complete else f"{message.size}:".encode()
    return "imap:" + hashlib.sha256(whole + message.body).hexdigest()
