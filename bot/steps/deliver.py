"""Sends one message to the requester: look first if it may have been sent, then send, then record."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, select

from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.mail.budget import refusal, withhold
from bot.mail.codes import spell_out
from bot.mail.threads import STRANGER
from bot.staff.escalations import STAFF, escalate
from bot.tickets.conversation import mark_sent
from bot.tickets.outbox import UNSENT, wake_next
from bot.tickets.turns import keep_memory, waiting_messages
from channels.base import PermanentChannelError, Reply, TemporaryChannelError
from storage.models import Direction, Message, Sending, Ticket, TicketStatus

TROUBLE = "trouble"
"""In the facts of a message that could not leave yet: what the channel said."""


async def deliver_message(desk: Desk, message_id: str) -> None:
    """Every try after the first asks the channel whether it already has the message."""
    start = await desk.db.write(lambda tx: _start(tx, desk, message_id))
    if start is None:
        return
    channel, reply = desk.channels[start.channel], start.reply
    try:
        external_id = await channel.find_sent(reply) if start.tried_before else None
        repeated = start.tried_before and external_id is None
        sent_as = external_id or await channel.send(reply)
    except TemporaryChannelError as error:
        undone = not (error.in_doubt or start.tried_before)
        await desk.db.write(partial(_note_trouble, message_id=message_id, why=str(error), undone=undone))
        after = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        raise RetryLater(str(error), after=after, patient=error.retry_after is not None) from error
    except PermanentChannelError as error:
        raise NeedsAPerson(str(error)) from error
    in_doubt = repeated and not channel.knows_sent
    await desk.db.write(lambda tx: _record(tx, desk, message_id, sent_as, in_doubt))


@dataclass(frozen=True, slots=True)
class _Start:
    """Sending may now have happened: what to send, through which channel, and whether it was tried before."""

    channel: str
    reply: Reply
    tried_before: bool


def _start(tx: Session, desk: Desk, message_id: str) -> _Start | None:
    """Check that it must still be said, and commit that sending may now happen."""
    message = tx.get_one(Message, message_id)
    if message.sending not in UNSENT:
        return None
    ticket = tx.get_one(Ticket, message.ticket_id)
    if message.sending is Sending.READY and _overtaken(tx, ticket, message):
        _drop(tx, message)
        wake_next(tx, desk, message)
        return None
    if earlier := _earlier_unsent(tx, message):
        # Its end wakes this one; looking again meanwhile is only for the case that nobody did.
        after = timedelta(seconds=1 if earlier.tries <= 1 else 20)
        raise RetryLater("an earlier message goes first", after=after, patient=True)
    tried_before = message.first_tried_at is not None
    if not tried_before and (why := refusal(tx, desk, ticket, message)):
        withhold(tx, desk, ticket, message, why)
        wake_next(tx, desk, message)
        return None
    message.sending = Sending.SENDING
    message.first_tried_at = message.first_tried_at or desk.now()
    message.tries += 1
    tx.add(message)
    reply = _reply(tx, ticket, message, message.first_tried_at if tried_before else None)
    return _Start(ticket.channel, replace(reply, text=spell_out(tx, desk, message, reply.text)), tried_before)


def _overtaken(tx: Session, ticket: Ticket, message: Message) -> bool:
    """An answer nobody has seen yet is dropped when staff took over, or when the requester wrote more.

    What was proposed or promised along with it stands, so an answer with actions is sent all the same.
    """
    if message.run_id is None or message.facts.get("actions"):
        return False
    if ticket.owner is not None:
        # "A colleague will answer" is said although more was written: nobody else would say it.
        return ticket.owner != STAFF
    return bool(waiting_messages(tx, ticket.id))


def _drop(tx: Session, message: Message) -> None:
    """Its questions wait again, for the job of the newer message to answer all of them together.

    The team forgets what it said, or it would believe that the requester had read it.
    """
    message.sending = Sending.SUPERSEDED
    tx.add(message)
    if "memory_before" in message.facts:
        keep_memory(tx, message.ticket_id, tuple(message.facts["memory_before"]))
    for asked in tx.exec(select(Message).where(Message.answered_by == message.run_id)):
        asked.answered_by = None
        tx.add(asked)


def _earlier_unsent(tx: Session, message: Message) -> Message | None:
    return tx.exec(
        select(Message).where(
            Message.ticket_id == message.ticket_id,
            col(Message.sending).in_(UNSENT),
            col(Message.id) < message.id,
        )
    ).first()


def _reply(tx: Session, ticket: Ticket, message: Message, first_tried_at: datetime | None) -> Reply:
    heard = list(
        tx.exec(
            select(Message)
            .where(
                Message.ticket_id == ticket.id,
                Message.direction != Direction.INTERNAL,
                col(Message.external_id).is_not(None),
            )
            .order_by(col(Message.sent_at), col(Message.id))
        )
    )
    inbound = [m for m in heard if m.direction is Direction.INBOUND and m.created_at <= message.created_at]
    # A report or an automatic answer never reached the requester: their mail program knows no thread of that name.
    written = [m for m in inbound if m.kind == "human"] or inbound
    unseen = {m.id for m in inbound} - {m.id for m in written} | {message.id}
    asked = next((m for m in reversed(inbound) if _is_quotable(m)), None)
    return Reply(
        key=message.id,
        ticket_id=ticket.id,
        to=ticket.reply_to,
        text=message.text,
        created_at=message.created_at,
        subject=ticket.subject,
        in_reply_to=_thread_id(written[-1]) if written else None,
        references=tuple(_thread_id(m) for m in heard if m.created_at <= message.created_at and m.id not in unseen),
        citations=tuple((c["document"], c["section"]) for c in message.facts.get("citations", [])),
        first_tried_at=first_tried_at,
        automatic=message.role != "staff" and "approved_by" not in message.facts,
        rating=str(message.facts.get("rating") or ""),
        quote=asked.text if asked else "",
        quote_head=_whose(asked) if asked else "",
    )


def _is_quotable(message: Message) -> bool:
    """What a human wrote who belongs here: no report of a mail server, and no stranger's words."""
    return message.kind == "human" and message.deleted_at is None and message.facts.get("standing") != STRANGER


