"""Looking after tickets: status, priority, tags, snooze, notes, merge and split."""

import re
from datetime import timedelta

from sqlmodel import Session, col, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.desk_press import Refused
from bot.staff.escalations import put_up_card
from bot.staff.ratings import ask_rating
from bot.tickets.life import solve
from storage.models import Escalation, EscalationState, Ticket, TicketStatus

PRIORITIES = ("low", "normal", "high", "urgent")
MOST_TAGS = 20
TAG = re.compile(r"[\w-]{1,40}")
SPAN = re.compile(r"(\d{1,4})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def solve_ticket(tx: Session, desk: Desk, ticket: Ticket, by: str) -> None:
    """Done: its cards ask nobody any more, and the customer may be asked whether it helped."""
    solve(tx, desk, ticket, by)
    ticket.owner = None
    tx.add(ticket)
    waiting = select(Escalation).where(
        Escalation.ticket_id == ticket.id, col(Escalation.state) != EscalationState.CLOSED
    )
    for escalation in tx.exec(waiting):
        escalation.state = EscalationState.CLOSED
        tx.add(escalation)
        put_up_card(tx, desk, escalation.id, ticket.id)
    ask_rating(tx, desk, ticket)


def set_status(tx: Session, desk: Desk, ticket: Ticket, status: str, by: str) -> None:
    """Raises Refused for a word that is no status. What waits in an open ticket of the bot's is answered."""
    if status not in {one.value for one in TicketStatus}:
        raise Refused(f"A status is one of {', '.join(one.value for one in TicketStatus)}.")
    if status == TicketStatus.SOLVED:
        solve_ticket(tx, desk, ticket, by)
        return
    ticket.status, ticket.solved_at, ticket.updated_at = TicketStatus(status), None, desk.now()
    tx.add(ticket)
    record(tx, desk, by, "status", ticket.id, {"status": status})
    if ticket.status is TicketStatus.OPEN and ticket.owner is None:
        desk.jobs.defer(tx, "answer", ticket.id, lane=ticket.id)


def set_priority(tx: Session, desk: Desk, ticket: Ticket, priority: str, by: str) -> None:
    """Raises Refused for a word that is no priority."""
    if priority not in PRIORITIES:
        raise Refused(f"A priority is one of {', '.join(PRIORITIES)}.")
    ticket.priority = priority
    tx.add(ticket)
    record(tx, desk, by, "priority", ticket.id, {"priority": priority})


def tag_words(text: str) -> list[str]:
    """The tags in "vip, late"; raises Refused for what is no tag."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    for word in words:
        if not TAG.fullmatch(word.lstrip("+-").casefold()):
            raise Refused(f"{word} is no tag: letters, digits and - only.")
    return words


def set_tags(tx: Session, desk: Desk, ticket: Ticket, words: list[str], by: str) -> list[str]:
    """ "+word" or "word" adds a tag, "-word" takes it away; returns what there is then. Raises Refused."""
    tags = list(ticket.tags)
    for word in words:
        name = word.lstrip("+-").casefold()
        if not TAG.fullmatch(name):
            raise Refused(f"{word} is no tag: letters, digits and - only.")
        tags = [tag for tag in tags if tag != name] + ([] if word.startswith("-") else [name])
    ticket.tags = tags[:MOST_TAGS]
    tx.add(ticket)
    record(tx, desk, by, "tagged", ticket.id, {"tags": ticket.tags})
    return ticket.tags


def span_of(text: str) -> timedelta:
    """ "30m", "4h" or "2d". Raises Refused."""
    match = SPAN.fullmatch(text.strip().lower())
    if match is None:
        raise Refused('Say how long: "30m", "4h" or "2d".')
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def snooze(tx: Session, desk: Desk, ticket: Ticket, span: str, by: str) -> None:
    """Put it away for "30m", "4h" or "2d"; it comes back by itself, or when they write. Raises Refused."""
    ticket.snoozed_until = desk.now() + span_of(span)
    tx.add(ticket)
    record(tx, desk, by, "snoozed", ticket.id, {"until": ticket.snoozed_until.isoformat()})


def wake_snoozed(tx: Session, desk: Desk) -> int:
    """Tickets whose rest is over are in the queue again. Returns how many."""
    due = tx.exec(select(Ticket).where(col(Ticket.snoozed_until) <= desk.now())).all()
    for ticket in due:
        ticket.snoozed_until = None
        if ticket.status is TicketStatus.PENDING:
            ticket.status = TicketStatus.HOLD
        tx.add(ticket)
        record(tx, desk, "clock", "woke", ticket.id, {})
    return len(due)
