"""Where a message belongs: who wrote it, which ticket it joins or opens, and what it sets going."""

from datetime import timedelta

from sqlmodel import Session, select

from agents_team.guardrails.pii import mask_pii
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import escalate, show_news
from channels.base import AttachmentIn, Author, Deleted, Echo, Edited, Role, Wrote
from storage.models import (
    Attachment,
    Company,
    Delivery,
    Direction,
    Identity,
    Message,
    Outcome,
    Person,
    Sending,
    Ticket,
    TicketStatus,
)

Ended = tuple[Outcome, str, str | None]
"""How a delivery ended: the outcome, a note for people, and the id of the row it became."""


def take_in(tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote) -> Ended:
    """Give the message its ticket and set the answer going, unless it is known, staff's, or automatic."""
    known = _message(tx, delivery.channel, wrote.external_id)
    if known is not None:
        return Outcome.DUPLICATE, f"the same message as {known.id}", known.id
    ticket = find_ticket(tx, delivery.channel, wrote)
    match wrote.author.role:
        case Role.BOT:
            return Outcome.IGNORED, "another bot is never answered", None
        case Role.STAFF:
            return _take_in_staff(tx, desk, delivery, wrote, ticket)
    if ticket is None and (why := _opens_nothing(wrote)):
        return Outcome.IGNORED, why, None
    person = find_or_add_person(tx, desk, delivery.channel, wrote.author)
    ticket = ticket or _open_ticket(tx, desk, delivery, wrote, person)
    message = _add_message(tx, desk, delivery, wrote, ticket, person)
    if wrote.kind == "human":
        _wake_ticket(tx, desk, ticket)
    elif wrote.kind == "bounce":
        escalate(
            tx,
            desk,
            cause=f"bounce:{delivery.id}",
            reason="A reply could not be delivered",
            summary=message.text[:500],
            ticket=ticket,
        )
    return Outcome.MESSAGE, wrote.kind, message.id


def find_ticket(tx: Session, channel: str, wrote: Wrote) -> Ticket | None:
    """By our own token first, then by the messages it refers to (newest first), then by the conversation itself."""
    if wrote.ticket_hint and (ticket := tx.get(Ticket, wrote.ticket_hint)):
        return ticket
    for reference in wrote.references:
        message = _message(tx, channel, reference)
        if message is not None:
            return tx.get_one(Ticket, message.ticket_id)
    return tx.exec(select(Ticket).where(Ticket.channel == channel, Ticket.thread_key == wrote.thread_key)).first()


def _message(tx: Session, channel: str, external_id: str) -> Message | None:
    return tx.exec(select(Message).where(Message.channel == channel, Message.external_id == external_id)).first()


def _opens_nothing(wrote: Wrote) -> str:
    """Why a message of nobody's ticket opens none; "" when it does."""
    if wrote.kind != "human":
        return f"{wrote.kind}: kept, and never answered automatically"
    mode = wrote.facts.get("mode", "all")
    if mode == "off" or (mode == "mention" and not wrote.facts.get("mentioned")) or mode == "emoji":
        return f"the channel's mode is {mode}"
    return ""


def _take_in_staff(tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote, ticket: Ticket | None) -> Ended:
    """Staff writing to the customer take the ticket over: the bot is silent until they hand it back."""
    if ticket is None:
        return Outcome.IGNORED, "staff messages open no ticket", None
    message = _add_message(tx, desk, delivery, wrote, ticket, None)
    message.direction, message.sending = Direction.OUTBOUND, Sending.SENT
    ticket.owner = wrote.author.external_id
    ticket.status = TicketStatus.PENDING
    ticket.updated_at = desk.now()
    record(tx, desk, wrote.author.external_id, "taken_over", ticket.id, {"by": "writing in the thread"})
    return Outcome.MESSAGE, "staff took over", message.id


def find_or_add_person(tx: Session, desk: Desk, channel: str, author: Author) -> Person:
    """The person known under this identity. A Slack id and an address are two people until it is proven otherwise."""
    identity = tx.exec(
        select(Identity).where(Identity.channel == channel, Identity.external_id == author.external_id)
    ).first()
    if identity is not None:
        return tx.get_one(Person, identity.person_id)
    company = _company(tx, desk, author.company_key)
    person = Person(name=author.name, company_id=company.id if company else None, created_at=desk.now())
    tx.add(person)
    tx.flush()
    tx.add(Identity(person_id=person.id, channel=channel, external_id=author.external_id))
    return person


def _company(tx: Session, desk: Desk, team_id: str | None) -> Company | None:
    if team_id is None:
        return None
    company = tx.exec(select(Company).where(Company.slack_team_id == team_id)).first()
    if company is None:
        company = Company(slack_team_id=team_id, created_at=desk.now())
        tx.add(company)
        tx.flush()
    return company


