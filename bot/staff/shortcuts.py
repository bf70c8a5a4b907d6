"""What staff do with a message in Slack from its menu: make it a ticket, ask a person, keep it for the knowledge."""

from sqlmodel import Session, select

from bot.desk import Desk
from bot.knowledge.drafts import propose
from bot.staff.desk_press import DeskPress, Refused
from bot.staff.escalations import STAFF, escalate
from bot.tickets.conversation import take_in
from channels.base import Role, Wrote
from storage.models import Delivery, KnowledgeProposal, Message, Ticket, TicketStatus

CREATE, ESCALATE, TEACH = "ticket_create", "ticket_escalate", "knowledge_add"


SHORTCUTS = {
    CREATE: "Make a ticket",
    ESCALATE: "Ask a person",
    "ticket_explain": "Why did the bot do this?",
    TEACH: "Add to the knowledge",
}
"""What stands in the menu of a message in Slack: what the program calls it, and what people read (24 characters)."""


def create_ticket(tx: Session, desk: Desk, press: DeskPress) -> str:
    """A ticket from this message, whatever the mode of its channel."""
    message = _known(tx, press)
    if message is not None:
        return f"This is ticket {message.ticket_id} already."
    return f"This is ticket {_open(tx, desk, press).id} now; the bot looks at it."


def ask_a_person(tx: Session, desk: Desk, press: DeskPress) -> str:
    """The bot stays silent about this message, and a card asks for a person."""
    message = _known(tx, press)
    ticket = tx.get_one(Ticket, message.ticket_id) if message is not None else _open(tx, desk, press)
    ticket.owner, ticket.status = STAFF, TicketStatus.HOLD
    tx.add(ticket)
    escalate(
        tx,
        desk,
        cause=f"asked:{press.source}",
        reason="A colleague asked for a person",
        summary=f"Asked by {press.by_name}.",
        ticket=ticket,
    )
    return f"A card for ticket {ticket.id} is in the staff channel; the bot says no more about it."


def teach(tx: Session, desk: Desk, press: DeskPress) -> str:
    """A proposal for the knowledge, with a card on which it is edited and approved, or rejected."""
    message, about = _known(tx, press), press.click.about
    text = message.text if message is not None else about.text if about is not None else ""
    if not text.strip():
        raise Refused("There is nothing in this message that could be kept.")
    known = tx.exec(select(KnowledgeProposal).where(KnowledgeProposal.source == press.click.value)).first()
    if known is not None:
        return f"This is proposal {known.id} already."
    ticket_id = message.ticket_id if message is not None else None
    proposal = propose(tx, desk, source=press.click.value, text=text, by=press.by, ticket_id=ticket_id)
    return f"Kept as proposal {proposal.id}."


def _known(tx: Session, press: DeskPress) -> Message | None:
    return tx.exec(select(Message).where(Message.channel == "slack", Message.external_id == press.click.value)).first()


def _open(tx: Session, desk: Desk, press: DeskPress) -> Ticket:
    """The ticket the message becomes, by the way every message goes."""
    about = press.click.about
    if not isinstance(about, Wrote) or about.author.role is not Role.REQUESTER or about.facts.get("staff_room"):
        raise Refused("Only what a customer wrote can become a ticket.")
    take_in(tx, desk, tx.get_one(Delivery, press.source), about)
    message = _known(tx, press)
    if message is None:
        raise Refused("This message could not become a ticket.")
    return tx.get_one(Ticket, message.ticket_id)
