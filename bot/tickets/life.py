"""What happens to a ticket as a whole: it wakes when somebody writes, its clock runs, it is solved, joined, divided."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.audit import record
from bot.desk import Desk
from bot.policy.hours import after_open_hours
from bot.staff.escalations import show_news
from bot.tickets.progress import show_no_progress
from channels.base import ShowsProgress
from storage.models import Direction, Message, Sending, Ticket, TicketStatus

ENDED = (TicketStatus.SOLVED, TicketStatus.CLOSED)


class CannotJoin(Exception):
    """These tickets must not become one; the text says why, to staff."""


def wake_ticket(tx: Session, desk: Desk, ticket: Ticket, message: Message | None = None) -> None:
    """It is our turn again; the answer waits a moment for messages that belong together."""
    if message is not None and ticket.status in ENDED:
        record(tx, desk, message.person_id or message.role, "reopened", ticket.id, {"message": message.id})
    ticket.updated_at = desk.now()
    ticket.status = TicketStatus.OPEN
    ticket.snoozed_until = ticket.solved_at = None
    start_clock(desk, ticket)
    tx.add(ticket)
    if ticket.owner is not None:
        show_news(tx, desk, ticket)
        return
    quiet = timedelta(seconds=desk.settings.desk.quiet_seconds)
    desk.jobs.defer(tx, "answer", ticket.id, lane=ticket.id, due=desk.now() + quiet)
    if message is not None and isinstance(desk.channels.get(ticket.channel), ShowsProgress):
        desk.jobs.defer(tx, "progress", message.id, lane=f"progress:{message.id}")


# ------------------------------------------------------------------ targets


def start_clock(desk: Desk, ticket: Ticket) -> None:
    """Somebody waits for an answer from now on; the oldest unanswered question counts."""
    targets = desk.settings.targets
    minutes = targets.next_answer_minutes if ticket.first_answer_at else targets.first_answer_minutes
    if minutes is not None and ticket.answer_due_at is None:
        ticket.answer_due_at = _after(desk, minutes / 60)
    if targets.solve_hours is not None and ticket.solve_due_at is None:
        ticket.solve_due_at = _after(desk, targets.solve_hours)


def _after(desk: Desk, hours: float) -> datetime:
    return after_open_hours(desk.now(), timedelta(hours=hours), desk.settings.policy.hours.calendar)


def stop_clock(ticket: Ticket) -> None:
    """They have an answer."""
    ticket.answer_due_at = None


def person_answered(tx: Session, desk: Desk, ticket: Ticket, message: Message) -> None:
    """One of the staff wrote to the requester: what waited has its answer, and nobody waits for the bot any more."""
    stop_clock(ticket)
    ticket.first_answer_at = ticket.first_answer_at or desk.now()
    for asked in _unanswered(tx, ticket.id):
        if asked.sent_at <= message.sent_at:
            asked.answered_by = message.id
            tx.add(asked)
    tx.add(ticket)
    show_no_progress(tx, desk, ticket)


# ------------------------------------------------------------------ the end of a ticket


def solve(tx: Session, desk: Desk, ticket: Ticket, by: str) -> None:
    """Nothing is left to do; it opens again by itself when the requester writes."""
    ticket.status, ticket.solved_at, ticket.updated_at = TicketStatus.SOLVED, desk.now(), desk.now()
    ticket.answer_due_at = ticket.solve_due_at = ticket.snoozed_until = None
    tx.add(ticket)
    record(tx, desk, by, "solved", ticket.id, {})


# ------------------------------------------------------------------ two that are one, and one that is two


def merge(tx: Session, desk: Desk, ticket: Ticket, into: Ticket, by: str) -> int:
    """Let `into` answer for `ticket` from now on; returns how many unanswered messages went over.

    Raises CannotJoin: what one requester wrote is never shown to another.
    """
    if ticket.id == into.id or ticket.merged_into or into.merged_into:
        raise CannotJoin("One of them is merged already, or they are the same ticket.")
    if ticket.requester_id != into.requester_id:
        raise CannotJoin("They are of two different people, who must not read each other's answers.")
    moved = 0
    for message in _unanswered(tx, ticket.id):
        message.facts = {**message.facts, "merged_from": ticket.id}
        message.ticket_id = into.id
        tx.add(message)
        moved += 1
    ticket.merged_into, ticket.status, ticket.updated_at = into.id, TicketStatus.CLOSED, desk.now()
    ticket.answer_due_at = ticket.solve_due_at = None
    tx.add(ticket)
    record(tx, desk, by, "merged", ticket.id, {"into": into.id, "messages": moved})
    if moved:
        wake_ticket(tx, desk, into)
    return moved


def unmerge(tx: Session, desk: Desk, ticket: Ticket, by: str) -> None:
    """Undo `merge`: what went over and what came since in its own conversation is its own again."""
    if not ticket.merged_into:
        raise CannotJoin("This ticket is not merged into another.")
    other = ticket.merged_into
    for message in tx.exec(select(Message).where(Message.ticket_id == other)):
        if message.facts.get("merged_from") == ticket.id:
            message.facts = {name: fact for name, fact in message.facts.items() if name != "merged_from"}
            message.ticket_id = ticket.id
            tx.add(message)
    ticket.merged_into = None
    ticket.status = TicketStatus.OPEN if _unanswered(tx, ticket.id) else TicketStatus.PENDING
    tx.add(ticket)
    record(tx, desk, by, "unmerged", ticket.id, {"from": other})
    if ticket.status is TicketStatus.OPEN:
        wake_ticket(tx, desk, ticket)


def split(tx: Session, desk: Desk, message: Message, by: str) -> Ticket:
    """A ticket of its own for this message; its answer goes to the same conversation.

    Raises CannotJoin when it is no requester's message.
    """
    if message.direction is not Direction.INBOUND or message.role != "requester":
        raise CannotJoin("Only what a customer wrote can become a ticket of its own.")
    old = tx.get_one(Ticket, message.ticket_id)
    ticket = Ticket(
        channel=old.channel,
        thread_key=f"{old.thread_key}#{message.id}",
        requester_id=message.person_id or old.requester_id,
        customer_id=old.customer_id,
        subject=old.subject,
        reply_to=dict(old.reply_to),
        created_at=desk.now(),
        updated_at=desk.now(),
    )
    tx.add(ticket)
    tx.flush()
    message.ticket_id, message.answered_by = ticket.id, None
    tx.add(message)
    tx.flush()
    record(tx, desk, by, "split", ticket.id, {"from": old.id, "message": message.id})
    wake_ticket(tx, desk, ticket, message)
    return ticket


def answering_for(tx: Session, ticket: Ticket) -> Ticket:
    """The ticket that answers for this one: itself, unless it was merged."""
    return tx.get_one(Ticket, ticket.merged_into) if ticket.merged_into else ticket


def _unanswered(tx: Session, ticket_id: str) -> list[Message]:
    return list(
        tx.exec(
            select(Message).where(
                Message.ticket_id == ticket_id,
                Message.direction == Direction.INBOUND,
                Message.role == "requester",
                col(Message.answered_by).is_(None),
                col(Message.deleted_at).is_(None),
            )
        )
    )


def last_asked(tx: Session, ticket: Ticket) -> Message | None:
    """What the requester wrote last."""
    return tx.exec(
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.direction == Direction.INBOUND, Message.role == "requester")
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
    ).first()


def last_sent(tx: Session, ticket_id: str) -> Message | None:
    """What we said last on this ticket, if it left."""
    return tx.exec(
        select(Message)
        .where(
            Message.ticket_id == ticket_id,
            Message.direction == Direction.OUTBOUND,
            Message.sending == Sending.SENT,
        )
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
    ).first()
