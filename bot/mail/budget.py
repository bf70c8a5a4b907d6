"""How much we say by ourselves to one address and in one thread, so that two machines never keep each other talking."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import STAFF, escalate
from storage.models import Direction, Message, Sending, Ticket, TicketStatus

ACKNOWLEDGEMENT = "acknowledgement"
"""In the facts of a message that only says "we have it"."""

MOST_WITHOUT_A_HUMAN = 3

_HOUR, _DAY = timedelta(hours=1), timedelta(hours=24)
_LEFT = (Sending.SENDING, Sending.SENT)


def used_up(tx: Session, desk: Desk, ticket: Ticket) -> str:
    """Why nothing more may be said automatically to this ticket's address for now; "" when it may."""
    limit = desk.settings.mail.answers_per_hour
    sent = _sent_to(tx, str(ticket.reply_to.get("to", "")), desk.now() - _HOUR)
    return f"{sent} automatic mails to this address within an hour (at most {limit})" if sent >= limit else ""


def refusal(tx: Session, desk: Desk, ticket: Ticket, message: Message) -> str:
    """Why this message must not leave; "" when it may. Only for what the bot says by itself on mail.

    One acknowledgement per address and thread in 24 hours, three messages without a human one between them (what
    became of an action is no answer, and people decided it), and the hourly budget of the address (RFC 3834).
    """
    if ticket.channel != "mail" or message.role != "bot":
        return ""
    if message.facts.get(ACKNOWLEDGEMENT) and _acknowledged(tx, desk, ticket, message):
        return "this address has had an acknowledgement in this thread today"
    if message.run_id is not None and _since_a_human(tx, ticket) >= MOST_WITHOUT_A_HUMAN:
        return f"{MOST_WITHOUT_A_HUMAN} answers in this thread since a human wrote"
    return used_up(tx, desk, ticket)


def withhold(tx: Session, desk: Desk, ticket: Ticket, message: Message, why: str) -> None:
    """The message stays, with the reason, and a person sees to it. A second acknowledgement bothers nobody."""
    message.sending = Sending.WITHHELD
    message.facts = {**message.facts, "withheld": why}
    tx.add(message)
    record(tx, desk, "bot", "withheld", message.id, {"why": why})
    if not message.facts.get(ACKNOWLEDGEMENT):
        give_to_staff(tx, desk, ticket, f"Not sent: {why}", message.text[:500])


def give_to_staff(tx: Session, desk: Desk, ticket: Ticket, reason: str, summary: str) -> None:
    """The bot is silent on this ticket until a person has looked; once an hour is enough to ask for one."""
    if ticket.owner is None:
        ticket.owner, ticket.status = STAFF, TicketStatus.HOLD
        tx.add(ticket)
    cause = f"loop:{ticket.id}:{desk.now():%Y-%m-%dT%H}"
    escalate(tx, desk, cause=cause, reason=reason, summary=summary, ticket=ticket)


def _sent_to(tx: Session, address: str, since: datetime) -> int:
    """Automatic messages that left to this address since then, in whatever ticket."""
    return tx.exec(
        select(func.count())
        .select_from(Message)
        .join(Ticket, col(Ticket.id) == col(Message.ticket_id))
        .where(
            Message.channel == "mail",
            Message.role == "bot",
            col(Message.sending).in_(_LEFT),
            col(Message.first_tried_at) >= since,
            col(Ticket.reply_to)["to"].as_string() == address,
        )
    ).one()


def _acknowledged(tx: Session, desk: Desk, ticket: Ticket, message: Message) -> bool:
    earlier = tx.exec(
        select(Message).where(
            Message.ticket_id == ticket.id,
            Message.id != message.id,
            col(Message.sending).in_(_LEFT),
            col(Message.first_tried_at) >= desk.now() - _DAY,
        )
    )
    return any(one.facts.get(ACKNOWLEDGEMENT) for one in earlier)


def _since_a_human(tx: Session, ticket: Ticket) -> int:
    """Answers of the team that left after the last message a human wrote."""
    last = tx.exec(
        select(func.max(Message.created_at)).where(
            Message.ticket_id == ticket.id, Message.direction == Direction.INBOUND, Message.kind == "human"
        )
    ).one()
    answers = (
        select(func.count())
        .select_from(Message)
        .where(
            Message.ticket_id == ticket.id,
            Message.role == "bot",
            col(Message.run_id).is_not(None),
            col(Message.sending).in_(_LEFT),
        )
    )
    return tx.exec(answers if last is None else answers.where(col(Message.created_at) > last)).one()
