"""A report that a reply did not arrive: it finds the reply, opens the ticket again and fetches a person."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import STAFF, escalate
from bot.tickets.outbox import say
from channels.base import Trust, Wrote
from storage.models import Direction, Identity, Message, Sending, Ticket, TicketStatus

REASON = "A reply could not be delivered"
AGAIN = "after_bounce:"
"""Begins the cause of what is said again to another address."""
CARRIED = ("citations", "approved_by")


def take_bounce(tx: Session, desk: Desk, ticket: Ticket, report: Message, wrote: Wrote) -> None:
    """Mark the reply as failed and give the ticket to staff, with what the other server said.

    A report that the other server is still trying changes nothing but the log.
    """
    reply = _bounced_reply(tx, ticket, wrote)
    about = {"report": report.id, "recipients": wrote.facts.get("bounced_recipients", [])}
    if wrote.facts.get("bounce_permanent") is False:
        record(tx, desk, "mail", "delayed", reply.id if reply else ticket.id, about)
        return
    if reply is not None:
        reply.sending = Sending.FAILED
        reply.facts = {**reply.facts, "bounced": {**about, "words": report.text[:500]}}
        tx.add(reply)
    record(tx, desk, "mail", "bounced", reply.id if reply else ticket.id, about)
    ticket.status, ticket.updated_at, ticket.solved_at = TicketStatus.OPEN, desk.now(), None
    ticket.owner = ticket.owner or STAFF
    tx.add(ticket)
    # One person is fetched for one reply, however many servers report it.
    cause = f"bounce:{reply.id if reply else report.delivery_id}"
    whom = ", ".join(str(address) for address in about["recipients"])
    other = send_elsewhere(tx, desk, ticket, reply, {str(address) for address in about["recipients"]}) if reply else ""
    told = f"It is being sent again, to {other}, which is proven to be theirs. " if other else ""
    summary = told + (f"{whom}: {report.text}" if whom else report.text)
    escalate(tx, desk, cause=cause, reason=REASON, summary=summary[:500], priority="high", ticket=ticket)


def send_elsewhere(tx: Session, desk: Desk, ticket: Ticket, reply: Message, failed: Collection[str]) -> str:
    """Say the same once more to another proven address of the requester; that address, or "" when there is none.

    Only when the requester's own address failed, and only once: what bounces there as well is for a person.
    """
    now = str(ticket.reply_to.get("to", ""))
    bounced = {address.lower() for address in failed} or {now.lower()}
    if now.lower() not in bounced or str(reply.cause or "").startswith(AGAIN):
        return ""
    other = _other_address(tx, ticket, {*bounced, now.lower()})
    if other:
        ticket.reply_to = {**ticket.reply_to, "to": other, "cc": []}
        tx.add(ticket)
        facts = {name: fact for name, fact in reply.facts.items() if name in CARRIED}
        say(tx, desk, ticket, cause=f"{AGAIN}{reply.id}", text=reply.text, facts={**facts, "after_bounce": reply.id})
        record(tx, desk, "mail", "sent_elsewhere", reply.id, {"from": now, "to": other})
    return other


def _other_address(tx: Session, ticket: Ticket, never: Collection[str]) -> str:
    """The address of the same person that last wrote with proof. Identities are joined to a person by proof alone."""
    theirs = select(Identity.external_id).where(Identity.person_id == ticket.requester_id, Identity.channel == "mail")
    known = [address for address in tx.exec(theirs) if address.lower() not in never]
    proven = tx.exec(
        select(Message)
        .where(
            Message.channel == "mail",
            Message.person_id == ticket.requester_id,
            Message.direction == Direction.INBOUND,
            Message.trust >= Trust.ALIGNED_MAIL,
        )
        .order_by(col(Message.id).desc())
    )
    return next((address for message in proven if (address := str(message.facts.get("author"))) in known), "")


def _bounced_reply(tx: Session, ticket: Ticket, wrote: Wrote) -> Message | None:
    """The mail of ours that came back: by the address only it was sent from, else by the Message-ID in the report.

    Both carry a code only we can make, so nobody can declare a reply undelivered who has not received it.
    """
    if key := wrote.facts.get("bounced_message"):
        found = tx.get(Message, str(key))
        return found if found is not None and found.ticket_id == ticket.id else None
    for reference in wrote.references:
        found = tx.exec(
            select(Message).where(
                Message.channel == "mail",
                Message.external_id == reference,
                Message.ticket_id == ticket.id,
                Message.direction == Direction.OUTBOUND,
            )
        ).first()
        if found is not None:
            return found
    return None
