"""The desk's submission server: takes mail from those who can log in, and is as strict as the real ones."""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.sandbox.faults import FaultPlan
from bot.sandbox.mail.faulty import answer
from bot.sandbox.mail.post_office import PostOffice
from bot.sandbox.mail.tokens import REFUSED, read_xoauth2

MAX_BYTES = 25 * 1024 * 1024

_PATH = re.compile(r"(FROM|TO):\s*<([^<>\s]*)>(.*)\Z", re.IGNORECASE | re.DOTALL)
_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_WORDS = {"connect": "service", "auth": "login", "mail": "sender", "rcpt": "recipient", "data": "message"}


@dataclass(slots=True)
class _Session:
    """One connection: who it is, and the mail it is about to hand in."""

    user: str | None = None
    greeted: bool = False
    sender: str | None = None
    utf8: bool = False
    recipients: list[str] = field(default_factory=list)

    def forget_mail(self) -> None:
        self.sender, self.utf8, self.recipients = None, False, []


class Submission:
    """Speaks SMTP on one connection at a time with `talk`; what it accepts goes to the post office."""

    def __init__(self, office: PostOffice, faults: FaultPlan) -> None:
        self._office = office
        self._faults = faults

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until QUIT or the end of the connection."""
        session = _Session()
        lines = _Lines(reader, writer)
        await lines.say(await self._faulty("connect", lambda: _word(f"220 {self._office.domain} ESMTP")))
        while True:
            line = await lines.hear()
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                await lines.say("221 2.0.0 Bye")
                return
            await lines.say(await self._do(verb.upper(), rest.strip(), session, lines))

    async def _do(self, verb: str, rest: str, session: _Session, lines: "_Lines") -> str:
        match verb:
            case "EHLO" | "HELO":
                return self._greet(verb, rest, session)
            case "NOOP":
                return "250 2.0.0 OK"
            case "RSET":
                session.forget_mail()
                return "250 2.0.0 OK"
            case "AUTH":
                return await self._faulty("auth", lambda: self._login(rest, session, lines))
            case "MAIL" | "RCPT" | "DATA" if session.user is None:
                return "530 5.7.0 Authentication required"
            case "MAIL":
                return await self._faulty("mail", lambda: _word(self._mail(rest, session)))
            case "RCPT":
                return await self._faulty("rcpt", lambda: _word(self._rcpt(rest, session)))
            case "DATA":
                return await self._data(session, lines)
        return "502 5.5.2 Command not recognised"

    async def _faulty(self, operation: str, apply: Callable[[], Awaitable[str]]) -> str:
        word = _WORDS[operation]
        later, never = f"451 4.7.1 This {word}: please try again later", f"554 5.7.1 This {word} is refused"
        return await answer(self._faults, f"smtp.{operation}", apply, later=later, never=never)

    def _greet(self, verb: str, name: str, session: _Session) -> str:
        if not name:
            return f"501 5.5.4 Syntax: {verb} hostname"
        session.greeted = True
        session.forget_mail()
        if verb == "HELO":
            return f"250 {self._office.domain}"
        offers = (self._office.domain, f"SIZE {MAX_BYTES}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
        return "\r\n".join([*(f"250-{offer}" for offer in offers), "250 AUTH PLAIN LOGIN XOAUTH2"])

    async def _login(self, rest: str, session: _Session, lines: "_Lines") -> str:
        if session.user is not None or not session.greeted:
            return "503 5.5.1 Bad sequence of commands"
        mechanism, _, initial = rest.partition(" ")
        try:
            if mechanism.upper() == "XOAUTH2":
                return await self._login_with_token(_decoded(initial or await lines.ask("")), session, lines)
            if mechanism.upper() == "PLAIN":
                _, user, password = _decoded(initial or await lines.ask("")).split("\0")
            elif mechanism.upper() == "LOGIN":
                user = _decoded(initial or await lines.ask("Username:"))
                password = _decoded(await lines.ask("Password:"))
            else:
                return "504 5.5.4 Unknown mechanism"
        except ValueError:
            return "501 5.5.2 Cannot decode"
        account = self._office.accounts.get(user.lower())
        if account is None or account.password != password:
            return "535 5.7.8 Authentication credentials invalid"
        session.user = account.address
        return "235 2.7.0 Authentication successful"

    async def _login_with_token(self, words: str, session: _Session, lines: "_Lines") -> str:
        user = read_xoauth2(words, self._office.tokens)
        account = self._office.accounts.get((user or "").lower())
        if account is None:
            await lines.ask(REFUSED.decode())
            return "535 5.7.8 Username and Password not accepted"
        session.user = account.address
        return "235 2.7.0 Authentication successful"

    def _mail(self, rest: str, session: _Session) -> str:
        path = _PATH.match(rest)
        if path is None or path[1].upper() != "FROM":
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        if session.sender is not None:
            return "503 5.5.1 Sender already given"
        parameters = path[3].upper().split()
        size = next((int(p[5:]) for p in parameters if p.startswith("SIZE=") and p[5:].isdigit()), 0)
        if size > MAX_BYTES:
            return "552 5.3.4 Message too big"
        if not path[2] or self._office.mailbox_of(path[2]) != session.user:
            return f"553 5.7.1 <{path[2]}> is not owned by {session.user}"
        session.sender, session.utf8 = path[2], "SMTPUTF8" in parameters
        return "250 2.1.0 OK"

    def _rcpt(self, rest: str, session: _Session) -> str:
        path = _PATH.match(rest)
        if path is None or path[1].upper() != "TO" or "@" not in path[2]:
            return "501 5.5.4 Syntax: RCPT TO:<address>"
        if session.sender is None:
            return "503 5.5.1 MAIL first"
        if not path[2].isascii() and not session.utf8:
            return "553 5.6.7 This address needs SMTPUTF8"
        if not self._office.knows(path[2]):
            return f"550 5.1.1 <{path[2]}> does not exist"
        session.recipients.append(path[2])
        return "250 2.1.5 OK"

    async def _data(self, session: _Session, lines: "_Lines") -> str:
        if not session.recipients:
            return "503 5.5.1 RCPT first"
        await lines.say("354 End data with <CR><LF>.<CR><LF>")
        raw = await lines.hear_data()
        try:
            return await self._faulty("data", lambda: _word(self._store(raw, session)))
        finally:
            session.forget_mail()

    def _store(self, raw: bytes | None, session: _Session) -> str:
        if raw is None:
            return "552 5.3.4 Message too big"
        if _BARE_LINE_END.search(raw):
            return "550 5.5.2 Bare CR or LF in the message"
        if not raw.partition(b"\r\n\r\n")[0].isascii() and not session.utf8:
            return "554 5.6.7 8-bit header without SMTPUTF8"
        assert session.user is not None
        assert session.sender is not None
        self._office.accept(session.user, session.sender, session.recipients, raw)
        return "250 2.0.0 Accepted"


class _Lines:
    """SMTP's lines and its dot-stuffed data."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, text: str) -> None:
        self._writer.write(text.encode() + b"\r\n")
        await self._writer.drain()

    async def hear(self) -> str:
        return (await self._reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")

    async def ask(self, question: str) -> str:
        await self.say("334 " + base64.b64encode(question.encode()).decode())
        return await self.hear()

    async def hear_data(self) -> bytes | None:
        """The message up to the final dot; None when it is above the limit."""
        lines: list[bytes] = []
        size = 0
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            size += len(line)
            if size <= MAX_BYTES:
                lines.append(line.removeprefix(b"."))
        return b"".join(lines) if size <= MAX_BYTES else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except binascii.Error as error:
        raise ValueError("not base64") from error


async def _word(line: str) -> str:
    return line
