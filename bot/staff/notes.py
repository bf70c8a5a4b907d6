"""Plain talk in the thread of a card: kept with the ticket as internal notes, never sent to anybody."""

from sqlmodel import Session, select

from agents_team.guardrails import mask_pii
from bot.desk import Desk
from channels.base import Role, Wrote
from storage.models import Card, Delivery, Direction, Message, Outcome, Ticket

Ended = tuple[Outcome, str, str | None]


def take_note(tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote) -> Ended:
    """What staff say in a card's thread belongs to the card's ticket; everything else said there is theirs alone."""
    card = tx.exec(select(Card).where(Card.external_id == wrote.thread_key)).first()
    if card is None or card.ticket_id is None or wrote.author.role is not Role.STAFF:
        return Outcome.IGNORED, "staff room talk", None
    message = add_note(
        tx, desk, tx.get_one(Ticket, card.ticket_id), wrote.text, by=wrote.author.name, by_id=wrote.author.external_id
    )
    message.channel, message.external_id = delivery.channel, wrote.external_id
    message.delivery_id, message.sent_at = delivery.id, wrote.sent_at
    tx.add(message)
    return Outcome.MESSAGE, "an internal note", message.id


def add_note(tx: Session, desk: Desk, ticket: Ticket, text: str, *, by: str, by_id: str) -> Message:
    """One internal note; nothing that is sent is ever built from these."""
    message = Message(
        ticket_id=ticket.id,
        direction=Direction.INTERNAL,
        channel=ticket.channel,
        role=Role.STAFF.value,
        author_name=by,
        kind="note",
        text=mask_pii(text).text,
        full_text=mask_pii(text).text,
        facts={"author": by_id},
        sent_at=desk.now(),
        created_at=desk.now(),
    )
    tx.add(message)
    tx.flush()
    return message
