"""IMAP commands that work in any state, and those that say who the client is."""

import base64
import binascii

from bot.sandbox.mail.imap_session import ImapSession
from bot.sandbox.mail.imap_wire import BadCommand, Refused, Token, keyword, text

CAPABILITIES = "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN IDLE UIDPLUS MOVE UNSELECT"


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
    """SASL PLAIN, with the initial response in the command or after a continuation."""
    if not arguments or keyword(arguments[0]) != "PLAIN":
        raise Refused("[CANNOT] unknown mechanism")
    if len(arguments) > 1:
        response = text(arguments[1]).encode()
    else:
        session.say(b"+ ")
        await session.writer.drain()
        response = (await session.reader.readuntil(b"\n")).strip()
    try:
        _, user, password = base64.b64decode(response, validate=True).decode().split("\0")
    except (binascii.Error, ValueError) as error:
        raise BadCommand("not a PLAIN response") from error
    return _sign_in(session, user, password)


def _sign_in(session: ImapSession, user: str, password: str) -> str:
    if session.account is not None:
        raise BadCommand("already logged in")
    account = session.office.accounts.get(user.lower())
    if account is None or account.password != password:
        raise Refused("[AUTHENTICATIONFAILED] wrong user or password")
    session.account = account
    return f"[CAPABILITY {CAPABILITIES}] logged in"
