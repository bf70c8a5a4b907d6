"""Years of a helpdesk in a few seconds: tickets with everything that hangs on them, a few made and many copied."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Column, insert, text
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
from storage.types import new_id

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
    for copy in range(1, tickets // MADE):
        await desk.db.write(partial(_copy, rows=rows.rows, copy=copy))


def _insert(tx: Session, rows: Rows) -> None:
    for table, values in rows.items():
        tx.connection().execute(insert(table), values)


def _copy(tx: Session, rows: Rows, copy: int) -> None:
    """Every made row again, under other ids and unique names."""
    for model, values in rows.items():
        table = model.metadata.tables[str(model.__tablename__)]
        wanted = ", ".join(_copied(column, copy) for column in table.columns)
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        made = {"first": min(row["id"] for row in values), "last": max(row["id"] for row in values)}
        what = f'INSERT INTO "{table.name}" ({names}) SELECT {wanted} FROM "{table.name}"'
        tx.connection().execute(text(f"{what} WHERE id BETWEEN :first AND :last"), made)


def _copied(column: Column[Any], copy: int) -> str:
    """The column's value in a copy: ids get another moment long ago, so that they stay unique and old."""
    name = f'"{column.name}"'
    if column.primary_key or column.foreign_keys or column.name in IDS:
        return f"substr({name}, 1, 4) || '{copy:05}' || substr({name}, 10)"
    return f"{name} || '#{copy}'" if column.name in UNIQUE else name


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
