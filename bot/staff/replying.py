"""A person answers the customer, from the staff room and on purpose: write, see what is sent and where, send."""

import hashlib

from sqlmodel import Session, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.desk_press import DeskPress, Refused, ticket_of
from bot.staff.escalations import put_up_card
from bot.staff.takeover import own
from bot.tickets.life import last_asked, person_answered
from bot.tickets.outbox import said_for, say
from channels.cards import Field, Form
from storage.models import CannedReply, Identity, Message, Person, Sending, Ticket, TicketStatus

WRITE, PREVIEW, SEND = "reply", "reply_preview", "reply_send"
EDIT_DRAFT, SEND_DRAFT, DROP_DRAFT = "draft_edit", "draft_send", "draft_drop"
NO_CANNED = "-"
LONGEST = 3_000


# ------------------------------------------------------------------ forms


def writing_form(tx: Session, desk: Desk, press: DeskPress) -> Form:
    """An empty reply, or a draft to change. Says before a word is typed who will read it."""
    ticket = ticket_of(tx, press.subject)
    draft = _draft(tx, press.subject)
    initial = draft.text if draft else ""
    canned = _canned_choices(tx)
    hint = "Markdown. Nothing is sent yet."
    text = Field("text", "Your reply", initial=initial, hint=hint, long=True, optional=bool(canned))
    saved = (Field("canned", "Or a saved reply", optional=True, choices=canned),) if canned else ()
    note = _context(tx, ticket)
    return Form(PREVIEW, press.click.value, "Reply to customer", "Preview", (text, *saved), note=note)


def preview_form(tx: Session, desk: Desk, press: DeskPress) -> Form | None:
    """What will be sent, as it will look, and where. It must be seen as it is before it can be sent."""
    ticket, text = ticket_of(tx, press.subject), _wanted_text(tx, press)
    if not text or press.rest == _digest(text):
        return None
    return Form(
        SEND,
        f"{press.subject}:{_digest(text)}",
        "Send this?",
        "Send",
        (Field("text", "Change it", initial=text, hint="A changed text is shown again before it is sent.", long=True),),
        note=f"This is sent now. {where_it_goes(tx, ticket)}",
        shown=signed(text, press.by_name),
    )


def _wanted_text(tx: Session, press: DeskPress) -> str:
    canned = press.typed("canned")
    saved = tx.get(CannedReply, canned) if canned and canned != NO_CANNED else None
    return "\n\n".join(part for part in (press.typed("text"), saved.text if saved else "") if part)[:LONGEST]


def _canned_choices(tx: Session) -> tuple[tuple[str, str], ...]:
    saved = tx.exec(select(CannedReply).order_by(CannedReply.name)).all()
    return tuple((reply.name, reply.name) for reply in saved)


def _context(tx: Session, ticket: Ticket) -> str:
    last = last_asked(tx, ticket)
    asked = f'\n\nThey wrote: "{last.text[:600]}"' if last else ""
    return f"{where_it_goes(tx, ticket)}{asked}"


def where_it_goes(tx: Session, ticket: Ticket) -> str:
    """In words: who gets the reply, and through which door."""
    person = tx.get(Person, ticket.requester_id)
    known = select(Identity.external_id).where(
        Identity.person_id == ticket.requester_id, Identity.channel == ticket.channel
    )
    identity = tx.exec(known).first() or ""
    name = (person.name if person else "") or identity
    if ticket.channel == "mail":
        to = ", ".join(_addresses(ticket)) or identity
        subject = f', subject "{ticket.subject}"' if ticket.subject else ""
        return f"It goes to {name} by mail: {to}{subject}."
    place = ticket.reply_to.get("channel", "")
    return f"It goes to {name} in their Slack thread in {place}. Everybody in that channel can read it."


