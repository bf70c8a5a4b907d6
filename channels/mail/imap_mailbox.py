"""What we ask of an IMAP server, in blocking calls: connect, what is new, fetch, mark, wait, find."""

import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from channels.mail.config import ImapConfig
from channels.mail.oauth import Tokens, xoauth2

log = logging.getLogger(__name__)

KEYWORD = b"$Ingested"
SEEN = b"\\Seen"

_BATCH_MESSAGES = 20
_DATES_AT_ONCE = 500
_SEARCH_WINDOW = 50_000  # UIDs asked for at once: imaplib refuses an answer line above a million bytes
_LONGEST_IDLE = 29 * 60.0  # RFC 2177: servers may log a client out after 30 minutes
_CONNECT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message as the server gave it; `complete` is False when it is only headers, or nothing at all."""

    uid: int
    body: bytes
    size: int
    complete: bool = True


def connect(config: ImapConfig, tokens: Tokens | None = None) -> IMAPClient:
    """A logged-in connection. Raises OSError or IMAPClientError, and then nothing is left open."""
    timeout = SocketTimeout(min(_CONNECT_SECONDS, config.timeout_seconds), config.timeout_seconds)
    client = IMAPClient(config.host, config.port, use_uid=True, ssl=config.tls == "implicit", timeout=timeout)
    try:
        if config.tls == "starttls":
            client.starttls()
        client.normalise_times = False  # times keep their zone
        _login(client, config, tokens or Tokens())
    except BaseException:
        close(client)
        raise
    return client


def _login(client: IMAPClient, config: ImapConfig, tokens: Tokens) -> None:
    if config.oauth is None:
        client.login(config.user, config.password)
        return
    response, words = xoauth2(config.user, tokens.get(config.oauth)), []

    def answer(challenge: bytes) -> str:
        if not challenge:
            return response
        # The server's second challenge is its error as JSON; the empty answer lets it say NO.
        words.append(challenge.decode("utf-8", "replace"))
        return ""

    try:
        client.sasl_login("XOAUTH2", answer)
    except LoginError as error:
        tokens.forget(config.oauth)
        raise LoginError(" ".join([str(error), *words])[:500]) from error


def close(client: IMAPClient) -> None:
    """Drop the connection without waiting for the server."""
    with contextlib.suppress(OSError, IMAPClientError):
        client.shutdown()


def find_message(config: ImapConfig, folder: str, message_id: str, tokens: Tokens | None = None) -> bool:
    """Whether `folder` holds a mail with this Message-ID (no brackets). Raises OSError or IMAPClientError."""
    client = connect(config, tokens)
    try:
        client.select_folder(folder, readonly=True)
        return bool(client.search(["HEADER", "Message-ID", message_id]))
    finally:
        close(client)


def append_once(config: ImapConfig, folder: str, message_id: str, content: bytes, tokens: Tokens | None = None) -> bool:
    """Put a sent mail into `folder`, read, unless it is there; False: it was. Raises OSError or IMAPClientError."""
    client = connect(config, tokens)
    try:
        if not client.folder_exists(folder):
            client.create_folder(folder)
        client.select_folder(folder, readonly=True)
        if client.search(["HEADER", "Message-ID", message_id]):
            return False
        client.append(folder, content, flags=[SEEN])
        return True
    finally:
        close(client)


class Mailbox:
    """One selected folder on one connection. Any OSError or IMAPClientError: the connection is of no use any more."""

    def __init__(self, client: IMAPClient, config: ImapConfig):
        self._client = client
        self._config = config
        self._selected: dict[bytes, Any] = {}

    def select(self, *, readonly: bool = False) -> int:
        """Select the folder (again) and return its UIDVALIDITY."""
        self._selected = self._client.select_folder(self._config.folder, readonly=readonly)
        return int(self._selected[b"UIDVALIDITY"])

    def uids_after(self, last: int) -> list[int]:
        """UIDs above `last`, ascending."""
        following = self._selected.get(b"UIDNEXT")
        if following is None:
            return self._search(last + 1, "*", last)
        found: list[int] = []
        for first in range(last + 1, int(following), _SEARCH_WINDOW):
            found += self._search(first, str(first + _SEARCH_WINDOW - 1), last)
        return found

    def uids_arrived_after(self, last: int, moment: datetime) -> list[int]:
        """UIDs above `last` of what arrived later than `moment` by the server's clock, ascending."""
        # SINCE knows days only, and in the server's time zone.
        day = (moment - timedelta(days=1)).strftime("%d-%b-%Y")
        found = sorted(uid for uid in self._client.search(["SINCE", day]) if uid > last)
        arrived = self.arrived(found)
        return [uid for uid in found if uid in arrived and arrived[uid] > moment]

    def arrived(self, uids: Sequence[int]) -> dict[int, datetime]:
        """When each message that still exists arrived."""
        answer: dict[int, datetime] = {}
        for start in range(0, len(uids), _DATES_AT_ONCE):
            found = self._client.fetch(uids[start : start + _DATES_AT_ONCE], ["INTERNALDATE"])
            answer |= {uid: row[b"INTERNALDATE"].astimezone(UTC) for uid, row in found.items()}
        return answer

    def newest(self) -> tuple[int, datetime | None]:
        """(highest UID so far, arrival of the latest mail); (0, None) for an empty folder."""
        following = self._selected.get(b"UIDNEXT")
        uids = sorted(self._client.search("ALL"))
        last = int(following) - 1 if following is not None else max(uids, default=0)
        return last, max(self.arrived(uids[-_BATCH_MESSAGES:]).values(), default=None)

    def _search(self, first: int, to: str, last: int) -> list[int]:
        # "n:*" also answers with the newest message when n is above it.
        return sorted(uid for uid in self._client.search(["UID", f"{first}:{to}"]) if uid > last)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each message that still exists."""
        answer = self._client.fetch(uids, ["RFC822.SIZE"])
        return {uid: int(answer[uid].get(b"RFC822.SIZE", 0)) for uid in uids if uid in answer}

    def batches(self, uids: Sequence[int]) -> Iterator[dict[int, int]]:
        """The messages with their sizes, in groups that fit into memory together."""
        for start in range(0, len(uids), _BATCH_MESSAGES):
            group: dict[int, int] = {}
            for uid, size in self.sizes(uids[start : start + _BATCH_MESSAGES]).items():
                if group and sum(group.values()) + size > self._config.max_bytes:
                    yield group
                    group = {}
                group[uid] = size
            if group:
                yield group

    def fetch(self, sizes: dict[int, int]) -> list[Fetched]:
        """Every message of a batch, without setting any flag; too big ones as headers only."""
        small = [uid for uid, size in sizes.items() if size <= self._config.max_bytes]
        fetched = self._bodies(small, sizes) if small else []
        for uid, size in sizes.items():
            if size > self._config.max_bytes:
                fetched += self._part([uid], "BODY.PEEK[HEADER]", b"BODY[HEADER]", {uid: size}, complete=False)
        return sorted(fetched, key=lambda message: message.uid)

    def headers(self, uid: int) -> list[Fetched]:
        """One message by its headers alone; [] when it is gone."""
        return self._part([uid], "BODY.PEEK[HEADER]", b"BODY[HEADER]", {uid: 0}, complete=False)

    def _bodies(self, uids: list[int], sizes: dict[int, int]) -> list[Fetched]:
        try:
            return self._part(uids, "BODY.PEEK[]", b"BODY[]", sizes)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            if len(uids) == 1:
                log.warning("mailbox %s: message %d cannot be fetched: %s", self._config.folder, uids[0], error)
                return [Fetched(uids[0], b"", sizes[uids[0]], complete=False)]
        # One message the server cannot give must not hide the others.
        return [message for uid in uids for message in self._bodies([uid], sizes)]

    def _part(
        self, uids: list[int], item: str, key: bytes, sizes: dict[int, int], complete: bool = True
    ) -> list[Fetched]:
        answer = self._client.fetch(uids, [item])
        found = [(uid, answer[uid].get(key)) for uid in uids if uid in answer]
        return [Fetched(uid, body or b"", sizes[uid], complete and bool(body)) for uid, body in found]

    def mark_done(self, uids: Sequence[int]) -> None:
        """Move or flag what is stored. Only a courtesy to people: the cursor is what keeps us from reading twice."""
        try:
            self._mark(list(uids))
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            log.warning("mailbox %s: stored mail cannot be marked: %s", self._config.folder, error)

    def _mark(self, uids: list[int]) -> None:
        folder = self._config.done_folder
        if folder is None:
            allowed = self._selected.get(b"PERMANENTFLAGS", ())
            self._client.add_flags(uids, [KEYWORD if b"\\*" in allowed else SEEN], silent=True)
            return
        if not self._client.folder_exists(folder):
            self._client.create_folder(folder)
        if self._client.has_capability("MOVE"):
            self._client.move(uids, folder)
            return
        self._client.copy(uids, folder)
        self._client.add_flags(uids, [b"\\Deleted"], silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge(uids)

    def wait(self, stopped: threading.Event) -> None:
        """Until the next poll, or until the server says that something happened."""
        seconds = min(self._config.poll_seconds, _LONGEST_IDLE)
        if not (self._config.idle and self._client.has_capability("IDLE")):
            stopped.wait(seconds)
            return
        self._client.idle()
        if not stopped.is_set():
            self._client.idle_check(timeout=seconds)
        # idle_check answers [] for a dead connection too; these two raise then.
        self._client.idle_done()
        self._client.noop()
