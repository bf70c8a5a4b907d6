"""Fetches a person: one escalation per cause, with a card in the staff room."""

from sqlmodel import Session, col, select

from bot.audit import record
from bot.desk import Desk
from storage.models import Action, ActionState, Card, Escalation, EscalationState, Ticket

STAFF = "staff"
"""Owner of a ticket that waits for whoever of the staff comes first."""
MOST_CARDS = 100


def escalate(
    tx: Session,
    desk: Desk,
    *,
    cause: str,
    reason: str,
    summary: str = "",
    priority: str = "medium",
    ticket: Ticket | None = None,
) -> Escalation:
    """Ask for a person about `cause`; the same cause again changes nothing."""
    known = tx.exec(select(Escalation).where(Escalation.cause == cause)).first()
    if known is not None:
        return known
    escalation = Escalation(
        ticket_id=ticket.id if ticket else None,
        cause=cause,
        reason=reason,
        priority=priority,
        summary=summary,
        created_at=desk.now(),
    )
    tx.add(escalation)
    tx.flush()
    record(tx, desk, "bot", "escalated", escalation.id, {"cause": cause, "reason": reason})
    put_up_card(tx, desk, escalation.id, ticket.id if ticket else None)
    return escalation


def put_up_card(tx: Session, desk: Desk, subject_id: str, ticket_id: str | None) -> Card:
    """Make sure the subject has a card (returned) that will say what is true after this transaction."""
    card = tx.exec(select(Card).where(Card.subject_id == subject_id)).first()
    if card is None:
        card = Card(subject_id=subject_id, ticket_id=ticket_id, created_at=desk.now())
        tx.add(card)
        tx.flush()
    desk.jobs.defer(tx, "card", card.id, lane=card.id)
    return card


def show_open_cards(tx: Session, desk: Desk) -> None:
    """Something changed that every card says which still asks somebody, such as a switch."""
    held_up = (ActionState.PENDING, ActionState.APPROVED)
    pending = select(Action.id, Action.ticket_id).where(col(Action.state).in_(held_up))
    asking = select(Escalation.id, Escalation.ticket_id).where(
        Escalation.state != EscalationState.CLOSED, col(Escalation.ticket_id).is_not(None)
    )
    for found in (pending.order_by(col(Action.id).desc()), asking.order_by(col(Escalation.id).desc())):
        for subject_id, ticket_id in tx.exec(found.limit(MOST_CARDS)):
            put_up_card(tx, desk, subject_id, ticket_id)


def close_escalation(tx: Session, desk: Desk, cause: str) -> None:
    """What was asked for has happened by itself: the card says so and asks nobody any more."""
    known = tx.exec(select(Escalation).where(Escalation.cause == cause)).first()
    if known is not None and known.state is not EscalationState.CLOSED:
        known.state = EscalationState.CLOSED
        tx.add(known)
        put_up_card(tx, desk, known.id, known.ticket_id)


def ask_again(tx: Session, desk: Desk, escalation: Escalation, summary: str) -> None:
    """What somebody had looked after is not over after all: its card asks once more, with the newest word on it."""
    if escalation.state is EscalationState.CLOSED or escalation.summary != summary:
        escalation.state, escalation.summary = EscalationState.OPEN, summary
        tx.add(escalation)
        put_up_card(tx, desk, escalation.id, escalation.ticket_id)


def show_answers(tx: Session, desk: Desk, ticket: Ticket) -> None:
    """The requester wrote: the cards of what waits for a decision show it, it may be the answer to a question."""
    waiting = select(Action.id).where(Action.ticket_id == ticket.id, Action.state == ActionState.PENDING)
    for action_id in tx.exec(waiting):
        put_up_card(tx, desk, action_id, ticket.id)


def show_news(tx: Session, desk: Desk, ticket: Ticket) -> None:
    """The requester wrote while a person owns the ticket: its open cards say so."""
    show_answers(tx, desk, ticket)
    for escalation in tx.exec(
        select(Escalation).where(Escalation.ticket_id == ticket.id, Escalation.state != EscalationState.CLOSED)
    ):
        put_up_card(tx, desk, escalation.id, ticket.id)
