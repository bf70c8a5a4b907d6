"""What becomes of the team's answers: sent, shown to staff as a draft, only recorded, or never written."""

from collections.abc import Iterator
from dataclasses import replace

from sqlmodel import Session, select

from bot.actions.kind import Prepared
from bot.controls import is_paused
from bot.desk import Desk
from bot.staff.escalations import STAFF, escalate, put_up_card
from bot.tickets.turns import keep_memory
from storage.models import ActionState, Message, Sending, Ticket, TicketStatus

AUTO, DRAFT, SHADOW, OFF = "auto", "draft", "shadow", "off"
CAREFUL = (AUTO, DRAFT, SHADOW, OFF)
"""From the boldest to the most careful."""


def reply_mode(desk: Desk, ticket: Ticket, specialist: str = "") -> str:
    """The most careful of all that is said about this channel, this Slack channel and this specialist."""
    return max(_said(desk, ticket, specialist), key=CAREFUL.index)


def _said(desk: Desk, ticket: Ticket, specialist: str) -> Iterator[str]:
    settings = desk.settings.replies
    yield settings.mode
    for name in (ticket.channel, str(ticket.reply_to.get("channel", ""))):
        if name in settings.channels:
            yield settings.channels[name].mode
    if specialist in settings.intents:
        yield settings.intents[specialist].mode


def mode_for(tx: Session, desk: Desk, ticket: Ticket, specialist: str) -> str:
    """The mode that holds for one answer now, with what staff have paused."""
    mode = reply_mode(desk, ticket, specialist)
    stopped = bool(specialist) and is_paused(tx, f"intent:{specialist}")
    return max(mode, SHADOW, key=CAREFUL.index) if stopped else mode


def as_allowed(mode: str, prepared: list[Prepared]) -> list[Prepared]:
    """Where answers are not sent by themselves nothing is done by itself either; in shadow nothing is even asked."""
    if mode == AUTO:
        return prepared
    if mode == SHADOW:
        return []
    return [
        replace(wish, state=ActionState.PENDING) if wish.state is ActionState.APPROVED else wish for wish in prepared
    ]


def only_people(tx: Session, desk: Desk, ticket_id: str, newest_id: str) -> bool:
    """Whether the team must not even be asked here; then the ticket waits for a person, with a card."""
    ticket = tx.get_one(Ticket, ticket_id)
    if reply_mode(desk, ticket) != OFF:
        return False
    ask_person(tx, desk, ticket, cause=f"off:{newest_id}")
    ticket.owner, ticket.status = STAFF, TicketStatus.HOLD
    tx.add(ticket)
    return True


def take_back_drafts(tx: Session, desk: Desk, ticket: Ticket) -> None:
    """The requester wrote more before a draft was sent: its questions are answered again, together with the new one."""
    drafts = select(Message).where(Message.ticket_id == ticket.id, Message.sending == Sending.DRAFT)
    for draft in tx.exec(drafts).all():
        draft.sending = Sending.SUPERSEDED
        tx.add(draft)
        if "memory_before" in draft.facts:
            keep_memory(tx, ticket.id, tuple(draft.facts["memory_before"]))
        for asked in tx.exec(select(Message).where(Message.answered_by == draft.run_id)):
            asked.answered_by = None
            tx.add(asked)
        put_up_card(tx, desk, draft.id, ticket.id)


def hold_as_draft(tx: Session, desk: Desk, ticket: Ticket, message: Message, mode: str) -> None:
    """Keep an answer from leaving: with a card to send, change or drop it, or in shadow for the record only."""
    message.sending = Sending.DRAFT if mode == DRAFT else Sending.SUPERSEDED
    message.facts = {**message.facts, "draft": mode}
    tx.add(message)
    if mode == DRAFT:
        put_up_card(tx, desk, message.id, ticket.id)
    else:
        ask_person(tx, desk, ticket, cause=f"shadow:{message.id}", summary=f"The bot would have said:\n{message.text}")


def ask_person(tx: Session, desk: Desk, ticket: Ticket, *, cause: str, summary: str = "") -> None:
    """Nobody but a person answers here: the card is the work."""
    escalate(tx, desk, cause=cause, reason="A customer wrote", summary=summary, priority=ticket.priority, ticket=ticket)
