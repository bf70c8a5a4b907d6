"""Understands one stored delivery and gives it its one outcome."""

from sqlmodel import Session

from bot.actions.press import Looked
from bot.desk import Desk
from bot.errors import RetryLater
from bot.staff.clicks import answer_click
from bot.staff.escalations import ask_again, close_escalation, escalate
from bot.staff.looking import look_before
from bot.tickets.changes import note_edit, note_redaction
from bot.tickets.conversation import Ended, confirm_echo, take_in
from bot.tickets.places import follow_moves, note_place_news
from channels.base import (
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


async def ingest_delivery(desk: Desk, delivery_id: str) -> None:
    """Read the bytes (nothing is changed), then record what they mean and the outcome in one transaction."""
    delivery = await desk.db.read(lambda tx: tx.get_one(Delivery, delivery_id))
    if delivery.outcome is not None:
        return
    try:
        inbound = await desk.channels[delivery.channel].read(_raw(delivery))
    except Unreadable as error:
        await quarantine_delivery(desk, delivery_id, str(error))
        return
    except TemporaryChannelError as error:
        raise RetryLater(f"{delivery.channel}: {error}") from error
    looked = await look_before(desk, inbound)
    await desk.db.write(lambda tx: _record(tx, desk, delivery_id, inbound, looked))


async def quarantine_delivery(desk: Desk, delivery_id: str, why: str) -> None:
    """Keep what nobody could understand where a person sees it; it can be run again after a repair."""

    def change(tx: Session) -> None:
        delivery = tx.get_one(Delivery, delivery_id)
        if delivery.outcome is None:
            _end(tx, desk, delivery, (Outcome.QUARANTINED, why, None))
            asked = escalate(tx, desk, cause=_cause(delivery_id), reason="A message could not be read", summary=why)
            ask_again(tx, desk, asked, why)

    await desk.db.write(change)


def _cause(delivery_id: str) -> str:
    """Of the escalation about a delivery in quarantine, however often it is run again."""
    return f"quarantine:{delivery_id}"


def _raw(delivery: Delivery) -> Raw:
    return Raw(delivery.channel, delivery.key, delivery.lane, delivery.body, delivery.envelope)


def _record(tx: Session, desk: Desk, delivery_id: str, inbound: Inbound, looked: Looked) -> None:
    delivery = tx.get_one(Delivery, delivery_id)
    if delivery.outcome is not None:
        return
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
