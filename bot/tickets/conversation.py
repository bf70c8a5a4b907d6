"""Where a message belongs: who wrote it, which ticket it joins or opens, and what it sets going."""

from datetime import UTC, datetime

from sqlmodel import Session, select

from agents_team.guardrails.pii import mask_pii
from bot.audit import record
from bot.desk import Desk
from bot.mail.bounces import take_bounce
from bot.mail.intake import must_stop, note_mail
from bot.mail.threads import CHANNEL as MAIL
from bot.mail.threads import NOWHERE, Place, find_by_name, find_otherwise, place
from bot.staff.drafts import take_back_drafts
from bot.staff.notes import take_note
from bot.tickets.changes import note_edit
from bot.tickets.early import read_edits, was_deleted
from bot.tickets.gathering import joined_by_time, same_gesture
from bot.tickets.life import answering_for, last_sent, person_answered, stop_clock, wake_ticket
from bot.tickets.outbox import wake_next
from bot.tickets.places import mode_of
from bot.tickets.pleasantries import Pleasantry, pleasantry
from bot.tickets.progress import show_no_progress
from bot.tickets.turns import waiting_messages
from channels.base import AttachmentIn, Author, Echo, Edited, FetchesFiles, Role, Wrote
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

THANKED = "thanks"
"""What answered a message that was only thanks."""

Ended = tuple[Outcome, str, str | None]

WORDS = frozenset({"note"})
"""Facts that hold what somebody wrote; the others are ids and addresses, which a mask would break."""
"""How a delivery ended: the outcome, a note for people, and the id of the row it became."""


def take_in(tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote) -> Ended:
    """Give the message its ticket and set the answer going, unless it is known, staff's, or automatic."""
    known = _message(tx, delivery.channel, wrote.external_id)
    if known is not None:
        return _seen_again(tx, desk, delivery, wrote, known)
    if (twin := same_gesture(tx, delivery.channel, wrote)) is not None:
        return Outcome.DUPLICATE, f"one gesture delivered as two messages; the other is {twin.id}", twin.id
    if was_deleted(tx, delivery, wrote.external_id):
        delivery.body = b""
        return Outcome.IGNORED, "its author took it back before it arrived", None
    if wrote.facts.get("staff_room"):
        return take_note(tx, desk, delivery, wrote)
    ticket = find_ticket(tx, delivery.channel, wrote)
    match wrote.author.role:
        case Role.BOT:
            return Outcome.IGNORED, "another bot is never answered", None
        case Role.STAFF:
            return _take_in_staff(tx, desk, delivery, wrote, ticket)
    if ticket is None and (why := _opens_nothing(tx, delivery.channel, wrote)):
        return Outcome.IGNORED, why, None
    person = find_or_add_person(tx, desk, delivery.channel, wrote.author)
    where = place(tx, desk, wrote, ticket)
    ticket = where.ticket or _open_ticket(tx, desk, delivery, wrote, person, where)
    message = _add_message(tx, desk, delivery, wrote, ticket, person)
    read_edits(tx, desk, delivery, wrote.external_id)
    if delivery.channel == MAIL:
        note_mail(tx, desk, ticket, message, wrote)
    if wrote.kind == "human":
        _hear(tx, desk, ticket, message, wrote)
    elif wrote.kind == "bounce":
        take_bounce(tx, desk, ticket, message, wrote)
    return Outcome.MESSAGE, wrote.kind, message.id


def _seen_again(tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote, known: Message) -> Ended:
    """The same message once more. Read from history it may say something else by now: then it was edited meanwhile."""
    edited_at = str(wrote.facts.get("edited_at") or "")
    if edited_at and known.direction is not Direction.OUTBOUND:
        at = datetime.fromtimestamp(float(edited_at), UTC)
        return note_edit(tx, desk, delivery, Edited(wrote.external_id, wrote.text, at))
    return Outcome.DUPLICATE, f"the same message as {known.id}", known.id


def _hear(tx: Session, desk: Desk, ticket: Ticket, message: Message, wrote: Wrote) -> None:
    """It is our turn again, unless all they say is thanks: then nobody has to do anything."""
    if _only_thanks(tx, ticket, message, wrote):
        message.answered_by = THANKED
        tx.add(message)
        return
    if message.channel == MAIL and must_stop(tx, desk, ticket, message, wrote):
        return
    take_back_drafts(tx, desk, ticket)
    wake_ticket(tx, desk, ticket, message)


def _only_thanks(tx: Session, ticket: Ticket, message: Message, wrote: Wrote) -> bool:
    """Thanks for an answer; but "ok, thanks" after a question of ours is the answer to it."""
    if wrote.attachments or pleasantry(wrote.text) is not Pleasantry.THANKS:
        return False
    last = last_sent(tx, ticket.id)
    asked = last is not None and "?" in last.text
    return last is not None and not asked and waiting_messages(tx, ticket.id) == [message]


def find_ticket(tx: Session, channel: str, wrote: Wrote) -> Ticket | None:
    """By our own token first, then by the messages it refers to (newest first), then by the conversation itself."""
    found = _find_ticket(tx, channel, wrote)
    return answering_for(tx, found) if found else None


def _find_ticket(tx: Session, channel: str, wrote: Wrote) -> Ticket | None:
    if wrote.ticket_hint and (ticket := tx.get(Ticket, wrote.ticket_hint)):
        return ticket
    # The beginning of the conversation may be a message that joined another ticket.
    for reference in (*wrote.references, wrote.thread_key):
        message = _message(tx, channel, reference)
        if message is None and channel == MAIL:
            message = find_by_name(tx, reference)
        if message is not None:
            return tx.get_one(Ticket, message.ticket_id)
    otherwise = find_otherwise(tx, wrote) if channel == MAIL else joined_by_time(tx, channel, wrote)
    return _of_conversation(tx, channel, wrote) or otherwise


