"""Top-level messages that one person writes one after the other are one conversation, where the channel says so."""

from datetime import timedelta

from sqlmodel import Session, col, select

from bot.tickets.places import window_of
from channels.base import Wrote
from storage.models import Direction, Identity, Message, Ticket, TicketStatus

TWINS = 600.0
"""Two messages of one gesture are at most so many seconds apart."""
MOST_NEAR = 200


def joined_by_time(tx: Session, channel: str, wrote: Wrote) -> Ticket | None:
    """The ticket this person began in this channel within the channel's window; None when each stands alone."""
    if not wrote.facts.get("is_root") or not (seconds := window_of(tx, wrote)):
        return None
    identity = tx.exec(
        select(Identity).where(Identity.channel == channel, Identity.external_id == wrote.author.external_id)
    ).first()
    if identity is None:
        return None
    place = wrote.thread_key.rpartition(":")[0] + ":"
    # Only recent tickets can be meant; the window itself is measured between the messages, not from now.
    tickets = tx.exec(
        select(Ticket)
        .where(
            Ticket.channel == channel,
            Ticket.requester_id == identity.person_id,
            Ticket.status != TicketStatus.CLOSED,
            col(Ticket.thread_key).startswith(place, autoescape=True),
        )
        .order_by(col(Ticket.created_at).desc())
        .limit(5)
    )
    window = timedelta(seconds=seconds)
    return next((ticket for ticket in tickets if _near(tx, ticket, wrote, window)), None)


def same_gesture(tx: Session, channel: str, wrote: Wrote) -> Message | None:
    """The message that this person's own client made with the same press of Enter: Slack may deliver it as two."""
    gesture = wrote.facts.get("gesture")
    if not gesture:
        return None
    place, _, ts = wrote.external_id.rpartition(":")
    # Timestamps of a channel sort as text, so the index of external ids answers this however much is stored.
    first, last = (f"{place}:{max(0.0, float(ts) + away):.6f}" for away in (-TWINS, TWINS))
    near = tx.exec(
        select(Message)
        .where(Message.channel == channel, col(Message.external_id) >= first, col(Message.external_id) <= last)
        .limit(MOST_NEAR)
    )
    author = wrote.author.external_id
    return next(
        (one for one in near if one.facts.get("gesture") == gesture and one.facts.get("author") == author), None
    )


def _near(tx: Session, ticket: Ticket, wrote: Wrote, window: timedelta) -> bool:
    """Whether they wrote anything at top level there shortly before or after; backfill may bring them out of order."""
    written = tx.exec(
        select(Message.sent_at).where(
            Message.ticket_id == ticket.id,
            Message.direction == Direction.INBOUND,
            Message.role == "requester",
            col(Message.sent_at) >= wrote.sent_at - window,
            col(Message.sent_at) <= wrote.sent_at + window,
        )
    ).first()
    return written is not None
