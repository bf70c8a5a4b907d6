"""COMMANDS: what staff can type after /helpdesk, and what each does; only the person who typed sees the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlmodel import Session, col, select

from bot.controls import ALL, AUTOMATIC, MONEY, turn
from bot.desk import Desk
from bot.staff import queue
from bot.staff.desk_press import DeskPress, Refused, ticket_of
from bot.staff.notes import add_note
from bot.staff.takeover import hand_back, own
from bot.staff.tending import set_priority, set_status, set_tags, snooze, solve_ticket, span_of
from bot.tickets.life import CannotJoin, merge, split, unmerge
from bot.tickets.places import MODES, set_mode, set_window
from storage.models import CannedReply, Message, Ticket

COMMAND = "command"
DANGEROUS = (MONEY, AUTOMATIC, ALL)
"""What only approvers switch on again."""
LONGEST_ANSWER = 2_900
LAST = 6

Words = list[str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Command:
    """`do` gets the words after the command's name and returns the answer, or raises Refused."""

    do: Callable[[Session, Desk, DeskPress, Words], str]
    usage: str


def run_command(tx: Session, desk: Desk, press: DeskPress) -> str:
    """Do what was typed. Raises Refused with what can be typed instead."""
    name, *words = press.click.value.split() or ["help"]
    command = COMMANDS.get(name.lower())
    if command is None:
        raise Refused(f"There is no command {name!r}.\n{_help(tx, desk, press, [])}")
    return command.do(tx, desk, press, words)[:LONGEST_ANSWER]


# ------------------------------------------------------------------ looking


