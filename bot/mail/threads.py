"""Which ticket a mail joins, when nothing in it but names of other mails says so, and when it begins a new one."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from bot.desk import Desk
from bot.tickets.life import ENDED, answering_for
from channels.base import Wrote
from storage.models import Direction, Identity, MailName, Message, Person, Ticket

CHANNEL = "mail"
STRANGER = "stranger"

_LONGEST_NAME = 255
_LONGEST_KEY = 500
_MOST_FOLLOWERS = 50
_PREFIXES = re.compile(r"^(?:\s*(?:\[[^\]]{0,60}\]|[^\W\d_]{1,8}(?:\[\d+\])?\s*[:：]))+\s*")


def find_by_name(tx: Session, reference: str) -> Message | None:
    """The kept mail whose own Message-ID this is, whoever sent it."""
    return _named(tx, [reference], own=True)


def find_otherwise(tx: Session, wrote: Wrote) -> Ticket | None:
    """By the bounce address it was sent to, as the late parent of a kept mail, or by a participant's subject."""
    if key := wrote.facts.get("bounced_message"):
        message = tx.get(Message, str(key))
        return tx.get_one(Ticket, message.ticket_id) if message else None
    child = _named(tx, [str(wrote.facts.get("message_id") or "")], own=False)
    if child is not None:
        return tx.get_one(Ticket, child.ticket_id)
    ticket = tx.get(Ticket, str(wrote.facts.get("subject_ticket") or ""))
    if ticket is None or ticket.channel != CHANNEL:
        return None
    person = _person(tx, wrote.author.external_id)
    return ticket if person is not None and standing(tx, ticket, person.id, wrote) != STRANGER else None


def _named(tx: Session, names: Iterable[str], *, own: bool) -> Message | None:
    wanted = [_short(name) for name in names if name]
    if not wanted:
        return None
    found = tx.exec(
        select(MailName).where(col(MailName.name).in_(wanted), MailName.own == own).order_by(col(MailName.id).desc())
    ).first()
    return tx.get_one(Message, found.message_id) if found else None


def _person(tx: Session, address: str) -> Person | None:
    identity = tx.exec(select(Identity).where(Identity.channel == CHANNEL, Identity.external_id == address)).first()
    return tx.get_one(Person, identity.person_id) if identity else None


def remember_names(tx: Session, message: Message, wrote: Wrote) -> None:
    """Keep what this mail is called and what it refers to, for mails that come before or after it."""
    own = str(wrote.facts.get("message_id") or "")
    names = dict.fromkeys(_short(reference) for reference in wrote.references)
    names.pop(_short(own), None)
    rows = [MailName(name=name, message_id=message.id, own=False) for name in names]
    tx.add_all([*([MailName(name=_short(own), message_id=message.id, own=True)] if own else []), *rows])


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def standing(tx: Session, ticket: Ticket, person_id: str, wrote: Wrote) -> str:
    """Who the sender is in this ticket: requester, copied (by the requester), participant or stranger."""
    if person_id == ticket.requester_id:
        return "requester"
    if wrote.author.external_id in ticket.reply_to.get("cc", ()):
        return "copied"
    earlier = tx.exec(
        select(Message).where(
            Message.ticket_id == ticket.id, Message.person_id == person_id, Message.direction == Direction.INBOUND
        )
    )
    known = ("copied", "participant")
    return "participant" if any(message.facts.get("standing") in known for message in earlier) else STRANGER


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: into `ticket`, or (None) into a new one, with this thread key, that follows `after`."""

    ticket: Ticket | None
    after: Ticket | None = None
    thread_key: str = ""


NOWHERE = Place(None)


def place(tx: Session, desk: Desk, wrote: Wrote, found: Ticket | None) -> Place:
    """The ticket itself, unless it ended long ago or this is about something else: then the one that follows it.

    Such a ticket is opened once: its thread key is made of what it follows.
    """
    ticket = found
    for _ in range(_MOST_FOLLOWERS if wrote.kind == "human" else 0):
        key = _begins_anew(desk, wrote, ticket) if ticket else ""
        if ticket is None or not key:
            break
        following = tx.exec(select(Ticket).where(Ticket.channel == ticket.channel, Ticket.thread_key == key)).first()
        if following is None:
            return Place(None, ticket, key)
        ticket = answering_for(tx, following)
    return Place(ticket)


def _begins_anew(desk: Desk, wrote: Wrote, ticket: Ticket) -> str:
    """The thread key of the ticket that would follow; "" when this one simply goes on."""
    grace = timedelta(days=desk.settings.desk.follow_up_days)
    if ticket.status in ENDED and (ticket.solved_at or ticket.updated_at) < desk.now() - grace:
        return _key_after(ticket, "after")
    if _only_referred_to(wrote) and _topic(wrote.subject) != _topic(ticket.subject):
        return _key_after(ticket, hashlib.sha256(_topic(wrote.subject).encode()).hexdigest()[:16])
    return ""


def _key_after(ticket: Ticket, why: str) -> str:
    key = f"{ticket.thread_key}#{why}"
    return key if len(key) <= _LONGEST_KEY else f"{ticket.channel}:{hashlib.sha256(key.encode()).hexdigest()}"


def _only_referred_to(wrote: Wrote) -> bool:
    """Some programs keep References when a person begins something new; an answer has In-Reply-To or our address."""
    answers = wrote.facts.get("in_reply_to") or wrote.facts.get("bounced_message")
    return "message_id" in wrote.facts and bool(wrote.references) and not answers and not _sent_to_ticket(wrote)


def _sent_to_ticket(wrote: Wrote) -> bool:
    return wrote.facts.get("hint_from") == "address"


def _topic(subject: str) -> str:
    """The subject without what programs put in front of it, as people would compare two."""
    return " ".join(_PREFIXES.sub("", subject).split()).casefold()
