"""Answers every press of a button: approvals decide about actions, the others about who looks after a ticket."""

from sqlmodel import Session, select

from bot.actions.approvals import VERBS, Wish, decide
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import put_up_card
from bot.turns import waiting_messages
from channels.base import Clicked
from storage.models import Decision, Escalation, EscalationState, Ticket, TicketStatus

TAKE_OVER = "take_over"
HAND_BACK = "hand_back"


def answer_click(tx: Session, desk: Desk, click: Clicked, source: str, approvers: frozenset[str]) -> Decision:
    """Record the press and do what it asks, if this person may. The presser always hears what happened."""
    subject_id, _, rest = click.value.partition(":")
    if click.verb in VERBS:
        return decide(
            tx,
            desk,
            Wish(
                verb=click.verb,
                action_id=subject_id,
                terms_hash=rest.partition(":")[2],
                by=click.by.external_id,
                by_name=click.by.name,
                source=source,
                refusal=_refusal(click, approvers),
                reason=str(click.inputs.get("reason", "")),
                answer_to=click.answer_to,
            ),
        )
    return _about_ticket(tx, desk, click, source, subject_id)


def _refusal(click: Clicked, approvers: frozenset[str]) -> str:
    """Why this person may not decide about actions; "" when they may. An empty list of approvers is nobody."""
    if not click.home:
        return FOREIGN
    if click.by.external_id not in approvers:
        return "You are not in the list of approvers, so nothing happened. An admin can add you (slack.approvers)."
    return ""


FOREIGN = "Only members of our own workspace can decide, so nothing happened."


def _about_ticket(tx: Session, desk: Desk, click: Clicked, source: str, subject_id: str) -> Decision:
    known = tx.exec(select(Decision).where(Decision.source == source)).first()
    if known is not None:
        return known
    escalation = tx.get(Escalation, subject_id)
    answer = FOREIGN if not click.home else _take_or_hand(tx, desk, click, escalation)
    decision = Decision(
        source=source,
        verb=click.verb,
        by=click.by.external_id,
        by_name=click.by.name,
        won=not answer,
        answer=answer or f"Recorded: {click.verb.replace('_', ' ')}.",
        answer_to=dict(click.answer_to),
        at=desk.now(),
    )
    tx.add(decision)
    tx.flush()
    record(tx, desk, click.by.external_id, click.verb, subject_id, {"answer": decision.answer})
    if answer:
        desk.jobs.defer(tx, "tell", decision.id, lane=decision.id)
    return decision


def _take_or_hand(tx: Session, desk: Desk, click: Clicked, escalation: Escalation | None) -> str:
    """Take the ticket over or give it back to the bot; returns why not, or ""."""
    if escalation is None or escalation.ticket_id is None or click.verb not in (TAKE_OVER, HAND_BACK):
        return "This card is not known here any more, so nothing happened."
    ticket = tx.get_one(Ticket, escalation.ticket_id)
    if click.verb == TAKE_OVER:
        ticket.owner, escalation.state = click.by.external_id, EscalationState.TAKEN
    else:
        # Triage looks afresh: the specialist who fetched a person would only fetch one again.
        ticket.owner, ticket.lane, escalation.state = None, None, EscalationState.CLOSED
        ticket.status = TicketStatus.OPEN if waiting_messages(tx, ticket.id) else TicketStatus.PENDING
        desk.jobs.defer(tx, "answer", ticket.id, lane=ticket.id)
    tx.add_all([ticket, escalation])
    put_up_card(tx, desk, escalation.id, ticket.id)
    return ""
