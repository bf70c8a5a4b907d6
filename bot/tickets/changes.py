"""What people change or take back after they wrote it, and what that means for answers and approvals."""

import json

from sqlmodel import Session, col, select

from agents_team.guardrails.pii import mask_pii
from bot.actions.endings import end
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import escalate, put_up_card, show_news
from bot.tickets.early import keep_deletion, keep_edit
from bot.tickets.life import wake_ticket
from bot.tickets.outbox import wake_next
from channels.base import Deleted, Edited, Role
from storage.models import (
    Action,
    ActionState,
    Attachment,
    Delivery,
    Direction,
    Escalation,
    MemoryItem,
    Message,
    Outcome,
    Sending,
    Ticket,
)

Ended = tuple[Outcome, str, str | None]

SHORTEST_TO_FORGET = 4
"""Shorter words stand in too many texts that are not about them."""


def note_edit(tx: Session, desk: Desk, delivery: Delivery, edit: Edited) -> Ended:
    """An edit before the answer changes the question; one after it is shown to staff, who know what it changes."""
    message = _message(tx, delivery.channel, edit.external_id)
    if message is None:
        keep_edit(tx, desk, delivery, edit.external_id)
        return Outcome.IGNORED, "an edit of a message nobody kept", None
    text, at = mask_pii(edit.text).text, edit.at.isoformat()
    if message.deleted_at is not None or text == message.text or at < str(message.facts.get("edited", "")):
        return Outcome.IGNORED, "an edit that is old news", message.id
    before, message.text, message.full_text = message.text, text, text
    message.facts = {**message.facts, "edited": at}
    tx.add(message)
    answered = message.answered_by is not None
    data = {"before": before, "already_answered": answered}
    record(tx, desk, message.facts.get("author", ""), "edited", message.id, data)
    if message.role == Role.REQUESTER:
        ticket = tx.get_one(Ticket, message.ticket_id)
        if answered:
            _flag_edit(tx, desk, ticket, message, before)
        else:
            wake_ticket(tx, desk, ticket, message)
    return Outcome.CHANGE, "edited", message.id


def _flag_edit(tx: Session, desk: Desk, ticket: Ticket, message: Message, before: str) -> None:
    """One card for each message, however often it is edited; it always shows the newest words."""
    escalation = escalate(
        tx,
        desk,
        cause=f"edited:{message.id}",
        reason="The customer edited a message that was already answered",
        priority="low",
        ticket=ticket,
    )
    escalation.summary = f"Before: {before[:400]}\nNow: {message.text[:400]}"
    tx.add(escalation)
    put_up_card(tx, desk, escalation.id, ticket.id)
    show_news(tx, desk, ticket)


def note_redaction(tx: Session, desk: Desk, delivery: Delivery, deleted: Deleted) -> Ended:
    """What somebody took back is forgotten everywhere; that they did is not.

    A reply to it that did not leave yet is dropped, and what it asked for is withdrawn while nobody approved it.
    """
    # Slack tells what was deleted by repeating it.
    delivery.body = b""
    message = _message(tx, delivery.channel, deleted.external_id)
    if message is None:
        keep_deletion(tx, desk, delivery, deleted.external_id)
        return Outcome.IGNORED, "a deletion of a message nobody kept", None
    if message.deleted_at is None:
        ticket, words = tx.get_one(Ticket, message.ticket_id), message.text
        message.text = message.full_text = ""
        message.deleted_at = deleted.at
        tx.add(message)
        tx.flush()
        record(tx, desk, message.facts.get("author", ""), "deleted", message.id, {})
        _forget(tx, message, ticket, words)
        if message.answered_by is not None:
            _take_back(tx, desk, message.answered_by)
        show_news(tx, desk, ticket)
    return Outcome.CHANGE, "deleted", message.id


def _forget(tx: Session, message: Message, ticket: Ticket, words: str) -> None:
    """The text leaves the stored deliveries, the names of files, the team's memory and staff's cards."""
    same = (col(Delivery.subject_id) == message.id) | (col(Delivery.id) == message.delivery_id)
    for delivery in tx.exec(select(Delivery).where(same)):
        delivery.body = b""
        tx.add(delivery)
    for attachment in tx.exec(select(Attachment).where(Attachment.message_id == message.id)):
        attachment.filename, attachment.source, attachment.stored = "deleted", {}, False
        tx.add(attachment)
    if len(words) < SHORTEST_TO_FORGET:
        return
    quoted = json.dumps(words, ensure_ascii=False)[1:-1]
    for item in tx.exec(select(MemoryItem).where(MemoryItem.ticket_id == ticket.id)):
        remembered = json.dumps(item.item, ensure_ascii=False)
        if quoted in remembered:
            item.item = json.loads(remembered.replace(quoted, "(deleted by its author)"))
            tx.add(item)
    for escalation in tx.exec(select(Escalation).where(Escalation.ticket_id == ticket.id)):
        escalation.summary = escalation.summary.replace(words, "(deleted by its author)")
        tx.add(escalation)


def _take_back(tx: Session, desk: Desk, run_id: str) -> None:
    """Nothing of what this run answered is still asked: its reply and its requests go too, if they still can."""
    still_asked = select(Message.id).where(Message.answered_by == run_id, col(Message.deleted_at).is_(None))
    if tx.exec(still_asked).first() is not None:
        return
    why = "the customer deleted the request"
    for action in tx.exec(select(Action).where(Action.run_id == run_id, Action.state == ActionState.PENDING)):
        action.decided_by, action.reason = "the customer", ""
        end(tx, desk, action, ActionState.WITHDRAWN, note=why)
    unsent = (Sending.READY, Sending.HELD, Sending.DRAFT, Sending.SENDING)
    for reply in tx.exec(select(Message).where(Message.run_id == run_id, col(Message.sending).in_(unsent))):
        # A try that certainly did nothing leaves no trace of itself; any other may have reached them.
        tried = reply.sending is Sending.SENDING and reply.first_tried_at is not None
        if reply.direction is Direction.OUTBOUND and reply.waits_for is None and not tried:
            reply.sending = Sending.SUPERSEDED
            tx.add(reply)
            wake_next(tx, desk, reply)
            put_up_card_if_shown(tx, desk, reply)


def put_up_card_if_shown(tx: Session, desk: Desk, reply: Message) -> None:
    """A draft has a card of its own; it must say that there is nothing to send any more."""
    if reply.facts.get("draft"):
        put_up_card(tx, desk, reply.id, reply.ticket_id)


def _message(tx: Session, channel: str, external_id: str) -> Message | None:
    return tx.exec(select(Message).where(Message.channel == channel, Message.external_id == external_id)).first()
