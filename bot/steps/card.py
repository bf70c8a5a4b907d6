"""Makes a card in the staff room say what is true now: look, post once, and update afterwards."""

import hashlib
import json
from dataclasses import asdict, replace
from datetime import timedelta

import structlog
from sqlmodel import Session

from bot.audit import record
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.staff.cards import view
from channels.base import PermanentChannelError, RoomClosed, StaffRoom, TemporaryChannelError
from channels.cards import Card as CardView
from storage.models import Card

log = structlog.get_logger(__name__)

CLOSED = timedelta(seconds=30)
"""How long a card waits before it looks again whether the room is private."""


async def show_card(desk: Desk, card_id: str) -> None:
    """Post the card if the room does not have it yet; else update it if it says something else."""
    if desk.staff_room is None:
        return
    card, wanted = await desk.db.write(lambda tx: _start(tx, desk, card_id))
    digest = _digest(wanted)
    if card.external_id is not None and card.shown_hash == digest:
        return
    try:
        external_id = await _make_so(desk.staff_room, card, wanted)
    except TemporaryChannelError as error:
        after = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        raise RetryLater(str(error), after=after, patient=error.retry_after is not None) from error
    except RoomClosed as error:
        # People are told by the alarm; when the room is theirs again, everything that waits is shown.
        raise RetryLater(str(error), after=CLOSED, patient=True) from error
    except PermanentChannelError as error:
        raise NeedsAPerson(str(error)) from error
    await desk.db.write(lambda tx: _record(tx, card_id, external_id, digest))


def _start(tx: Session, desk: Desk, card_id: str) -> tuple[Card, CardView]:
    """Commit that posting may now happen; the view carries the time of the first try, if there was one."""
    card = tx.get_one(Card, card_id)
    wanted = view(tx, desk, card)
    if card.first_tried_at is None:
        card.first_tried_at = desk.now()
        tx.add(card)
    return card, wanted


async def _make_so(room: StaffRoom, card: Card, wanted: CardView) -> str:
    external_id = card.external_id
    if external_id is None and wanted.first_tried_at is not None:
        external_id = await room.find_card(wanted)
    if external_id is None:
        return await room.show_card(wanted)
    await room.update_card(external_id, wanted)
    return external_id


def _digest(wanted: CardView) -> str:
    """Equal for cards that look alike; when it was tried is not part of the look."""
    look = asdict(replace(wanted, first_tried_at=None))
    return hashlib.sha256(json.dumps(look, sort_keys=True).encode()).hexdigest()


def _record(tx: Session, card_id: str, external_id: str, digest: str) -> None:
    card = tx.get_one(Card, card_id)
    card.external_id, card.shown_hash = external_id, digest
    tx.add(card)


async def give_up_card(desk: Desk, card_id: str, why: str) -> None:
    """The room cannot be reached: the card waits in the queue (helpdesk queue) and the log says so loudly."""
    log.error("a card could not be shown", card=card_id, why=why)
    await desk.db.write(lambda tx: record(tx, desk, "bot", "card_failed", card_id, {"why": why}))
