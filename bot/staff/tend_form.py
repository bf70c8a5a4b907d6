"""Everything that can be done to a ticket in one form, opened from its card or the home tab: no ids to type."""

import json
from collections.abc import Iterator

from sqlmodel import Session, col, select

from bot.desk import Desk
from bot.staff.desk_press import GONE, DeskPress, DeskVerb, Refused, ticket_of
from bot.staff.escalations import STAFF, show_news
from bot.staff.notes import add_note
from bot.staff.queue import line
from bot.staff.takeover import hand_back, own
from bot.staff.tending import PRIORITIES, set_priority, set_status, set_tags, snooze, tag_words
from bot.tickets.life import CannotJoin, merge, split, unmerge
from channels.cards import Button, Field, Form
from storage.models import Direction, Message, Ticket, TicketStatus

TEND, SAVE = "tend", "tend_save"
NOTHING = "-"
SPANS = (("30m", "30 minutes"), ("2h", "2 hours"), ("1d", "until tomorrow"), ("3d", "3 days"), ("7d", "a week"))
MOST = 20
LABEL = 60
Choices = tuple[tuple[str, str], ...]


def tend_button(subject_id: str) -> Button:
    """Opens the form."""
    return Button(TEND, "More…", f"{subject_id}:")


def _form(tx: Session, desk: Desk, press: DeskPress) -> Form:
    """What is so now stands in every field; what is left as it stands is not touched."""
    ticket = ticket_of(tx, press.subject)
    shown = _shown(ticket)
    states = tuple((one.value, one.value) for one in TicketStatus)
    away = "put away already" if ticket.snoozed_until else "no"
    fields = (
        Field("status", "Status", initial=shown["status"], choices=states),
        Field("priority", "Priority", initial=shown["priority"], choices=tuple((one, one) for one in PRIORITIES)),
        Field("owner", "Looked after by", initial=shown["owner"], optional=True, person=True, hint="Nobody: the bot."),
        Field("tags", "Tags", initial=shown["tags"], optional=True, hint="With commas between them."),
        Field("snooze", "Put it away for", initial=NOTHING, choices=((NOTHING, away), *SPANS)),
        *_joining(tx, ticket),
        Field("note", "Internal note", optional=True, long=True, hint="Only staff see it."),
    )
    return Form(SAVE, f"{ticket.id}:{json.dumps(shown)}", "Look after it", "Save", fields, note=line(tx, ticket))


def _joining(tx: Session, ticket: Ticket) -> Iterator[Field]:
    """Merge, its undo and split, each only where there is something to do it with."""
    if others := _others(tx, ticket):
        note = "It answers for this one then; this can be undone."
        yield Field("merge", "Join into another ticket", optional=True, choices=others, hint=note)
    if joined := _joined(tx, ticket):
        yield Field("unmerge", "Take out again", optional=True, choices=joined)
    written = _written(tx, ticket)
    if len(written) > 1:
        yield Field("split", "Make one message a ticket of its own", optional=True, choices=written)


def _shown(ticket: Ticket) -> dict[str, str]:
    owner = ticket.owner or ""
    return {
        "status": ticket.status.value,
        "priority": ticket.priority,
        "owner": "" if owner == STAFF else owner.partition("/")[2],
        "tags": ", ".join(ticket.tags),
    }


def _others(tx: Session, ticket: Ticket) -> Choices:
    """Other open tickets of the same requester; nobody else's may be joined."""
    found = select(Ticket).where(
        Ticket.requester_id == ticket.requester_id,
        Ticket.id != ticket.id,
        col(Ticket.status) != TicketStatus.CLOSED,
        col(Ticket.merged_into).is_(None),
    )
    newest = tx.exec(found.order_by(col(Ticket.updated_at).desc()).limit(MOST)).all()
    return tuple((other.id, _called(_first_words(tx, other), other.id)) for other in newest)


def _joined(tx: Session, ticket: Ticket) -> Choices:
    found = tx.exec(select(Ticket).where(Ticket.merged_into == ticket.id).limit(MOST)).all()
    return tuple((other.id, _called(_first_words(tx, other), other.id)) for other in found)


def _written(tx: Session, ticket: Ticket) -> Choices:
    """What the requester wrote, newest first."""
    found = select(Message).where(
        Message.ticket_id == ticket.id,
        Message.direction == Direction.INBOUND,
        Message.role == "requester",
        col(Message.deleted_at).is_(None),
    )
    newest = tx.exec(found.order_by(col(Message.sent_at).desc()).limit(MOST)).all()
    return tuple((message.id, _called(message.text, message.id)) for message in newest)


