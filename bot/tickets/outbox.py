"""Puts a message to the requester into the outbox: a row first, and a job to send it."""

from collections.abc import Mapping

from sqlmodel import Session, col, select

from bot.desk import Desk
from storage.models import Direction, Message, Sending, Ticket

UNSENT = (Sending.READY, Sending.SENDING)


def said_for(tx: Session, cause: str) -> Message | None:
    """What was said for this reason already."""
    return tx.exec(select(Message).where(Message.cause == cause)).first()


def say(
    tx: Session,
    desk: Desk,
    ticket: Ticket,
    *,
    cause: str,
    text: str,
    run_id: str | None = None,
    waits_for: str | None = None,
    facts: Mapping[str, object] | None = None,
    role: str = "bot",
    author_name: str | None = None,
) -> Message:
    """Say `text` once for this `cause`; again adds nothing. `waits_for`: held until that action has ended.

    The desk says it, in its own name, unless a person of the staff does.
    """
    known = said_for(tx, cause)
    if known is not None:
        return known
    message = Message(
        ticket_id=ticket.id,
        direction=Direction.OUTBOUND,
        channel=ticket.channel,
        cause=cause,
        role=role,
        author_name=author_name or desk.settings.desk.name,
        text=text,
        full_text=text,
        facts=dict(facts or {}),
        sent_at=desk.now(),
        created_at=desk.now(),
        run_id=run_id,
        waits_for=waits_for,
        sending=Sending.HELD if waits_for else Sending.READY,
    )
    tx.add(message)
    tx.flush()
    if waits_for is None:
        desk.jobs.defer(tx, "deliver", message.id, lane=ticket.id)
    return message


def release_held(tx: Session, desk: Desk, action_id: str, facts_text: str) -> bool:
    """Send every reply that waited for this action, with what became of it. False: none waited."""
    waited = tx.exec(select(Message).where(Message.waits_for == action_id, Message.sending == Sending.HELD)).all()
    for held in waited:
        held.text = held.full_text = f"{held.text}\n\n{facts_text}".strip()
        held.sending = Sending.READY
        tx.add(held)
        desk.jobs.defer(tx, "deliver", held.id, lane=held.ticket_id)
    return bool(waited)


def wake_next(tx: Session, desk: Desk, message: Message) -> None:
    """This one is over, so the next unsent reply of its ticket need not wait until it looks again by itself."""
    tx.flush()
    later = select(Message).where(
        Message.ticket_id == message.ticket_id, col(Message.sending).in_(UNSENT), col(Message.id) > message.id
    )
    following = tx.exec(later.order_by(col(Message.id))).first()
    if following is not None:
        desk.jobs.defer(tx, "deliver", following.id, lane=following.ticket_id)
