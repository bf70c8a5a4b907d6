"""Reads all stored mail again and says what would be understood differently now; nothing is changed by looking."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from agents_team.guardrails.pii import mask_pii
from bot.deliveries import MASKED, raw_of
from bot.desk import Desk
from bot.errors import SettingsError
from bot.steps.news import PAYMENTS
from bot.tickets.conversation import find_ticket
from bot.tickets.life import answering_for
from channels.base import Inbound, Trust, Unreadable, Wrote
from channels.mail.send import MailChannel
from storage.models import Attachment, Delivery, Message, Outcome, Ticket

BATCH = 50
MOST_FOLLOWED = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of one stored mail that would be otherwise: what is kept, and what would be."""

    delivery_id: str
    message_id: str | None
    what: str
    before: Any
    after: Any


@dataclass(slots=True)
class Report:
    """What was looked at. `gone` is mail whose bytes retention has removed."""

    read: int = 0
    gone: int = 0
    changed: int = 0


async def differences(desk: Desk, report: Report) -> AsyncIterator[Difference]:
    """Every difference, oldest mail first; `report` counts along. Raises SettingsError when mail is not set up."""
    channel = desk.channels.get("mail")
    if not isinstance(channel, MailChannel):
        raise SettingsError("mail.address: must be set, so that mail can be read the way the desk does")
    last = ""
    while rows := await desk.db.read(lambda tx: _batch(tx, last)):  # noqa: B023 - done before `last` moves on
        for delivery in rows:
            last = delivery.id
            if not delivery.body:
                report.gone += 1
                continue
            report.read += 1
            found = await _compare(desk, channel, delivery)
            report.changed += bool(found)
            for difference in found:
                yield difference


def _batch(tx: Session, last: str) -> list[Delivery]:
    mail = select(Delivery).where(Delivery.channel == "mail", Delivery.id > last, col(Delivery.outcome).is_not(None))
    return list(tx.exec(mail.order_by(col(Delivery.id)).limit(BATCH)))


async def _compare(desk: Desk, channel: MailChannel, delivery: Delivery) -> list[Difference]:
    kept = await desk.db.read(lambda tx: tx.get(Message, delivery.subject_id or ""))
    try:
        raw = raw_of(desk, delivery)
        inbound: Inbound | None = await channel.understand(raw, proven=kept.facts.get("auth") if kept else None)
    except Unreadable as error:
        inbound, why = None, str(error)
    else:
        why = ""
    match delivery.outcome:
        case Outcome.MESSAGE if isinstance(inbound, Wrote):
            return await desk.db.read(lambda tx: list(_against_message(tx, delivery, inbound)))
        case Outcome.MESSAGE:
            return [_whole(delivery, "a message", why or "something else")]
        case Outcome.QUARANTINED if inbound is not None:
            return [_whole(delivery, "quarantined", "can be read")]
        case Outcome.IGNORED if isinstance(inbound, Wrote) and inbound.kind == "human":
            return [_whole(delivery, delivery.outcome_note, "would open a ticket")]
    return []


def _whole(delivery: Delivery, before: str, after: str) -> Difference:
    return Difference(delivery.id, delivery.subject_id, "outcome", before, after)


def _against_message(tx: Session, delivery: Delivery, wrote: Wrote) -> list[Difference]:
    message = tx.get(Message, delivery.subject_id or "")
    if message is None or message.deleted_at is not None:
        return []
    hashes = tx.exec(select(Attachment.sha256).where(Attachment.message_id == message.id))
    pairs: dict[str, tuple[object, object]] = {
        "kind": (message.kind, wrote.kind),
        "text": (message.text, mask_pii(wrote.text).text),
        "full text": (message.full_text, mask_pii(wrote.full_text).text),
        "thread": (message.ticket_id, _ticket_now(tx, message, wrote)),
        "trust": _trust(tx, message, wrote),
        "attachments": (sorted(hashes), sorted({attachment.sha256 for attachment in wrote.attachments})),
    }
    if not delivery.envelope.get(MASKED):  # else the bytes are no longer those that this is made of
        pairs["same as"] = (message.external_id, wrote.external_id)
    return [Difference(delivery.id, message.id, what, *pair) for what, pair in pairs.items() if pair[0] != pair[1]]


def _ticket_now(tx: Session, message: Message, wrote: Wrote) -> str:
    """The ticket that this mail would join today; the one it is in, when that follows or replaced the one found."""
    found = find_ticket(tx, message.channel, wrote)
    ticket: Ticket | None = tx.get_one(Ticket, message.ticket_id)
    for _ in range(MOST_FOLLOWED):
        if ticket is None or found is None:
            break
        if answering_for(tx, ticket).id == found.id:
            return message.ticket_id
        ticket = tx.get(Ticket, ticket.follows or "")
    return found.id if found else "a new ticket"


def _trust(tx: Session, message: Message, wrote: Wrote) -> tuple[str, str]:
    """What the mail itself proves, then and now. What a code or a colleague proved later is no matter of reading."""
    if message.trust > Trust.ALIGNED_MAIL:
        return "", ""
    requester = message.person_id == tx.get_one(Ticket, message.ticket_id).requester_id
    return Trust(message.trust).name.lower(), (wrote.author.trust if requester else Trust.UNKNOWN).name.lower()


async def run_quarantined(desk: Desk) -> int:
    """Give every quarantined mail to the desk once more; returns how many. What fails again is quarantined again."""

    def change(tx: Session) -> int:
        found = tx.exec(
            select(Delivery).where(Delivery.channel == "mail", Delivery.outcome == Outcome.QUARANTINED)
        ).all()
        for delivery in found:
            run_again(tx, desk, delivery)
        return len(found)

    return await desk.db.write(change)


def run_again(tx: Session, desk: Desk, delivery: Delivery) -> None:
    """Forget the outcome of this delivery, of any channel, and let it be understood anew."""
    delivery.outcome, delivery.outcome_note, delivery.done_at = None, "", None
    tx.add(delivery)
    if delivery.channel == PAYMENTS:
        desk.jobs.defer(tx, "news", delivery.id, lane=f"news:{delivery.key}")
    else:
        desk.jobs.defer(tx, "ingest", delivery.id, lane=f"ingest:{delivery.lane}")
