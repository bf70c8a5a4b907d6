"""IMAP commands that work in any state, and those that say who the client is."""

import base64
import binascii

from bot.sandbox.mail.imap_session import ImapSession
from bot.sandbox.mail.imap_wire import BadCommand, Refused, Token, keyword, text
from bot.sandbox.mail.tokens import REFUSED, read_xoauth2

CAPABILITIES = "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN AUTH=XOAUTH2 IDLE UIDPLUS MOVE UNSELECT"


async def capability(session: ImapSession, arguments: list[Token]) -> str:
    session.say(b"* CAPABILITY " + CAPABILITIES.encode())
    return "capabilities listed"


async def noop(session: ImapSession, arguments: list[Token]) -> str:
    return "nothing done"


async def login(session: ImapSession, arguments: list[Token]) -> str:
    if len(arguments) != 2:
        raise BadCommand("LOGIN user password")
    return _sign_in(session, text(arguments[0]), text(arguments[1]))


async def authenticate(session: ImapSession, arguments: list[Token]) -> str:
    """SASL PLAIN or XOAUTH2, with the initial response in the command or after a continuation."""
    mechanism = keyword(arguments[0]) if arguments else ""
    if mechanism not in ("PLAIN", "XOAUTH2"):
        raise Refused("[CANNOT] unknown mechanism")
    response = text(arguments[1]).encode() if len(arguments) > 1 else await _ask(session, b"")
    try:
        words = base64.b64decode(response, validate=True).decode()
        if mechanism == "XOAUTH2":
            return await _sign_in_with_token(session, words)
        _, user, password = words.split("\0")
    except (binascii.Error, ValueError) as error:
        raise BadCommand(f"not a {mechanism} response") from error
    return _sign_in(session, user, password)


async def _ask(session: ImapSession, challenge: bytes) -> bytes:
    session.say(b"+ " + challenge)
    await session.writer.drain()
    return (await session.reader.readuntil(b"\n")).strip()


async def _sign_in_with_token(session: ImapSession, words: str) -> str:
    user = read_xoauth2(words, session.office.tokens)
    account = session.office.accounts.get((user or "").lower())
    if account is None:
        await _ask(session, base64.b64encode(REFUSED))
        raise Refused("[AUTHENTICATIONFAILED] invalid credentials")
    session.account = account
    return f"[CAPABILITY {CAPABILITIES}] logged in"


def _sign_in(session: ImapSession, user: str, password: str) -> str:
    if session.account is not None:
        raise BadCommand("already logged in")
    account = session.office.accounts.get(user.lower())
    if account is None or account.password != password:
        raise Refused("[AUTHENTICATIONFAILED] wrong user or password")
    session.account = account
    return f"[CAPABILITY {CAPABILITIES}] logged in"
