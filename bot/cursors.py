"""Where the doors' readers stopped, kept as rows."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from bot.desk import utc_now
from storage.db import Database
from storage.models import Card, Cursor, Direction, Message, Ticket

ACTIVE = timedelta(days=3)
"""Threads without a message for longer are not asked for what was missed."""


class DeskCursor:
    """Positions in mailboxes."""

    def __init__(self, db: Database):
        self._db = db

    async def load(self, name: str) -> dict[str, Any] | None:
        cursor = await self._db.read(lambda tx: tx.get(Cursor, name))
        return cursor.value if cursor else None

    async def save(self, name: str, position: dict[str, Any]) -> None:
        await self._db.write(lambda tx: _save(tx, name, position))


def _save(tx: Session, name: str, position: dict[str, Any]) -> None:
    cursor = tx.get(Cursor, name) or Cursor(name=name, value={}, at=utc_now())
    cursor.value, cursor.at = position, utc_now()
    tx.add(cursor)


class DeskWatermarks:
    """The newest Slack messages we have, so that a gap can be filled: derived from the messages themselves."""

    def __init__(self, db: Database):
        self._db = db

    async def newest(self) -> Mapping[str, str]:
        """Slack channel id -> ts of the newest message stored."""
        rows = await self._db.read(_newest)
        newest: dict[str, str] = {}
        for external_id in rows:
            _, channel, ts = external_id.split(":")
            newest[channel] = max(newest.get(channel, ""), ts)
        return newest

    async def began(self) -> str:
        """When this desk first asked, as a ts; the same ever after."""
        return await self._db.write(_began)

    async def active_threads(self) -> Sequence[tuple[str, str]]:
        """(channel id, root ts) of threads with recent traffic."""
        keys = await self._db.read(_active)
        # A ticket split off a conversation has its message's id behind the conversation's key.
        places = [key.partition("#")[0].split(":") for key in keys]
        return [(place[1], place[2]) for place in places if len(place) == 3]


def _began(tx: Session) -> str:
    cursor = tx.get(Cursor, "slack:began")
    if cursor is None:
        now = utc_now()
        cursor = Cursor(name="slack:began", value={"ts": f"{now.timestamp():.6f}"}, at=now)
        tx.add(cursor)
    return str(cursor.value["ts"])


def _newest(tx: Session) -> list[str]:
    """The newest external id per ticket; ts sort as text."""
    rows = tx.exec(
        select(func.max(Message.external_id))
        .where(
            Message.channel == "slack",
            col(Message.direction).in_([Direction.INBOUND, Direction.INTERNAL]),
            col(Message.external_id).is_not(None),
        )
        # Notes under a card are in another channel than the ticket they belong to.
        .group_by(col(Message.ticket_id), col(Message.direction))
    )
    return [row for row in rows if row]


def _active(tx: Session) -> list[str]:
    """The conversations with customers, and the cards under which staff may have talked."""
    since = utc_now() - ACTIVE
    threads = tx.exec(select(Ticket.thread_key).where(Ticket.channel == "slack", col(Ticket.updated_at) >= since))
    cards = tx.exec(
        select(Card.external_id)
        .join(Ticket, col(Ticket.id) == col(Card.ticket_id))
        .where(col(Ticket.updated_at) >= since, col(Card.external_id).is_not(None))
    )
    return [*threads, *filter(None, cards)]
