"""Years of a helpdesk in a few seconds: tickets with everything that hangs on them, a few made and many copied."""

import asyncio
import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, insert
from sqlmodel import Session, SQLModel

from bot.desk import Desk
from storage.models import (
    Delivery,
    Direction,
    Event,
    Identity,
    MemoryItem,
    Message,
    Outcome,
    Person,
    Run,
    RunState,
    Sending,
    Step,
    StepKind,
    Ticket,
    TicketStatus,
)
from storage.types import UtcDateTime, new_id

MADE = 200  # tickets that are made row by row; the rest are copies of them
OPEN_EVERY = 50  # two in a hundred tickets are not solved yet
EXCHANGES = 2
STEPS = 5
MINUTES_BETWEEN_TICKETS = 5
WORDS = "I am still waiting for my parcel, could you please look where it is? Thank you. " * 5

IDS = {"answered_by", "run_id", "subject_id"}  # ids without a foreign key
UNIQUE = {"thread_key", "external_id", "cause", "key"}

Rows = dict[type[SQLModel], list[dict[str, Any]]]


async def fill(desk: Desk, tickets: int) -> None:
    """Add about this many old tickets, each with two questions, two answers, and how they were found."""
    rows = _Rows(datetime.now(UTC))
    for number in range(MADE):
        rows.add_ticket(number)
    await desk.db.write(lambda tx: _insert(tx, rows.rows))
    copies = tickets // MADE - 1
    if copies > 0:
        await asyncio.to_thread(_copy, desk.db.file, rows.rows, copies)


def _insert(tx: Session, rows: Rows) -> None:
    for table, values in rows.items():
        tx.connection().execute(insert(table), values)


def _copy(file: Path, rows: Rows, copies: int) -> None:
    """Every made row again and again, under other ids and unique names.

    By a connection of its own, which does not wait for the disk: nobody needs these rows after a crash.
    """
    with closing(sqlite3.connect(file, timeout=60)) as connection, connection:
        for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -200000"):
            connection.execute(f"PRAGMA {pragma}")
        for model, values in rows.items():
            table = model.metadata.tables[str(model.__tablename__)]
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            wanted = ", ".join(_copied(column, copies) for column in table.columns)
            made = (min(row["id"] for row in values), max(row["id"] for row in values))
            # Copy by copy, so that ids and times come in their order, as they do in life.
            connection.execute(
                f"""WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < {copies})
                INSERT INTO "{table.name}" ({names})
                SELECT {wanted} FROM copy CROSS JOIN "{table.name}" AS made WHERE made.id BETWEEN ? AND ?""",
                made,
            )
        # Sealed, as all but the newest events are; the chain itself is measured nowhere.
        connection.execute(
            "INSERT INTO seal (n, event_id, salt, content_hash, hash, at) "
            "SELECT row_number() OVER (ORDER BY id), id, '', '', hex(randomblob(32)), at FROM event"
        )
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copied(column: Column[Any], copies: int) -> str:
    """The column's value in copy `n`: another moment long ago, in the ids too, so that ids stay unique."""
    name = f'made."{column.name}"'
    if isinstance(column.type, UtcDateTime):
        back = f"printf('-%d minutes', ({copies + 1} - copy.n) * {MADE * MINUTES_BETWEEN_TICKETS})"
        return f"strftime('%Y-%m-%d %H:%M:%f', {name}, {back}) || '000'"
    if column.primary_key or column.foreign_keys or column.name in IDS:
        return f"substr({name}, 1, 4) || printf('%05d', copy.n) || substr({name}, 10)"
    return f"{name} || '#' || copy.n" if column.name in UNIQUE else name


class _Rows:
    """The made rows, parents first."""

    def __init__(self, now: datetime):
        self.rows: Rows = defaultdict(list)
        self._now = now

    def add_ticket(self, number: int) -> None:
        at = self._now - timedelta(minutes=MINUTES_BETWEEN_TICKETS * (MADE - number))
        person = self._add(Person(name=f"Customer {number}", created_at=at))
        self._add(Identity(person_id=person, channel="slack", external_id=f"T0ACME/U{number}"))
        status = TicketStatus.SOLVED if number % OPEN_EVERY else TicketStatus.HOLD
        thread = f"old:{number}"
        ticket = self._add(
            Ticket(
                channel="slack",
                thread_key=thread,
                requester_id=person,
                subject="Where is my parcel?",
                status=status,
                reply_to={"thread": thread},
                created_at=at,
                updated_at=at,
            )
        )
        self._add(Event(at=at, actor=person, kind="opened", subject_id=ticket, data={"channel": "slack"}))
        for exchange in range(EXCHANGES):
            self._add_exchange(ticket, person, f"{number}.{exchange}", at)

    def _add_exchange(self, ticket: str, person: str, name: str, at: datetime) -> None:
        delivery = self._add_delivery(name, at)
        said: dict[str, Any] = {
            "ticket_id": ticket,
            "channel": "slack",
            "text": WORDS,
            "full_text": WORDS,
            "sent_at": at,
        }
        run = new_id("run_")
        asked = self._add(
            Message(
                **said,
                direction=Direction.INBOUND,
                external_id=f"T0ACME:C0OLD:{name}",
                role="requester",
                person_id=person,
                delivery_id=delivery,
                answered_by=run,
                created_at=at,
            )
        )
        self._add_run(run, ticket, asked, at)
        self._add(
            Message(
                **said,
                direction=Direction.OUTBOUND,
                external_id=f"sent:{name}",
                cause=f"answer:{run}",
                role="bot",
                run_id=run,
                sending=Sending.SENT,
                created_at=at,
            )
        )
        for place in range(2):
            position = 2 * int(name.rpartition(".")[2]) + place
            self._add(MemoryItem(ticket_id=ticket, position=position, item={"role": "user", "content": WORDS}))

    def _add_delivery(self, name: str, at: datetime) -> str:
        return self._add(
            Delivery(
                channel="slack",
                key=f"wrote:{name}",
                lane=f"slack:{name}",
                body=WORDS.encode(),
                envelope={"via": "socket"},
                received_at=at,
                outcome=Outcome.MESSAGE,
                outcome_note="human",
                done_at=at,
            )
        )

    def _add_run(self, run: str, ticket: str, asked: str, at: datetime) -> None:
        self._add(Run(id=run, ticket_id=ticket, newest_message_id=asked, state=RunState.ANSWERED, started_at=at))
        for number in range(STEPS):
            kind = StepKind.MODEL if number % 2 else StepKind.TOOL
            hashed = f"{number:064}" if kind is StepKind.MODEL else None
            place = 0 if hashed else None
            self._add(Step(run_id=run, kind=kind, request_hash=hashed, n=place, data={"output": WORDS}, at=at))

    def _add(self, row: Any) -> str:
        self.rows[type(row)].append(row.model_dump())
        return str(row.id)