def _addresses(ticket: Ticket) -> list[str]:
    """Whatever the mail door keeps as recipients."""
    to = ticket.reply_to.get("to")
    if isinstance(to, str):
        return [to]
    return [str(one) for one in to] if isinstance(to, list | tuple) else []


# ------------------------------------------------------------------ sending


def previewed_nothing(tx: Session, desk: Desk, press: DeskPress) -> str:
    """The preview could not be shown; the words must not be lost with it."""
    text = _wanted_text(tx, press)
    if not text:
        raise Refused("There was nothing to send: the reply was empty.")
    raise Refused(f"The preview could not be opened in time, so nothing was sent. Your text, to try again:\n\n{text}")


def send_reply(tx: Session, desk: Desk, press: DeskPress) -> str:
    """Send what was previewed; the ticket is the sender's from now on. The same press sends once."""
    ticket, text = ticket_of(tx, press.subject), press.typed("text")
    if not text or press.rest != _digest(text):
        return previewed_nothing(tx, desk, press)
    draft = _draft(tx, press.subject)
    if draft is not None:
        _supersede(tx, desk, draft)
    own(tx, desk, ticket, press.by)
    message = _queue(tx, desk, ticket, signed(text, press.by_name), press, cause=f"staff:{press.source}")
    person_answered(tx, desk, ticket, message)
    ticket.status = TicketStatus.PENDING
    tx.add(ticket)
    return f"Sent. {where_it_goes(tx, ticket)}"


def send_draft(tx: Session, desk: Desk, press: DeskPress) -> str:
    """Send the team's draft as it is shown on the card."""
    draft = _draft(tx, press.subject)
    if draft is None:
        raise Refused("This draft was sent, changed or dropped already.")
    draft.sending, draft.facts = (
        Sending.READY,
        {**draft.facts, "approved_by": press.by, "approved_by_name": press.by_name},
    )
    tx.add(draft)
    desk.jobs.defer(tx, "deliver", draft.id, lane=draft.ticket_id)
    record(tx, desk, press.by, "draft_sent", draft.id, {})
    put_up_card(tx, desk, draft.id, draft.ticket_id)
    return ""


def drop_draft(tx: Session, desk: Desk, press: DeskPress) -> str:
    """Say nothing of the sort; the ticket waits for the person who dropped it."""
    draft = _draft(tx, press.subject)
    if draft is None:
        raise Refused("This draft was sent, changed or dropped already.")
    _supersede(tx, desk, draft)
    own(tx, desk, tx.get_one(Ticket, draft.ticket_id), press.by)
    record(tx, desk, press.by, "draft_dropped", draft.id, {})
    return ""


def _queue(tx: Session, desk: Desk, ticket: Ticket, text: str, press: DeskPress, *, cause: str) -> Message:
    """An outgoing message of a person; like every other it is a row first, and said once."""
    known = said_for(tx, cause)
    if known is not None:
        return known
    by = {"author": press.by}
    message = say(tx, desk, ticket, cause=cause, text=text, facts=by, role="staff", author_name=press.by_name)
    record(tx, desk, press.by, "replied", ticket.id, {"message": message.id})
    return message


def _draft(tx: Session, subject: str) -> Message | None:
    message = tx.get(Message, subject) if subject.startswith("msg_") else None
    return message if message is not None and message.sending is Sending.DRAFT else None


def _supersede(tx: Session, desk: Desk, draft: Message) -> None:
    draft.sending = Sending.SUPERSEDED
    tx.add(draft)
    put_up_card(tx, desk, draft.id, draft.ticket_id)


def signed(text: str, name: str) -> str:
    """The bot posts it, so it must say who wrote it."""
    return f"{text}\n\n— {name}" if name else text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def gone(tx: Session, desk: Desk, press: DeskPress) -> str:
    """A button whose form could not be shown."""
    # A button of a card whose ticket is gone says so instead.
    ticket_of(tx, press.subject)
    raise Refused("The form could not be opened in time, so nothing happened. Please press the button again.")
