"""Who looks after a ticket: a person takes it over, gives it back to the bot, or to a colleague."""

from sqlmodel import Session, col, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.desk_press import GONE, DeskPress, Refused, ticket_of
from bot.staff.escalations import put_up_card, show_news
from bot.tickets.moves import chosen_by_staff
from bot.tickets.progress import show_no_progress
from bot.tickets.turns import waiting_messages
from storage.models import Escalation, EscalationState, Ticket, TicketStatus

TAKE_OVER = "take_over"
HAND_BACK = "hand_back"
CLOSE = "close_escalation"


def take_over(tx: Session, desk: Desk, press: DeskPress) -> str:
    """The presser answers from now on; what the bot was about to say is not said."""
    ticket = ticket_of(tx, press.subject)
    own(tx, desk, ticket, press.by)
    return ""


def own(tx: Session, desk: Desk, ticket: Ticket, owner: str) -> None:
    """Make `owner` the one who answers; the open cards of the ticket say so."""
    ticket.owner, ticket.updated_at = owner, desk.now()
    tx.add(ticket)
    for escalation in _open(tx, ticket):
        escalation.state = EscalationState.TAKEN
        tx.add(escalation)
    record(tx, desk, owner, "taken_over", ticket.id, {})
    show_no_progress(tx, desk, ticket)
    show_news(tx, desk, ticket)


def hand_back(tx: Session, desk: Desk, press: DeskPress) -> str:
    """The bot answers again, also what waits now."""
    ticket = ticket_of(tx, press.subject)
    ticket.owner = None
    # Triage looks afresh: the specialist who fetched a person would only fetch one again. One that staff chose since
    # then is whom they hand it to.
    ticket.lane = chosen_by_staff(tx, ticket)
    ticket.status = TicketStatus.OPEN if waiting_messages(tx, ticket.id) else TicketStatus.PENDING
    ticket.updated_at = desk.now()
    tx.add(ticket)
    for escalation in _open(tx, ticket):
        escalation.state = EscalationState.CLOSED
        tx.add(escalation)
        put_up_card(tx, desk, escalation.id, ticket.id)
    record(tx, desk, press.by, "handed_back", ticket.id, {})
    desk.jobs.defer(tx, "answer", ticket.id, lane=ticket.id)
    return ""


def close(tx: Session, desk: Desk, press: DeskPress) -> str:
    """Somebody looked after it outside the desk."""
    escalation = tx.get(Escalation, press.subject)
    if escalation is None:
        raise Refused(GONE)
    escalation.state = EscalationState.CLOSED
    tx.add(escalation)
    put_up_card(tx, desk, escalation.id, escalation.ticket_id)
    record(tx, desk, press.by, "escalation_closed", escalation.id, {})
    return ""


def _open(tx: Session, ticket: Ticket) -> list[Escalation]:
    return list(
        tx.exec(
            select(Escalation).where(Escalation.ticket_id == ticket.id, col(Escalation.state) != EscalationState.CLOSED)
        )
    )
