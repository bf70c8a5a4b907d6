"""Tickets as another program's agent sees them: masked, bounded, and with two things it can do."""

import hashlib
from typing import Any

from sqlmodel import Session, col, or_, select

from agents_team.guardrails import mask_pii
from bot.actions import ACTIONS
from bot.audit import record
from bot.desk import Desk
from bot.logs import masked
from bot.staff.escalations import STAFF, escalate
from bot.staff.notes import add_note
from storage.models import Action, Message, Ticket, TicketStatus

MOST_MESSAGES = 100
LONGEST_TEXT = 4_000
EXCERPT = 200


def search(tx: Session, words: str, status: str, limit: int) -> list[dict[str, Any]]:
    """Tickets whose subject or messages hold every word, newest first."""
    wanted = select(Ticket).order_by(col(Ticket.created_at).desc(), col(Ticket.id).desc()).limit(limit)
    if status:
        wanted = wanted.where(Ticket.status == TicketStatus(status))
    for word in words.split()[:10]:
        like = f"%{word.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        said = select(Message.ticket_id).where(
            col(Message.text).ilike(like, escape="/"), col(Message.deleted_at).is_(None)
        )
        wanted = wanted.where(or_(col(Ticket.subject).ilike(like, escape="/"), col(Ticket.id).in_(said)))
    return [_head(tx, ticket) for ticket in tx.exec(wanted)]


def read(tx: Session, ticket_id: str) -> dict[str, Any] | None:
    """The whole ticket, its newest messages in the order they were said; None when there is none."""
    ticket = tx.get(Ticket, ticket_id)
    if ticket is None:
        return None
    newest = (
        select(Message)
        .where(Message.ticket_id == ticket_id, col(Message.deleted_at).is_(None))
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
        .limit(MOST_MESSAGES)
    )
    actions = tx.exec(select(Action).where(Action.ticket_id == ticket_id).order_by(col(Action.created_at)))
    return {
        **_head(tx, ticket),
        "tags": ticket.tags,
        "specialist": ticket.lane,
        "messages": [_message(message) for message in reversed(tx.exec(newest).all())],
        "asked_for": [{"what": masked(ACTIONS[one.kind].summary(one)), "state": one.state.value} for one in actions],
    }


def _head(tx: Session, ticket: Ticket) -> dict[str, Any]:
    last = tx.exec(
        select(Message.text)
        .where(Message.ticket_id == ticket.id, Message.role == "requester", col(Message.deleted_at).is_(None))
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
    ).first()
    return {
        "id": ticket.id,
        "status": ticket.status.value,
        "priority": ticket.priority,
        "channel": ticket.channel,
        "with": "a person" if ticket.owner else "the bot",
        "created_at": ticket.created_at.isoformat(),
        "subject": masked(ticket.subject),
        "last_words": masked(last or "")[:EXCERPT],
    }


def _message(message: Message) -> dict[str, Any]:
    internal = message.direction.value == "internal"
    return {
        "from": "a note" if internal else message.role,
        "at": message.sent_at.isoformat(),
        "text": masked(message.text)[:LONGEST_TEXT],
    }


def note(tx: Session, desk: Desk, ticket_id: str, text: str, *, agent: str, key: str) -> dict[str, Any] | None:
    """An internal note, masked like all text that comes in; with the same key there is one."""
    ticket = tx.get(Ticket, ticket_id)
    if ticket is None:
        return None
    cause = f"{agent}:note:{ticket_id}:{_short(key)}" if key else None
    known = tx.exec(select(Message).where(Message.cause == cause)).first() if cause else None
    message = known or add_note(tx, desk, ticket, text, by=agent, by_id=agent)
    if known is None:
        message.cause = cause
        tx.add(message)
        record(tx, desk, agent, "agent_noted", ticket_id, {"message": message.id})
    return {"note": message.id, "was_there": known is not None}


def fetch_person(
    tx: Session, desk: Desk, ticket_id: str, reason: str, summary: str, priority: str, *, agent: str
) -> dict[str, Any] | None:
    """An escalation with a card for staff, who own the ticket from now on; the same wish again changes nothing."""
    ticket = tx.get(Ticket, ticket_id)
    if ticket is None:
        return None
    cause = f"{agent}:{ticket_id}:{_short(reason)}"
    made = escalate(
        tx,
        desk,
        cause=cause,
        reason=mask_pii(reason).text,
        summary=mask_pii(summary).text,
        priority=priority,
        ticket=ticket,
    )
    ticket.owner, ticket.status, ticket.updated_at = ticket.owner or STAFF, TicketStatus.HOLD, desk.now()
    tx.add(ticket)
    record(tx, desk, agent, "agent_escalated", ticket_id, {"escalation": made.id})
    return {"escalation": made.id, "state": made.state.value}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
