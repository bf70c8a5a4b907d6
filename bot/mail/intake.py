"""What taking in a mail means beyond what every channel has: names, standing, copies, codes, and when to stop."""

from sqlmodel import Session

from bot.audit import record
from bot.desk import Desk
from bot.mail.budget import give_to_staff, used_up
from bot.mail.codes import redeem, still_proven
from bot.mail.threads import STRANGER, remember_names, standing
from bot.staff.escalations import STAFF, escalate
from channels.base import Trust, Wrote
from storage.models import Message, Ticket, TicketStatus

NEEDS_A_PERSON = {
    "encrypted": "An encrypted mail: a person must read it",
    "over_budget": "A mail could not be read in its time: a person must look at the original",
}
"""Flags of mail that the team could only guess at."""


def note_mail(tx: Session, desk: Desk, ticket: Ticket, message: Message, wrote: Wrote) -> None:
    """Keep what the mail is called, who its author is in the ticket, and whom the requester wants in copy."""
    remember_names(tx, message, wrote)
    if message.person_id is None or wrote.kind != "human":
        return
    who = standing(tx, ticket, message.person_id, wrote)
    message.facts = {**message.facts, "standing": who}
    if who == STRANGER:
        message.facts = {**message.facts, "flags": [*message.facts.get("flags", []), "unverified_participant"]}
    tx.add(message)
    redeem(tx, desk, ticket, message, wrote)
    if message.trust < Trust.ONE_TIME_CODE and still_proven(tx, desk, ticket, message, wrote):
        message.trust = int(Trust.ONE_TIME_CODE)
    if who == "requester" and message.trust >= Trust.ALIGNED_MAIL:
        _follow_copies(tx, desk, ticket, wrote)


def _follow_copies(tx: Session, desk: Desk, ticket: Ticket, wrote: Wrote) -> None:
    """The requester's own, proven mail says who is in copy from now on."""
    before, after = list(ticket.reply_to.get("cc", ())), list(wrote.reply_to.get("cc", ()))
    if before == after and ticket.reply_to.get("to") == wrote.reply_to.get("to"):
        return
    ticket.reply_to = {**ticket.reply_to, "to": wrote.reply_to.get("to"), "cc": after}
    tx.add(ticket)
    record(tx, desk, ticket.requester_id, "copies_changed", ticket.id, {"before": before, "after": after})


def must_stop(tx: Session, desk: Desk, ticket: Ticket, message: Message, wrote: Wrote) -> str:
    """Why the team is not asked about this mail, after a person was; "" when it is."""
    if why := used_up(tx, desk, ticket):
        give_to_staff(tx, desk, ticket, "Two machines may be talking to each other", f"{why}\n\n{message.text[:400]}")
        return why
    for flag, reason in NEEDS_A_PERSON.items():
        if flag in wrote.flags:
            ticket.owner = ticket.owner or STAFF
            ticket.status = TicketStatus.HOLD
            tx.add(ticket)
            escalate(tx, desk, cause=f"{flag}:{message.id}", reason=reason, summary=wrote.subject[:500], ticket=ticket)
            return reason
    return ""
