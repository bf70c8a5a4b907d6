"""IMAP commands about folders."""

import re
from datetime import UTC, datetime

from bot.sandbox.mail.imap_session import ImapSession
from bot.sandbox.mail.imap_wire import BadCommand, Refused, String, Token, quoted, text
from bot.sandbox.mail.post_office import INBOX, Folder

_SYSTEM_FLAGS = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f%*\"\\]")


async def select(session: ImapSession, arguments: list[Token]) -> str:
    return _open(session, arguments, readonly=False)


async def examine(session: ImapSession, arguments: list[Token]) -> str:
    return _open(session, arguments, readonly=True)


def _open(session: ImapSession, arguments: list[Token], *, readonly: bool) -> str:
    session.signed_in()
    session.folder, session.view = None, []  # a failed SELECT leaves nothing selected
    folder = session.named(_one_name(arguments))
    session.folder, session.readonly, session.view = folder, readonly, list(folder.mails)
    keywords = sorted({flag for mail in folder.mails.values() for flag in mail.flags if not flag.startswith("\\")})
    session.say(f"* FLAGS ({' '.join([_SYSTEM_FLAGS, *keywords])})".encode())
    session.say(b"* %d EXISTS" % len(session.view))
    session.say(b"* 0 RECENT")
    permanent = "" if readonly else f"{_SYSTEM_FLAGS} \\*"
    session.say(f"* OK [PERMANENTFLAGS ({permanent})] flags kept".encode())
    session.say(b"* OK [UIDVALIDITY %d] UIDs valid" % folder.uidvalidity)
    session.say(b"* OK [UIDNEXT %d] next UID" % folder.uidnext)
    return "[READ-ONLY] examined" if readonly else "[READ-WRITE] selected"


async def close(session: ImapSession, arguments: list[Token]) -> str:
    """Leave the folder; unlike UNSELECT, deleted mail goes for good, without a word."""
    folder = session.selected()
    if not session.readonly:
        for uid in [uid for uid, mail in folder.mails.items() if "\\Deleted" in mail.flags]:
            del folder.mails[uid]
    return await unselect(session, arguments)


async def unselect(session: ImapSession, arguments: list[Token]) -> str:
    session.selected()
    session.folder, session.view = None, []
    return "nothing selected"


async def create(session: ImapSession, arguments: list[Token]) -> str:
    name, account = _one_name(arguments), session.signed_in()
    if not name or _FORBIDDEN.search(name):
        raise Refused("[CANNOT] not a folder name")
    if name in account.folders or name.upper() == INBOX:
        raise Refused("[ALREADYEXISTS] there is one")
    session.office.create_folder(account, name)
    return "created"


async def delete(session: ImapSession, arguments: list[Token]) -> str:
    name, account = _one_name(arguments), session.signed_in()
    session.named(name)
    if name.upper() == INBOX:
        raise Refused("[CANNOT] INBOX stays")
    del account.folders[name]
    return "deleted"


async def list_folders(session: ImapSession, arguments: list[Token]) -> str:
    """LIST with the wildcards * and %."""
    account = session.signed_in()
    if len(arguments) != 2:
        raise BadCommand("LIST reference pattern")
    pattern = text(arguments[0]) + text(arguments[1])
    if not pattern:
        session.say(b'* LIST (\\Noselect) "/" ""')
        return "listed"
    wanted = re.compile("".join({"*": ".*", "%": "[^/]*"}.get(sign, re.escape(sign)) for sign in pattern))
    for name in account.folders:
        if wanted.fullmatch(name) or (name == INBOX and pattern.upper() == INBOX):
            special = "\\Sent" if name == "Sent" else ""
            session.say(f'* LIST (\\HasNoChildren{" " + special if special else ""}) "/" {quoted(name)}'.encode())
    return "listed"


async def status(session: ImapSession, arguments: list[Token]) -> str:
    if len(arguments) != 2 or not isinstance(arguments[1], list):
        raise BadCommand("STATUS folder (items)")
    folder = session.named(text(arguments[0]))
    counts = [f"{text(item).upper()} {_count(folder, text(item).upper())}" for item in arguments[1]]
    session.say(f"* STATUS {quoted(folder.name)} ({' '.join(counts)})".encode())
    return "counted"


def _count(folder: Folder, item: str) -> int:
    match item:
        case "MESSAGES":
            return len(folder.mails)
        case "UNSEEN":
            return sum("\\Seen" not in mail.flags for mail in folder.mails.values())
        case "RECENT":
            return 0
        case "UIDNEXT":
            return folder.uidnext
        case "UIDVALIDITY":
            return folder.uidvalidity
    raise BadCommand(f"unknown status item {item}")


async def append(session: ImapSession, arguments: list[Token]) -> str:
    """APPEND folder [(flags)] ["date"] literal, with APPENDUID."""
    if len(arguments) < 2 or not isinstance(arguments[-1], String):
        raise BadCommand("APPEND folder message")
    folder = session.named(text(arguments[0]), problem="[TRYCREATE]")
    flags: list[str] = []
    arrived = datetime.now(UTC)
    for token in arguments[1:-1]:
        if isinstance(token, list):
            flags = [text(flag) for flag in token]
        else:
            arrived = _moment(text(token))
    uid = folder.add(arguments[-1].value, flags, arrived)
    session.office.feed.add("append", address=session.signed_in().address, folder=folder.name, uid=uid)
    return f"[APPENDUID {folder.uidvalidity} {uid}] appended"


def _moment(written: str) -> datetime:
    try:
        return datetime.strptime(written.strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError as error:
        raise BadCommand("not a date") from error


def _one_name(arguments: list[Token]) -> str:
    if len(arguments) != 1:
        raise BadCommand("one folder name was expected")
    return text(arguments[0])
