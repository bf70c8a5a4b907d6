"""The IMAP door: reads each mail of a mailbox once, and marks it only after it is committed."""

import asyncio
import contextlib
import hashlib
import logging
import random
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from imapclient import IMAPClient

from channels.base import Accept, Raw
from channels.mail.config import ImapConfig
from channels.mail.imap_census import Census, fetch_some, take_census
from channels.mail.imap_mailbox import Fetched, Mailbox, close, connect
from channels.mail.imap_suspects import Suspects
from channels.mail.oauth import Tokens
from channels.mail.smtp import CHANNEL

log = logging.getLogger(__name__)

T = TypeVar("T")

_STOP_SECONDS = 5.0


class Cursor(Protocol):
    """Remembers how far each mailbox was read: {"uidvalidity": int, "uid": int, "since": ISO time or None}.

    `since` is the arrival of the last mail that was there before the first start and is none of ours. Losing the
    position costs reading again, never a second ticket: deliveries are keyed by content.
    """

    async def load(self, name: str) -> dict[str, Any] | None:
        """What was saved last under `name`; None when nothing was."""

    async def save(self, name: str, position: dict[str, Any]) -> None:
        """Remember `position`; returns when it is on disk."""


@dataclass(slots=True)
class PollFacts:
    """How reading one mailbox goes: for `doctor`, `status` and alarms. `given_up`: messages nobody could read."""

    last_poll_at: datetime | None = None
    last_mail_at: datetime | None = None
    failures: int = 0
    last_error: str = ""
    given_up: int = 0
    running: bool = False


class ImapDoor:
    """Reads one mailbox. Only one may run for a mailbox at a time; two would be safe, but wasteful."""

    def __init__(self, name: str, config: ImapConfig, *, cursor: Cursor, lane: str, tokens: Tokens | None = None):
        self.name = name
        self.facts = PollFacts()
        self._config = config
        self._cursor = cursor
        self._lane = lane
        self._tokens = tokens or Tokens()

    async def run(self, accept: Accept) -> None:
        """Poll until cancelled. Whatever happens to the server, we come back with growing pauses."""
        poller = _Poller(self.name, self._config, self._cursor, self._lane, accept, self.facts, self._tokens)
        poller.start()
        self.facts.running = True
        try:
            await poller.ended.wait()
        finally:
            self.facts.running = False
            poller.stop()
            # A thread inside connect() cannot be woken; it is a daemon, and sees `stopped` when it returns.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(poller.ended.wait(), _STOP_SECONDS)

    async def census(self) -> Census:
        """What the server has right now. Raises OSError or IMAPClientError."""
        return await asyncio.to_thread(take_census, self._config, self._tokens)

    async def fetch(self, uids: Sequence[int], uidvalidity: int) -> list[Raw]:
        """These messages as deliveries, except those that are gone by now. Raises OSError or IMAPClientError."""
        found = await asyncio.to_thread(fetch_some, self._config, self._tokens, list(uids), uidvalidity)
        return [to_raw(self.name, self._config, self._lane, uidvalidity, message) for message in found]


