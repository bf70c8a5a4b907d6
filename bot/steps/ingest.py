"""Understands one stored delivery and gives it its one outcome."""

import asyncio
from dataclasses import replace
from typing import NamedTuple

from sqlmodel import Session

from bot.actions.press import Looked
from bot.deliveries import MASKED, raw_of
from bot.desk import Desk
from bot.errors import RetryLater
from bot.keeping import harmless
from bot.staff.clicks import answer_click
from bot.staff.escalations import ask_again, close_escalation, escalate
from bot.staff.looking import look_before
from bot.tickets.changes import note_edit, note_redaction
from bot.tickets.conversation import Ended, confirm_echo, take_in
from bot.tickets.places import follow_moves, note_place_news
from channels.base import (
    Channel,
    Clicked,
    Deleted,
    Echo,
    Edited,
    Inbound,
    Nothing,
    PlaceNews,
    Raw,
    TemporaryChannelError,
    Unreadable,
    Wrote,
)
from storage.models import Delivery, Outcome


class Kept(NamedTuple):
    """The bytes that are kept, and whether they differ from those that came."""

    body: bytes
    masked: bool = False


async def ingest_delivery(desk: Desk, delivery_id: str) -> None:
    """Read the bytes (nothing is changed), then record what they mean and the outcome in one transaction."""
    delivery = await desk.db.read(lambda tx: tx.get_one(Delivery, delivery_id))
    if delivery.outcome is not None:
        return
    try:
        raw = raw_of(desk, delivery)
        channel = desk.channels[delivery.channel]
        inbound, kept = await _keepable(channel, raw, delivery.body, await channel.read(raw))
    except Unreadable as error:
        await quarantine_delivery(desk, delivery_id, str(error))
        return
    except TemporaryChannelError as error:
        raise RetryLater(f"{delivery.channel}: {error}") from error
    looked = await look_before(desk, inbound)
    await desk.db.write(lambda tx: _record(tx, desk, delivery_id, inbound, looked, kept))


async def quarantine_delivery(desk: Desk, delivery_id: str, why: str) -> None:
    """Keep what nobody could understand where a person sees it; it can be run again after a repair."""

    def change(tx: Session) -> None:
        delivery = tx.get_one(Delivery, delivery_id)
        if delivery.outcome is None:
            _end(tx, desk, delivery, (Outcome.QUARANTINED, why, None))
            asked = escalate(tx, desk, cause=_cause(delivery_id), reason="A message could not be read", summary=why)
            ask_again(tx, desk, asked, why)

    await desk.db.write(change)


async def _keepable(channel: Channel, raw: Raw, stored: bytes, inbound: Inbound) -> tuple[Inbound, Kept]:
    """What was understood, with the files as they are kept, and the bytes that are kept."""
    kept = await asyncio.to_thread(_kept, raw, stored, inbound)
    if not kept.masked or not isinstance(inbound, Wrote) or not inbound.attachments:
        return inbound, kept
    again = await channel.read(replace(raw, body=kept.body))  # a file of text is another one without its numbers
    return replace(inbound, attachments=again.attachments if isinstance(again, Wrote) else ()), kept


def _cause(delivery_id: str) -> str:
    """Of the escalation about a delivery in quarantine, however often it is run again."""
    return f"quarantine:{delivery_id}"


def _kept(raw: Raw, stored: bytes, inbound: Inbound) -> Kept:
    """The bytes from now on: as they came, or masked; sealed as they are where masking is not certain to hold."""
    words: tuple[str, ...] = ()
    if isinstance(inbound, Wrote):
        words = (inbound.text, inbound.full_text, inbound.subject, *(one.filename for one in inbound.attachments))
    elif isinstance(inbound, Edited):
        words = (inbound.text,)
    try:
        kept = harmless(raw.channel, raw.body, words)
    except Unreadable:
        return Kept(stored)
    return Kept(kept, masked=kept != raw.body)


def _record(tx: Session, desk: Desk, delivery_id: str, inbound: Inbound, looked: Looked, kept: Kept) -> None:
    delivery = tx.get_one(Delivery, delivery_id)
    if delivery.outcome is not None:
        return
    delivery.body = kept.body
    if kept.masked:
        delivery.envelope = {**delivery.envelope, MASKED: True}
    inbound = follow_moves(tx, delivery.channel, inbound)
    match inbound:
        case Wrote():
            ended = take_in(tx, desk, delivery, inbound)
        case Edited():
            ended = note_edit(tx, desk, delivery, inbound)
        case Deleted():
            ended = note_redaction(tx, desk, delivery, inbound)
        case Echo():
            ended = confirm_echo(tx, desk, inbound)
        case Clicked():
            decision = answer_click(tx, desk, inbound, delivery_id, looked)
            ended = (Outcome.CLICK, decision.answer, decision.id)
        case PlaceNews():
            ended = note_place_news(tx, desk, delivery_id, inbound)
        case Nothing():
            ended = (Outcome.IGNORED, inbound.reason, None)
    _end(tx, desk, delivery, ended)
    # It may have been in quarantine before, and been run again.
    close_escalation(tx, desk, _cause(delivery_id))


def _end(tx: Session, desk: Desk, delivery: Delivery, ended: Ended) -> None:
    delivery.outcome, delivery.outcome_note, delivery.subject_id = ended
    delivery.done_at = desk.now()
    tx.add(delivery)
