"""An IMAP4rev1 server over the post office, good enough for ordinary clients (with UIDPLUS, MOVE, IDLE, LITERAL+)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from bot.sandbox.faults import FaultPlan
from bot.sandbox.mail import imap_folders, imap_login, imap_messages
from bot.sandbox.mail.faulty import answer
from bot.sandbox.mail.imap_session import ImapSession
from bot.sandbox.mail.imap_wire import BadCommand, Refused, Token, keyword, text
from bot.sandbox.mail.post_office import PostOffice

Command = Callable[[ImapSession, list[Token]], Awaitable[str]]
"""Does its work, says its untagged lines, and returns the text behind the tagged OK."""

COMMANDS: dict[str, Command] = {
    "CAPABILITY": imap_login.capability,
    "NOOP": imap_login.noop,
    "CHECK": imap_login.noop,
    "LOGIN": imap_login.login,
    "AUTHENTICATE": imap_login.authenticate,
    "SELECT": imap_folders.select,
    "EXAMINE": imap_folders.examine,
    "CLOSE": imap_folders.close,
    "UNSELECT": imap_folders.unselect,
    "CREATE": imap_folders.create,
    "DELETE": imap_folders.delete,
    "LIST": imap_folders.list_folders,
    "STATUS": imap_folders.status,
    "APPEND": imap_folders.append,
    "SEARCH": imap_messages.search,
    "FETCH": imap_messages.fetch,
    "STORE": imap_messages.store,
    "COPY": imap_messages.copy,
    "MOVE": imap_messages.move,
    "EXPUNGE": imap_messages.expunge,
}
BY_UID: dict[str, Command] = {
    "SEARCH": imap_messages.uid_search,
    "FETCH": imap_messages.uid_fetch,
    "STORE": imap_messages.uid_store,
    "COPY": imap_messages.uid_copy,
    "MOVE": imap_messages.uid_move,
    "EXPUNGE": imap_messages.uid_expunge,
}
# RFC 3501 section 5.5: an EXPUNGE must not change the numbering while the client may be using it.
_NUMBERED = ("SEARCH", "FETCH", "STORE")


class Imap:
    """Speaks IMAP on a connection with `talk`."""

    def __init__(self, office: PostOffice, faults: FaultPlan) -> None:
        self._office = office
        self._faults = faults

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until LOGOUT or the end of the connection."""
        session = ImapSession(reader, writer, self._office)
        session.say(b"* OK [CAPABILITY " + imap_login.CAPABILITIES.encode() + b"] ready")
        while True:
            await writer.drain()
            try:
                tag, name, arguments = _command(await session.hear())
            except BadCommand as error:
                session.say(f"* BAD {error}".encode())
                continue
            if name == "LOGOUT":
                session.say(b"* BYE see you")
                session.say(f"{tag} OK done".encode())
                return
            session.say(f"{tag} {await self._do(session, name, arguments)}".encode())

    async def _do(self, session: ImapSession, name: str, arguments: list[Token]) -> str:
        table = COMMANDS
        if name == "UID" and arguments:
            name, arguments, table = keyword(arguments[0]), arguments[1:], BY_UID
        if name == "IDLE":
            return await self._tagged("IDLE", lambda: self._idle(session))
        command = table.get(name)
        if command is None:
            return "BAD unknown command"
        result = await self._tagged(name, lambda: command(session, arguments))
        if name not in _NUMBERED or table is BY_UID:
            session.catch_up()
        return result

    async def _tagged(self, name: str, work: Callable[[], Awaitable[str]]) -> str:
        async def apply() -> str:
            try:
                return f"OK {await work()}"
            except BadCommand as error:
                return f"BAD {error}"
            except Refused as error:
                return f"NO {error}"

        busy = "NO [UNAVAILABLE] please try again later"
        return await answer(self._faults, f"imap.{name.lower()}", apply, later=busy, never="NO [SERVERBUG] refused")

    async def _idle(self, session: ImapSession) -> str:
        session.selected()
        session.say(b"+ idling")
        done = asyncio.create_task(session.reader.readuntil(b"\n"))
        try:
            while not done.done():
                session.catch_up()
                await session.writer.drain()
                grown = asyncio.create_task(self._office.feed.grown())
                await asyncio.wait((done, grown), return_when=asyncio.FIRST_COMPLETED)
                grown.cancel()
            if done.result().strip().upper() != b"DONE":
                raise BadCommand("DONE was expected")
        finally:
            done.cancel()
            with contextlib.suppress(asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
                await done
        return "idle is over"


def _command(words: list[Token]) -> tuple[str, str, list[Token]]:
    if len(words) < 2:
        raise BadCommand("a tag and a command were expected")
    return text(words[0]), keyword(words[1]), words[2:]
