"""The queue as staff see it, in Slack's home tab and by command: what waits for whom, the most pressing first."""

from collections.abc import Callable, Mapping

from sqlmodel import Session, col, func, or_, select

from bot import notes
from bot.controls import pauses
from bot.desk import Desk
from bot.staff.escalations import STAFF
from channels.moments import Moment
from storage.models import (
    Action,
    ActionState,
    Delivery,
    Escalation,
    EscalationState,
    Message,
    Person,
    Sending,
    Ticket,
    TicketStatus,
)

LIVE = (TicketStatus.OPEN, TicketStatus.HOLD, TicketStatus.PENDING)
MOST = 30
URGENCY = {"urgent": 0, "high": 1, "normal": 2, "low": 3}


def mine(tx: Session, desk: Desk, who: str) -> list[Ticket]:
    """What this person took over and is not finished."""
    return _sorted(tx.exec(_awake(desk).where(Ticket.owner == who)).all())


def waiting(tx: Session, desk: Desk, who: str) -> list[Ticket]:
    """What a person must look at and nobody has taken."""
    asked = select(Escalation.ticket_id).where(Escalation.state == EscalationState.OPEN)
    return _sorted(
        tx.exec(_awake(desk).where(or_(col(Ticket.id).in_(asked), Ticket.status == TicketStatus.HOLD))).all()
    )


def breaching(tx: Session, desk: Desk, who: str) -> list[Ticket]:
    """What should have been answered or solved by now."""
    late = or_(col(Ticket.answer_due_at) <= desk.now(), col(Ticket.solve_due_at) <= desk.now())
    return _sorted(tx.exec(_awake(desk).where(late)).all())


def everything(tx: Session, desk: Desk, who: str) -> list[Ticket]:
    """Every ticket that is not solved, the bot's own too."""
    return _sorted(tx.exec(_awake(desk)).all())


LISTS: Mapping[str, tuple[str, Callable[[Session, Desk, str], list[Ticket]]]] = {
    "mine": ("Yours", mine),
    "waiting": ("Waiting for a person", waiting),
    "breaching": ("Late", breaching),
    "all": ("All that is open", everything),
}
"""The lists by name, with the heading people read."""


def _awake(desk: Desk):  # type: ignore[no-untyped-def]
    sleeping = or_(col(Ticket.snoozed_until).is_(None), col(Ticket.snoozed_until) <= desk.now())
    return select(Ticket).where(col(Ticket.status).in_(LIVE), sleeping).order_by(col(Ticket.created_at)).limit(500)


def _sorted(tickets: object) -> list[Ticket]:
    found: list[Ticket] = list(tickets)  # type: ignore[call-overload]
    return sorted(found, key=lambda ticket: (URGENCY.get(ticket.priority, 2), ticket.created_at))


def approvals(tx: Session) -> list[Action]:
    """What waits for a yes or a no, oldest first."""
    pending = select(Action).where(Action.state == ActionState.PENDING).order_by(col(Action.created_at)).limit(MOST)
    return list(tx.exec(pending))


def line(tx: Session, ticket: Ticket) -> str:
    """One ticket in words: who, what they wrote last; then its state, who looks after it, its id."""
    person = tx.get(Person, ticket.requester_id)
    last = tx.exec(
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.role == "requester")
        .order_by(col(Message.sent_at).desc())
    ).first()
    who = {None: "the bot", STAFF: "nobody yet"}.get(ticket.owner, ticket.owner)
    about = (ticket.status.value, ticket.priority, ticket.channel, who, ", ".join(ticket.tags), ticket.id)
    words = " ".join((last.text if last else ticket.subject).split())[:140]
    return f"{(person.name if person else '') or 'Somebody'}: {words}\n{' · '.join(part for part in about if part)}"


def due(ticket: Ticket) -> tuple[tuple[str, Moment], ...]:
    """By when it should be answered, and solved."""
    dates = (("answer due", ticket.answer_due_at), ("to be solved by", ticket.solve_due_at))
    return tuple((label, Moment(at)) for label, at in dates if at is not None)


def status_text(tx: Session, desk: Desk) -> str:
    """What waits, what failed and what is switched off."""
    by_status = dict(tx.exec(select(Ticket.status, func.count()).group_by(col(Ticket.status))).all())
    unsent = col(Message.sending).in_([Sending.READY, Sending.SENDING, Sending.HELD])
    paused = pauses(tx)
    return "\n".join(
        [
            f"Tickets: {', '.join(f'{by_status.get(state, 0)} {state.value}' for state in TicketStatus)}.",
            f"Arrived and not understood yet: {_count(tx, Delivery, col(Delivery.outcome).is_(None))}.",
            f"Replies on their way: {_count(tx, Message, unsent)}; "
            f"failed: {_count(tx, Message, col(Message.sending) == Sending.FAILED)}; "
            f"drafts: {_count(tx, Message, col(Message.sending) == Sending.DRAFT)}.",
            f"Approvals waiting: {_count(tx, Action, col(Action.state) == ActionState.PENDING)}; "
            f"people asked for: {_count(tx, Escalation, col(Escalation.state) == EscalationState.OPEN)}.",
            *_slack(tx),
            f"Paused: {', '.join(paused) or 'nothing'}.",
        ]
    )


def _slack(tx: Session) -> list[str]:
    """How the line to Slack is, and when what was missed was last read; nothing where Slack calls us."""
    pulse = notes.find(tx, "pulse:slack")
    if pulse is None:
        return []
    filled = str(pulse.value.get("gap_filled_at") or "")
    gap = f"; last gap read at {filled[11:16]} UTC, {pulse.value.get('gap_messages', 0)} messages" if filled else ""
    sockets = f"{pulse.value['connected']} of {pulse.value['wanted']} sockets, {pulse.value['reconnects']} reconnects"
    return [f"Slack: {sockets}{gap}."]


def _count(tx: Session, table: type, condition: object) -> int:
    return int(tx.exec(select(func.count()).select_from(table).where(condition)).one())  # type: ignore[arg-type]
