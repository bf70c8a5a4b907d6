"""IMAP commands about the mail in the selected folder, each by sequence number and by UID."""

from bot.sandbox.mail.imap_fetch import answer_items, parse_items
from bot.sandbox.mail.imap_search import Candidate, compile_search
from bot.sandbox.mail.imap_session import ImapSession
from bot.sandbox.mail.imap_wire import BadCommand, Token, keyword, text
from bot.sandbox.mail.post_office import Stored

_SYSTEM_FLAGS = {flag.lower(): flag for flag in ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")}


async def search(session: ImapSession, arguments: list[Token]) -> str:
    return _search(session, arguments, by_uid=False)


async def uid_search(session: ImapSession, arguments: list[Token]) -> str:
    return _search(session, arguments, by_uid=True)


def _search(session: ImapSession, arguments: list[Token], *, by_uid: bool) -> str:
    folder = session.selected()
    if by_uid:
        session.catch_up()
    question = compile_search(arguments, len(session.view), session.view[-1] if session.view else 0)
    found = [
        uid if by_uid else number
        for number, uid in enumerate(session.view, 1)
        if uid in folder.mails and question(Candidate(number, folder.mails[uid]))
    ]
    session.say(" ".join(["* SEARCH", *map(str, found)]).encode())
    return "searched"


async def fetch(session: ImapSession, arguments: list[Token]) -> str:
    return await _fetch(session, arguments, by_uid=False)


async def uid_fetch(session: ImapSession, arguments: list[Token]) -> str:
    return await _fetch(session, arguments, by_uid=True)


async def _fetch(session: ImapSession, arguments: list[Token], *, by_uid: bool) -> str:
    if len(arguments) != 2:
        raise BadCommand("FETCH set items")
    wanted = parse_items(arguments[1], with_uid=by_uid)
    for number, mail in session.chosen(arguments[0], by_uid=by_uid):
        content = answer_items(wanted, mail)
        if wanted.marks_seen and not session.readonly and "\\Seen" not in mail.flags:
            mail.flags.add("\\Seen")
            session.show_flags(number, mail, with_uid=by_uid)
        session.say(b"* %d FETCH (%s)" % (number, content))
        await session.writer.drain()
    return "fetched"


async def store(session: ImapSession, arguments: list[Token]) -> str:
    return _store(session, arguments, by_uid=False)


async def uid_store(session: ImapSession, arguments: list[Token]) -> str:
    return _store(session, arguments, by_uid=True)


def _store(session: ImapSession, arguments: list[Token], *, by_uid: bool) -> str:
    session.selected(writing=True)
    if len(arguments) < 3:
        raise BadCommand("STORE set item flags")
    item = keyword(arguments[1])
    action, silent = item.removesuffix(".SILENT"), item.endswith(".SILENT")
    listed = arguments[2] if isinstance(arguments[2], list) else arguments[2:]
    flags = {_SYSTEM_FLAGS.get(text(flag).lower(), text(flag)) for flag in listed}
    for number, mail in session.chosen(arguments[0], by_uid=by_uid):
        _change_flags(mail, action, flags)
        if not silent:
            session.show_flags(number, mail, with_uid=by_uid)
    return "stored"


def _change_flags(mail: Stored, action: str, flags: set[str]) -> None:
    match action:
        case "FLAGS":
            mail.flags = set(flags)
        case "+FLAGS":
            mail.flags |= flags
        case "-FLAGS":
            mail.flags -= flags
        case _:
            raise BadCommand(f"unknown item {action}")


async def copy(session: ImapSession, arguments: list[Token]) -> str:
    return f"{_copy(session, arguments, by_uid=False)} copied".strip()


async def uid_copy(session: ImapSession, arguments: list[Token]) -> str:
    return f"{_copy(session, arguments, by_uid=True)} copied".strip()


async def move(session: ImapSession, arguments: list[Token]) -> str:
    return _move(session, arguments, by_uid=False)


async def uid_move(session: ImapSession, arguments: list[Token]) -> str:
    return _move(session, arguments, by_uid=True)


def _move(session: ImapSession, arguments: list[Token], *, by_uid: bool) -> str:
    """RFC 6851: the COPYUID comes untagged, before the EXPUNGEs."""
    folder = session.selected(writing=True)
    chosen = session.chosen(arguments[0], by_uid=by_uid) if arguments else []
    code = _copy(session, arguments, by_uid=by_uid)
    if code:
        session.say(f"* OK {code} moved".encode())
    for _, mail in chosen:
        del folder.mails[mail.uid]
    session.catch_up()
    return "moved"


def _copy(session: ImapSession, arguments: list[Token], *, by_uid: bool) -> str:
    if len(arguments) != 2:
        raise BadCommand("COPY set folder")
    chosen = session.chosen(arguments[0], by_uid=by_uid)
    target = session.named(text(arguments[1]), problem="[TRYCREATE]")
    if not chosen:
        return ""
    new = [target.add(mail.raw, mail.flags, mail.arrived) for _, mail in chosen]
    session.office.feed.add("copy", address=session.signed_in().address, folder=target.name, uids=new)
    old = ",".join(str(mail.uid) for _, mail in chosen)
    return f"[COPYUID {target.uidvalidity} {old} {','.join(map(str, new))}]"


async def expunge(session: ImapSession, arguments: list[Token]) -> str:
    if arguments:
        raise BadCommand("EXPUNGE takes no arguments")
    return _expunge(session, list(session.view))


async def uid_expunge(session: ImapSession, arguments: list[Token]) -> str:
    if len(arguments) != 1:
        raise BadCommand("UID EXPUNGE set")
    return _expunge(session, [mail.uid for _, mail in session.chosen(arguments[0], by_uid=True)])


def _expunge(session: ImapSession, uids: list[int]) -> str:
    folder = session.selected(writing=True)
    for uid in uids:
        if uid in folder.mails and "\\Deleted" in folder.mails[uid].flags:
            del folder.mails[uid]
    session.catch_up()
    return "expunged"
