"""The sign that a message was noticed: wanted while the bot works on it, taken away when there is an answer."""

from sqlmodel import Session, col, select

from bot.controls import paused
from bot.desk import Desk
from channels.base import ShowsProgress
from storage.models import Message, Sending, Ticket

ON_ITS_WAY = (Sending.READY, Sending.SENDING, Sending.HELD, Sending.DRAFT)

DOING = {
    "order_status": "is looking up your order…",
    "refund": "is looking into your refund…",
    "faq": "is looking it up…",
}
OTHERWISE = "is looking into it…"


def scopes_of(ticket: Ticket) -> tuple[str, str]:
    """What can be paused and would silence this ticket: its channel, and its Slack channel."""
    return ticket.channel, str(ticket.reply_to.get("channel", ""))


def doing(tx: Session, message: Message) -> str:
    """What the bot is doing about this message; "" when nothing, or nothing any more."""
    ticket = tx.get_one(Ticket, message.ticket_id)
    if message.deleted_at is not None or ticket.owner is not None or paused(tx, *scopes_of(ticket)):
        return ""
    if message.answered_by is not None:
        reply = select(Message.id).where(Message.run_id == message.answered_by, col(Message.sending).in_(ON_ITS_WAY))
        if tx.exec(reply).first() is None:
            return ""
    return DOING.get(ticket.lane or "", OTHERWISE)


def show_no_progress(tx: Session, desk: Desk, ticket: Ticket, answered_by: str | None = None) -> None:
    """Take the sign from the messages that this run answered, or from all of the ticket's that have it."""
    if not isinstance(desk.channels.get(ticket.channel), ShowsProgress):
        return
    chosen = select(Message).where(Message.ticket_id == ticket.id, Message.role == "requester")
    if answered_by is not None:
        chosen = chosen.where(Message.answered_by == answered_by)
    for message in tx.exec(chosen):
        if message.facts.get("progress"):
            desk.jobs.defer(tx, "progress", message.id, lane=f"progress:{message.id}")