def _of_conversation(tx: Session, channel: str, wrote: Wrote) -> Ticket | None:
    return tx.exec(select(Ticket).where(Ticket.channel == channel, Ticket.thread_key == wrote.thread_key)).first()


def _message(tx: Session, channel: str, external_id: str) -> Message | None:
    return tx.exec(select(Message).where(Message.channel == channel, Message.external_id == external_id)).first()


def _opens_nothing(tx: Session, channel: str, wrote: Wrote) -> str:
    """Why a message of nobody's ticket opens none; "" when it does."""
    if wrote.kind != "human":
        return f"{wrote.kind}: kept, and never answered automatically"
    if wrote.facts.get("called"):
        return ""
    if why := _asks_for_nothing(wrote):
        return why
    mode = mode_of(tx, channel, wrote)
    if mode == "off" or (mode == "mention" and not wrote.facts.get("mentioned")) or mode == "emoji":
        return f"the channel's mode is {mode}"
    return ""


def _asks_for_nothing(wrote: Wrote) -> str:
    """A greeting into the room, or thanks, needs no ticket; a mail, and a greeting to us by name, has a reader."""
    kind = None if wrote.attachments or "channel" not in wrote.facts else pleasantry(wrote.text)
    called = wrote.facts.get("mentioned") or wrote.facts.get("direct")
    if kind is None or (kind is Pleasantry.GREETING and called):
        return ""
    return f"a {kind.value} asks for nothing" if kind is Pleasantry.GREETING else "thanks ask for nothing"


def _take_in_staff(tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote, ticket: Ticket | None) -> Ended:
    """Staff writing to the customer take the ticket over: the bot is silent until they hand it back."""
    if ticket is None:
        return Outcome.IGNORED, "staff messages open no ticket", None
    message = _add_message(tx, desk, delivery, wrote, ticket, None)
    message.direction, message.sending = Direction.OUTBOUND, Sending.SENT
    ticket.owner = wrote.author.external_id
    ticket.status = TicketStatus.PENDING
    ticket.updated_at = desk.now()
    person_answered(tx, desk, ticket, message)
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
    person = Person(name=mask_pii(author.name).text, company_id=company.id if company else None, created_at=desk.now())
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


def _open_ticket(
    tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote, person: Person, where: Place = NOWHERE
) -> Ticket:
    ticket = Ticket(
        channel=delivery.channel,
        thread_key=where.thread_key or wrote.thread_key,
        follows=where.after.id if where.after else None,
        requester_id=person.id,
        subject=mask_pii(wrote.subject).text[:500],
        reply_to=dict(wrote.reply_to),
        created_at=desk.now(),
        updated_at=desk.now(),
    )
    tx.add(ticket)
    tx.flush()
    record(tx, desk, person.id, "opened", ticket.id, {"channel": ticket.channel, "follows": ticket.follows})
    return ticket


def _add_message(
    tx: Session, desk: Desk, delivery: Delivery, wrote: Wrote, ticket: Ticket, person: Person | None
) -> Message:
    visible, full = mask_pii(wrote.text), mask_pii(wrote.full_text)
    subject = mask_pii(wrote.subject)
    facts = {name: mask_pii(fact).text if name in WORDS else fact for name, fact in wrote.facts.items()}
    message = Message(
        ticket_id=ticket.id,
        direction=Direction.INBOUND,
        channel=delivery.channel,
        external_id=wrote.external_id,
        role=wrote.author.role.value,
        person_id=person.id if person else None,
        author_name=mask_pii(wrote.author.name).text,
        # Somebody else with a valid token or reference may talk here, but proves nothing by it.
        trust=int(wrote.author.trust) if person is None or person.id == ticket.requester_id else 0,
        kind=wrote.kind,
        text=visible.text,
        full_text=full.text,
        facts={
            "author": wrote.author.external_id,
            "email": wrote.author.email,
            "masked": list(dict.fromkeys([*visible.kinds, *subject.kinds])),
            "masked_in_all": list(dict.fromkeys([*full.kinds, *subject.kinds])),
            "flags": list(wrote.flags),
            "references": list(wrote.references),
            **facts,
        },
        sent_at=wrote.sent_at,
        created_at=desk.now(),
        delivery_id=delivery.id,
    )
    tx.add(message)
    tx.flush()
    for attachment in wrote.attachments:
        _add_attachment(tx, desk, message, attachment)
    return message


def _add_attachment(tx: Session, desk: Desk, message: Message, attachment: AttachmentIn) -> None:
    row = Attachment(
        message_id=message.id,
        filename=mask_pii(attachment.filename).text[:255],
        content_type=attachment.content_type[:255],
        size=attachment.size,
        sha256=attachment.sha256,
        inline=attachment.inline,
        source=dict(attachment.source),
    )
    tx.add(row)
    tx.flush()
    if attachment.source and isinstance(desk.channels.get(message.channel), FetchesFiles):
        desk.jobs.defer(tx, "fetch", row.id, lane=f"fetch:{row.id}")


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
    message.facts = {name: fact for name, fact in message.facts.items() if name != "memory_before"}
    tx.add(message)
    ticket = tx.get_one(Ticket, message.ticket_id)
    ticket.first_answer_at = ticket.first_answer_at or desk.now()
    if ticket.status is TicketStatus.OPEN:
        ticket.status = TicketStatus.PENDING
    stop_clock(ticket)
    tx.add(ticket)
    wake_next(tx, desk, message)
    if message.run_id is not None:
        show_no_progress(tx, desk, ticket, message.run_id)