def _whose(message: Message) -> str:
    """Who wrote a message and when, as the line above a quotation says it."""
    who = message.author_name or message.facts.get("author", "")
    return f"On {message.sent_at:%d %b %Y at %H:%M} UTC, {who} wrote:"


def _thread_id(message: Message) -> str:
    """How the channel's own threading names a message: the Message-ID in mail, else our external id."""
    return str(message.facts.get("message_id") or message.external_id)


def _note_trouble(tx: Session, message_id: str, why: str, *, undone: bool) -> None:
    """So that people see why it has not left; forgotten when it has. `undone`: certainly nothing was sent so far."""
    message = tx.get_one(Message, message_id)
    if undone and message.sending is Sending.SENDING:
        # So the next try need not look first, nor wait until a doubt has passed.
        message.first_tried_at = None
    message.facts = {**message.facts, TROUBLE: why[:500]}
    tx.add(message)


def _record(tx: Session, desk: Desk, message_id: str, external_id: str, possible_duplicate: bool) -> None:
    message = tx.get_one(Message, message_id)
    if message.sending is Sending.SENT:
        return
    message.possible_duplicate = message.possible_duplicate or possible_duplicate
    message.facts = {name: fact for name, fact in message.facts.items() if name != TROUBLE}
    mark_sent(tx, desk, message, external_id)


async def fail_message(desk: Desk, message_id: str, why: str) -> None:
    """It cannot be delivered: a person must reach the requester another way."""

    def change(tx: Session) -> None:
        message = tx.get_one(Message, message_id)
        if message.sending not in UNSENT:
            return
        message.sending = Sending.FAILED
        ticket = tx.get_one(Ticket, message.ticket_id)
        ticket.status = TicketStatus.HOLD
        tx.add_all([message, ticket])
        wake_next(tx, desk, message)
        reason = "A reply could not be delivered"
        escalate(tx, desk, cause=f"deliver:{message_id}", reason=reason, summary=why, priority="high", ticket=ticket)

    await desk.db.write(change)
