"""Once an hour each mailbox is held against our rows: what we missed is taken in, and somebody hears of it."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session, col, select

from bot.audit import record
from bot.cursors import DeskCursor
from bot.deliveries import keep
from bot.desk import Desk
from bot.staff.escalations import escalate
from channels.base import Raw, TemporaryChannelError
from channels.mail.imap_census import Census
from channels.mail.send import MailChannel
from storage.models import Cursor, Delivery

log = structlog.get_logger(__name__)

LOOK_BACK = timedelta(days=8)
"""Every hour looks at more than a week, so that hours without a desk are made up for."""

MOST_AT_ONCE = 200


async def check_mailboxes(desk: Desk) -> int:
    """Compare every mailbox; returns how many messages had been missed. One out of reach is left for later."""
    channel = desk.channels.get("mail")
    if not isinstance(channel, MailChannel):
        return 0
    missed = 0
    for mailbox in channel.mailboxes:
        try:
            missed += await _check(desk, channel, mailbox.name)
        except TemporaryChannelError as error:
            log.warning("a mailbox could not be compared", mailbox=mailbox.name, why=str(error))
    return missed


async def _check(desk: Desk, channel: MailChannel, name: str) -> int:
    # The position first: whatever it says is read was committed before it was saved.
    position = await DeskCursor(desk.db).load(name)
    census = await channel.census(name)
    if position is None or position["uidvalidity"] != census.uidvalidity:
        return 0
    due = _due(census, position, desk.now())
    missing = await desk.db.read(lambda tx: _missing(tx, desk, name, census.uidvalidity, due))
    if not missing:
        return 0
    found = await channel.messages(name, missing[:MOST_AT_ONCE], census.uidvalidity)
    return await desk.db.write(lambda tx: _take(tx, desk, name, census.uidvalidity, found))


def _due(census: Census, position: dict[str, Any], now: datetime) -> list[int]:
    """The UIDs that the reader says it is done with, as far back as we look."""
    since = position.get("since")
    after = max(now - LOOK_BACK, datetime.fromisoformat(since)) if since else now - LOOK_BACK
    return [uid for uid, arrived in sorted(census.arrived.items()) if uid <= position["uid"] and arrived > after]


def _missing(tx: Session, desk: Desk, name: str, uidvalidity: int, due: list[int]) -> list[int]:
    envelope = col(Delivery.envelope)
    rows = tx.exec(
        select(envelope["uid"].as_integer()).where(
            Delivery.channel == "mail",
            Delivery.received_at >= desk.now() - 2 * LOOK_BACK,
            envelope["mailbox"].as_string() == name,
            envelope["uidvalidity"].as_integer() == uidvalidity,
        )
    )
    accounted = {*rows, *_same_as_others(tx, name, uidvalidity)}
    return [uid for uid in due if uid not in accounted]


def _take(tx: Session, desk: Desk, name: str, uidvalidity: int, found: list[Raw]) -> int:
    """Keep what was missed; returns how much of it we did not have under another number either."""
    new = [raw for raw in found if keep(tx, desk, raw) == 1]
    _record(tx, desk, name, uidvalidity, [int(raw.envelope["uid"]) for raw in found], new)
    return len(new)


def _same_as_others(tx: Session, name: str, uidvalidity: int) -> list[int]:
    """UIDs whose bytes we have under another one: the same mail twice in a mailbox is one row."""
    known = tx.get(Cursor, f"census:{name}")
    return list(known.value["same"]) if known and known.value["uidvalidity"] == uidvalidity else []


def _record(tx: Session, desk: Desk, name: str, uidvalidity: int, uids: list[int], new: list[Raw]) -> None:
    same = sorted({*_same_as_others(tx, name, uidvalidity), *uids} - {int(raw.envelope["uid"]) for raw in new})
    cursor = tx.get(Cursor, f"census:{name}") or Cursor(name=f"census:{name}", value={}, at=desk.now())
    cursor.value, cursor.at = {"uidvalidity": uidvalidity, "same": same}, desk.now()
    tx.add(cursor)
    if not new:
        return
    record(tx, desk, "bot", "mail_missed", None, {"mailbox": name, "uids": [raw.envelope["uid"] for raw in new]})
    escalate(
        tx,
        desk,
        cause=f"census:{name}:{desk.now():%Y-%m-%d}",
        reason="Mail had been missed",
        summary=f"{len(new)} messages of mailbox {name} were found by the hourly comparison and are taken in now.",
    )