def _first_words(tx: Session, ticket: Ticket) -> str:
    first = select(Message.text).where(Message.ticket_id == ticket.id, Message.role == "requester")
    return tx.exec(first.order_by(col(Message.sent_at))).first() or ticket.subject


def _called(words: str, otherwise: str) -> str:
    line = " ".join(words.split())
    return (line if len(line) <= LABEL else f"{line[:LABEL]}…") or otherwise


# ------------------------------------------------------------------ saving


def _save(tx: Session, desk: Desk, press: DeskPress) -> str:
    """Do what was changed in the form, and say what that was. What can be refused is tried first."""
    ticket = ticket_of(tx, press.subject)
    shown = _read(press.rest)
    changed = {name for name, was in shown.items() if press.typed(name) != was}
    tags = tag_words(press.typed("tags")) if "tags" in changed else []
    owner = _owner(press) if "owner" in changed else ""
    done = [*_joins(tx, desk, press, ticket)]
    if "priority" in changed:
        set_priority(tx, desk, ticket, press.typed("priority"), press.by)
        done.append(f"priority {ticket.priority}")
    if "tags" in changed:
        set_tags(tx, desk, ticket, [*(f"-{tag}" for tag in ticket.tags), *tags], press.by)
        done.append(f"tags: {', '.join(ticket.tags) or 'none'}")
    done += _moved(tx, desk, press, ticket, changed, owner)
    if note := press.typed("note"):
        add_note(tx, desk, ticket, note, by=press.by_name, by_id=press.by)
        done.append("noted")
    show_news(tx, desk, ticket)
    return f"{ticket.id}: {'; '.join(done)}." if done else f"{ticket.id}: nothing was changed."


def _moved(tx: Session, desk: Desk, press: DeskPress, ticket: Ticket, changed: set[str], owner: str) -> Iterator[str]:
    """Who looks after it, what state it is in, and when it comes back; in this order, the later word counts."""
    if "owner" in changed and owner:
        own(tx, desk, ticket, owner)
        yield f"looked after by {owner}"
    elif "owner" in changed:
        hand_back(tx, desk, press)
        yield "the bot looks after it again"
    if "status" in changed:
        set_status(tx, desk, ticket, press.typed("status"), press.by)
        yield f"it is {ticket.status.value}"
    span = press.typed("snooze")
    if span and span != NOTHING:
        snooze(tx, desk, ticket, span, press.by)
        yield f"it comes back at {ticket.snoozed_until:%Y-%m-%d %H:%M} UTC, or when they write"


def _joins(tx: Session, desk: Desk, press: DeskPress, ticket: Ticket) -> Iterator[str]:
    try:
        if into := tx.get(Ticket, press.typed("merge")):
            merge(tx, desk, ticket, into, press.by)
            yield f"{into.id} answers for it now (More… there takes it out again)"
        if other := tx.get(Ticket, press.typed("unmerge")):
            unmerge(tx, desk, other, press.by)
            yield f"{other.id} stands alone again"
        if message := tx.get(Message, press.typed("split")):
            yield f"{split(tx, desk, message, press.by).id} is a ticket of its own"
    except CannotJoin as error:
        raise Refused(str(error)) from error


def _owner(press: DeskPress) -> str:
    """ "T…/U…" of the colleague who was chosen, "" for the bot. Only people in the staff room look after tickets."""
    chosen = press.typed("owner")
    if not chosen:
        return ""
    owner = f"{press.by.partition('/')[0]}/{chosen}"
    if owner not in press.staff:
        raise Refused(f"{owner} is not in the staff channel, so nothing was changed.")
    return owner


def _read(rest: str) -> dict[str, str]:
    try:
        shown = json.loads(rest)
    except ValueError:
        raise Refused(GONE) from None
    return {str(name): str(was) for name, was in shown.items()} if isinstance(shown, dict) else {}


def _not_shown(tx: Session, desk: Desk, press: DeskPress) -> str:
    ticket_of(tx, press.subject)
    raise Refused("The form could not be opened in time, so nothing happened. Please press the button again.")


TEND_VERBS = {TEND: DeskVerb(_not_shown, _form), SAVE: DeskVerb(_save)}
"""What the button and its form do."""
