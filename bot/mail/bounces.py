"""A report that a reply did not arrive: it finds the reply, opens the ticket again and fetches a person."""

from sqlmodel import Session, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import STAFF, escalate
from channels.base import Wrote
from storage.models import Direction, Message, Sending, Ticket, TicketStatus

REASON = "A reply could not be delivered"


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
    summary = f"{whom}: {report.text}" if whom else report.text
    escalate(tx, desk, cause=cause, reason=REASON, summary=summary[:500], priority="high", ticket=ticket)


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