class _Poller:
    """The thread of one mailbox, because imapclient blocks. Everything below `start` and `stop` runs in it."""

    def __init__(
        self,
        name: str,
        config: ImapConfig,
        cursor: Cursor,
        lane: str,
        accept: Accept,
        facts: PollFacts,
        tokens: Tokens,
    ):
        self.ended = asyncio.Event()
        self._name = name
        self._config = config
        self._cursor = cursor
        self._lane = lane
        self._accept = accept
        self._facts = facts
        self._tokens = tokens
        self._suspects = Suspects(config.fetch_tries)
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
                        failures = self._facts.failures = 0
                        self._facts.last_poll_at = datetime.now(UTC)
                        self._mailbox.wait(self._stopped)
                except (Exception, CancelledError) as error:
                    # At this rim every failure means the same: nothing was marked, come back later.
                    failures += 1
                    self._facts.failures, self._facts.last_error = failures, f"{type(error).__name__}: {error}"[:300]
                    self._pause(failures, error)
                finally:
                    self._disconnect()
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self.ended.set)

    def _connect(self) -> None:
        self._client = connect(self._config, self._tokens)
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
        position = self._position(uidvalidity)
        renumbered = position["uidvalidity"] != uidvalidity
        position = {**position, "uidvalidity": uidvalidity, "uid": 0 if renumbered else position["uid"]}
        highest = self._mailbox.newest()[0] if renumbered else 0
        for uids in self._suspects.groups(self._unread(position, renumbered)):
            for messages in self._read(uids):
                self._take(uidvalidity, messages)
            self._suspects.clear(uids)
            if not renumbered:
                self._save({**position, "uid": max(uids)})
        if renumbered:
            # Only when all of it is read: half way through, what is old could not be told from what is new.
            self._save({**position, "uid": highest})

    def _position(self, uidvalidity: int) -> dict[str, Any]:
        """Where to go on; at the very first start, unless "all" is wanted, behind what is already there."""
        position: dict[str, Any] | None = self._ask(self._cursor.load, self._name)
        if position is None and self._config.start == "all":
            return {"uidvalidity": uidvalidity, "uid": 0, "since": None}
        if position is None:
            last, arrived = self._mailbox.newest()
            position = {"uidvalidity": uidvalidity, "uid": last, "since": arrived and arrived.isoformat()}
            self._save(position)
        return position

    def _unread(self, position: dict[str, Any], renumbered: bool) -> list[int]:
        """UIDs to read. When the server has numbered anew that is everything again: the content key knows it."""
        since = position.get("since")
        if renumbered and since is not None:
            # What was there before the first start got a new number as well, and is still none of ours.
            return self._mailbox.uids_arrived_after(0, datetime.fromisoformat(since))
        return self._mailbox.uids_after(int(position["uid"]))

    def _read(self, uids: list[int]) -> Iterator[list[Fetched]]:
        """The messages in groups that fit into memory; what breaks the connection is remembered."""
        if self._suspects.is_hopeless(uids):
            log.error("mailbox %s: message %d cannot be read and is passed over", self._name, uids[0])
            self._facts.given_up += 1
            yield [Fetched(uids[0], b"", 0, complete=False)]
            return
        try:
            if self._suspects.needs_headers_only(uids):
                yield self._mailbox.headers(uids[0])
                return
            for sizes in self._mailbox.batches(uids):
                yield self._mailbox.fetch(sizes)
        except GeneratorExit:
            raise
        except BaseException:
            self._suspects.accuse(uids)
            raise

    def _take(self, uidvalidity: int, messages: list[Fetched]) -> None:
        for message in messages:
            self._ask(self._hand_over, to_raw(self._name, self._config, self._lane, uidvalidity, message))
            self._facts.last_mail_at = datetime.now(UTC)
        if stored := [message.uid for message in messages if message.body]:
            self._mailbox.mark_done(stored)

    def _save(self, position: dict[str, Any]) -> None:
        self._ask(self._cursor.save, self._name, position)

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


def to_raw(name: str, config: ImapConfig, lane: str, uidvalidity: int, message: Fetched) -> Raw:
    """One message of a mailbox as a delivery."""
    envelope = {
        "transport": "imap",
        "mailbox": name,
        "folder": config.folder,
        "uidvalidity": uidvalidity,
        "uid": message.uid,
        "size": message.size,
        "complete": message.complete,
        "received_at": datetime.now(UTC).isoformat(),
    }
    return Raw(CHANNEL, delivery_key(message, f"{name}:{uidvalidity}"), lane, message.body, envelope)


def delivery_key(message: Fetched, mailbox: str) -> str:
    """Equal for the same bytes, in whatever mailbox and under whatever UID; only a missing body needs its place."""
    if not message.body:
        return f"imap:{mailbox}:{message.uid}"
    whole = b"" if message.complete else f"{message.size}:".encode()
    return "imap:" + hashlib.sha256(whole + message.body).hexdigest()
