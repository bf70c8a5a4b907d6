"""Asks the customer once a ticket whether it helped, and keeps what they press."""

from sqlmodel import Session, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.desk_press import DeskPress, Refused
from bot.tickets.outbox import say
from storage.models import Identity, Rating, Ticket

RATE = "rate"
QUESTION = "Did this help?"


def ask_rating(tx: Session, desk: Desk, ticket: Ticket) -> None:
    """One question for each ticket, however often it is solved; only where buttons can be pressed."""
    if desk.settings.replies.ask_rating and ticket.channel == "slack":
        say(tx, desk, ticket, cause=f"rating:{ticket.id}", text=QUESTION, facts={"rating": ticket.id})


def rate(tx: Session, desk: Desk, press: DeskPress) -> str:
    """Keep the customer's verdict; only the person who asked may give it, and may change their mind."""
    ticket = tx.get(Ticket, press.subject)
    if ticket is None or press.rest not in ("good", "bad"):
        raise Refused("This question is no longer open.")
    identity = tx.exec(
        select(Identity).where(Identity.channel == ticket.channel, Identity.external_id == press.by)
    ).first()
    if identity is None or identity.person_id != ticket.requester_id:
        raise Refused("Only the person who asked can say whether it helped.")
    rating = tx.get(Rating, ticket.id) or Rating(ticket_id=ticket.id, good=True, by="", at=desk.now())
    rating.good, rating.by, rating.at = press.rest == "good", press.by, desk.now()
    tx.add(rating)
    record(tx, desk, press.by, "rated", ticket.id, {"good": rating.good})
    return "Thank you for telling us."