def _help(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    return "\n".join(f"/helpdesk {command.usage}" for command in COMMANDS.values())


def _status(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    return queue.status_text(tx, desk)


def _queue(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    name = words[0].lower() if words else "waiting"
    if name not in queue.LISTS:
        raise Refused(f"The lists are: {', '.join(queue.LISTS)}.")
    heading, found = queue.LISTS[name]
    tickets = found(tx, desk, press.by)
    return "\n".join([f"{heading}: {len(tickets)}", *(_line(tx, ticket) for ticket in tickets[:10])])


def _line(tx: Session, ticket: Ticket) -> str:
    return "".join([queue.line(tx, ticket), *(f" · {label} {moment}" for label, moment in queue.due(ticket))])


def _ticket(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    last = tx.exec(
        select(Message).where(Message.ticket_id == ticket.id).order_by(col(Message.sent_at).desc()).limit(LAST)
    ).all()
    said = [
        f"[{message.sent_at:%m-%d %H:%M}] {message.author_name or message.role}"
        f"{' (internal)' if message.direction == 'internal' else ''}: {' '.join(message.text.split())[:300]}"
        for message in reversed(last)
    ]
    return "\n".join([_line(tx, ticket), *said])


# ------------------------------------------------------------------ switches


def _pause(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    scope = _scope(press, words)
    turn(tx, desk, scope, on=True, by=press.by)
    return f"Paused: {scope}. Messages are still kept; nothing is lost."


def _resume(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    scope = _scope(press, words)
    if scope in DANGEROUS and not press.approver:
        raise Refused(f"Only an approver may switch {scope} on again (slack.approvers).")
    turn(tx, desk, scope, on=False, by=press.by)
    return f"Resumed: {scope}."


def _scope(press: DeskPress, words: Words) -> str:
    """all, money, automatic, slack, mail, here (this channel), or intent:NAME."""
    word = words[0].lower() if words else ALL
    if word == "here":
        return _here(press)
    if word in (ALL, MONEY, AUTOMATIC, "slack", "mail") or (word.startswith("intent:") and len(word) > 7):
        return word
    raise Refused("Say what: all, money, automatic, slack, mail, here, or intent:NAME such as intent:refund.")


def _here(press: DeskPress) -> str:
    where = str(press.click.inputs.get("channel") or "")
    if not where:
        raise Refused("This works only in a channel.")
    return where


def _mode(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    if not words or words[0].lower() not in MODES:
        raise Refused(f"The modes of a channel: {', '.join(MODES)}. Type it in the channel it is meant for.")
    where = _here(press)
    window = span_of(words[1]) if words[1:] else None
    place = set_mode(tx, desk, where, words[0].lower(), press.by)
    together = ""
    if window is not None:
        set_window(tx, desk, where, window, press.by)
        together = (
            f" What one person writes within {words[1]} is one ticket." if window else " Each message is its own."
        )
    return f"In this channel ({place.external_id}) the mode is now: {place.mode}.{together}"


# ------------------------------------------------------------------ one ticket


def _named(tx: Session, words: Words) -> Ticket:
    return ticket_of(tx, _word(words, "which ticket? tkt_…"))


def _take(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    own(tx, desk, ticket, press.by)
    return f"{ticket.id} is yours; the bot is silent there until you hand it back."


def _assign(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    named = press.click.inputs.get("named") or []
    if not named:
        raise Refused("Say to whom: /helpdesk assign tkt_… @colleague")
    if named[0] not in press.staff:
        raise Refused(f"{named[0]} is not in the staff channel: only people there look after tickets.")
    own(tx, desk, ticket, str(named[0]))
    return f"{ticket.id} is looked after by {named[0]} now."


def _back(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    hand_back(tx, desk, _about(press, ticket))
    return f"The bot looks after {ticket.id} again."


def _solve(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    solve_ticket(tx, desk, ticket, press.by)
    return f"{ticket.id} is solved; it opens again when they write."


def _set(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    set_status(tx, desk, ticket, _word(words[1:], "open, pending, hold, solved or closed?").lower(), press.by)
    return f"{ticket.id} is {ticket.status.value} now."


def _snooze(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    snooze(tx, desk, ticket, _word(words[1:], 'how long? "30m", "4h" or "2d"'), press.by)
    return f"{ticket.id} comes back at {ticket.snoozed_until:%Y-%m-%d %H:%M} UTC, or when they write."


def _priority(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    set_priority(tx, desk, ticket, _word(words[1:], "low, normal, high or urgent?").lower(), press.by)
    return f"{ticket.id} has the priority {ticket.priority} now."


def _tag(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    tags = set_tags(tx, desk, ticket, words[1:], press.by)
    return f"{ticket.id} has the tags: {', '.join(tags) or 'none'}."


def _note(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _named(tx, words)
    text = press.click.value.partition(words[0])[2].strip()
    if not text:
        raise Refused("Write the note after the ticket.")
    add_note(tx, desk, ticket, text, by=press.by_name, by_id=press.by)
    return f"Noted with {ticket.id}; only staff see it."


# ------------------------------------------------------------------ two tickets


def _merge(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ids = [word for word in words if word.startswith("tkt_")]
    if len(ids) != 2:
        raise Refused("Say which: /helpdesk merge tkt_… into tkt_…")
    one, into = (_exact(tx, word) for word in ids)
    moved = _joined(lambda: merge(tx, desk, one, into, press.by))
    return f"{into.id} answers for {one.id} now ({moved} messages went over). Undo: /helpdesk unmerge {one.id}"


def _unmerge(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    ticket = _exact(tx, _word(words, "which ticket? tkt_…"))
    _joined(lambda: unmerge(tx, desk, ticket, press.by))
    return f"{ticket.id} stands alone again."


def _split(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    message = tx.get(Message, _word(words, "which message? msg_…"))
    if message is None:
        raise Refused("There is no such message.")
    found = message
    ticket = _joined(lambda: split(tx, desk, found, press.by))
    return f"The message is ticket {ticket.id} now."


def _joined(change: Callable[[], T]) -> T:
    try:
        return change()
    except CannotJoin as error:
        raise Refused(str(error)) from error


def _exact(tx: Session, ticket_id: str) -> Ticket:
    ticket = tx.get(Ticket, ticket_id)
    if ticket is None:
        raise Refused(f"There is no ticket {ticket_id}.")
    return ticket


# ------------------------------------------------------------------ saved replies


def _canned(tx: Session, desk: Desk, press: DeskPress, words: Words) -> str:
    match words:
        case []:
            saved = tx.exec(select(CannedReply).order_by(CannedReply.name)).all()
            return "\n".join(f"{reply.name}: {reply.text[:120]}" for reply in saved) or "There are no saved replies."
        case ["save", name, *rest] if rest:
            text = press.click.value.partition(name)[2].strip()
            row = tx.get(CannedReply, name[:64]) or CannedReply(name=name[:64], text="", at=desk.now())
            row.text, row.by, row.at = text, press.by, desk.now()
            tx.add(row)
            return f"Saved as {row.name}; it can be chosen under Reply to customer…"
        case ["drop", name]:
            known = tx.get(CannedReply, name)
            if known is None:
                raise Refused(f"There is no saved reply {name}.")
            tx.delete(known)
            return f"{name} is gone."
    raise Refused("/helpdesk canned, /helpdesk canned save NAME TEXT, or /helpdesk canned drop NAME")


# ------------------------------------------------------------------ the table


def _word(words: Words, missing: str) -> str:
    if not words:
        raise Refused(missing[:1].upper() + missing[1:])
    return words[0]


def _about(press: DeskPress, ticket: Ticket) -> DeskPress:
    return replace(press, click=replace(press.click, value=f"{ticket.id}:"))


COMMANDS: Mapping[str, Command] = {
    "help": Command(_help, "help"),
    "status": Command(_status, "status"),
    "queue": Command(_queue, "queue [mine|waiting|breaching|all]"),
    "ticket": Command(_ticket, "ticket TICKET"),
    "pause": Command(_pause, "pause [all|money|automatic|slack|mail|here|intent:NAME]"),
    "resume": Command(_resume, "resume [the same]"),
    "mode": Command(
        _mode, "mode all|mention|emoji|off [10m: one ticket of what one person writes so close] (in the channel)"
    ),
    "take": Command(_take, "take TICKET"),
    "assign": Command(_assign, "assign TICKET @COLLEAGUE"),
    "back": Command(_back, "back TICKET"),
    "solve": Command(_solve, "solve TICKET"),
    "set": Command(_set, "set TICKET open|pending|hold|solved|closed"),
    "snooze": Command(_snooze, "snooze TICKET 30m|4h|2d"),
    "priority": Command(_priority, "priority TICKET low|normal|high|urgent"),
    "tag": Command(_tag, "tag TICKET +new -old"),
    "note": Command(_note, "note TICKET TEXT"),
    "merge": Command(_merge, "merge TICKET into TICKET"),
    "unmerge": Command(_unmerge, "unmerge TICKET"),
    "split": Command(_split, "split MESSAGE"),
    "canned": Command(_canned, "canned [save NAME TEXT | drop NAME]"),
}