def _open_ticket(tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote, person: Person) -> Ticket:
    ticket = Ticket(
        channel=delivery.channel,
        thread_key=wrote.thread_key,
        requester_id=person.id,
        subject=wrote.subject[:500],
        reply_to=dict(wrote.reply_to),
        created_at=desk.now(),
        updated_at=desk.now(),
    )
    tx.add(ticket)
    tx.flush()
    record(tx, desk, person.id, "opened", ticket.id, {"channel": ticket.channel})
    return ticket


def _add_message(
    tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote, ticket: Ticket, person: Person | None
) -> Message:
    visible, full = mask_pii(wrote.text), mask_pii(wrote.full_text)
    message = Message(
        ticket_id=ticket.id,
        direction=Direction.INBOUND,
        channel=delivery.channel,
        external_id=wrote.external_id,
        role=wrote.author.role.value,
        person_id=person.id if person else None,
        author_name=wrote.author.name,
        # Somebody else with a valid token or reference may talk here, but proves nothing by it.
        trust=int(wrote.author.trust) if person is None or person.id == ticket.requester_id else 0,
        kind=wrote.kind,
        text=visible.text,
        full_text=full.text,
        facts={
            "author": wrote.author.external_id,
            "email": wrote.author.email,
            "masked": list(visible.kinds),
            "flags": list(wrote.flags),
            "references": list(wrote.references),
            **wrote.facts,
        },
        sent_at=wrote.sent_at,
        created_at=desk.now(),
        delivery_id=delivery.id,
    )
    tx.add(message)
    tx.flush()
    for attachment in wrote.attachments:
        _add_attachment(tx, message, attachment)
    return message


def _add_attachment(tx: Session, message: Message, attachment: AttachmentIn) -> None:
    tx.add(
        Attachment(
            message_id=message.id,
            filename=attachment.filename[:255],
            content_type=attachment.content_type[:255],
            size=attachment.size,
            sha256=attachment.sha256,
            inline=attachment.inline,
        )
    )


def _wake_ticket(tx: Session, desk: Desk, ticket: Ticket) -> None:
    """It is our turn again; the answer waits a moment for messages that belong together."""
    ticket.updated_at = desk.now()
    ticket.status = TicketStatus.OPEN
    tx.add(ticket)
    if ticket.owner is not None:
        show_news(tx, desk, ticket)
    else:
        quiet = timedelta(seconds=desk.settings.desk.quiet_seconds)
        desk.jobs.defer(tx, "answer", ticket.id, lane=ticket.id, due=desk.now() + quiet)


def note_edit(tx: Session, desk: Desk, delivery: Delivery, edit: Edited) -> Ended:
    """An edit before the answer changes the question; afterwards it is only noted, for staff to see."""
    message = _message(tx, delivery.channel, edit.external_id)
    if message is None:
        return Outcome.IGNORED, "an edit of a message nobody kept", None
    before, message.text = message.text, mask_pii(edit.text).text
    message.full_text = message.text
    tx.add(message)
    answered = message.answered_by is not None
    data = {"before": before, "already_answered": answered}
    record(tx, desk, message.facts.get("author", ""), "edited", message.id, data)
    if message.role == Role.REQUESTER and not answered:
        _wake_ticket(tx, desk, tx.get_one(Ticket, message.ticket_id))
    return Outcome.CHANGE, "edited", message.id


def note_redaction(tx: Session, desk: Desk, delivery: Delivery, deleted: Deleted) -> Ended:
    """What somebody took back is forgotten; that they did is not."""
    message = _message(tx, delivery.channel, deleted.external_id)
    if message is None:
        return Outcome.IGNORED, "a deletion of a message nobody kept", None
    message.text = message.full_text = ""
    message.deleted_at = deleted.at
    tx.add(message)
    record(tx, desk, message.facts.get("author", ""), "deleted", message.id, {})
    return Outcome.CHANGE, "deleted", message.id


def confirm_echo(tx: Session, desk: Desk, echo: Echo) -> Ended:
    """Our own message came back to us: it was sent, whatever became of the call that sent it."""
    message = tx.get(Message, echo.marker)
    if message is None:
        return Outcome.IGNORED, "our own message", None
    if message.sending is Sending.SENDING and message.external_id is None:
        mark_sent(tx, desk, message, echo.external_id)
    return Outcome.IGNORED, "our own message, confirmed", message.id


def mark_sent(tx: Session, desk: Desk, message: Message, external_id: str) -> None:
    """The one place where a reply becomes sent and the ticket the requester's turn."""
    message.sending = Sending.SENT
    message.external_id = external_id
    tx.add(message)
    ticket = tx.get_one(Ticket, message.ticket_id)
    ticket.first_answer_at = ticket.first_answer_at or desk.now()
    if ticket.status is TicketStatus.OPEN:
        ticket.status = TicketStatus.PENDING
    tx.add(ticket)
