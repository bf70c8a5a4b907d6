"""What SQLite adds: other processes at the same file, commits that fail, changes committed together."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session, func, select

from storage.db import Database, StorageBusy, StorageError, UnknownDatabase
from storage.models import Control

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
async def db(sqlite_url: str) -> AsyncIterator[Database]:
    db = Database(sqlite_url, busy_seconds=0.3)
    await db.open()
    yield db
    await db.close()


def count(tx: Session) -> int:
    return tx.exec(select(func.count()).select_from(Control)).one()


async def test_a_lock_of_another_process_is_waited_for_then_reported(db: Database) -> None:
    other = sqlite3.connect(db.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    started = time.monotonic()
    with pytest.raises(StorageBusy, match=r"0\.3 seconds"):
        await db.write(lambda tx: tx.add(Control(name="a", value="", at=NOW)))
    assert time.monotonic() - started >= 0.3
    assert await db.read(count) == 0

    waiting = asyncio.ensure_future(db.write(lambda tx: tx.add(Control(name="b", value="", at=NOW))))
    await asyncio.sleep(0.1)
    other.execute("COMMIT")
    other.close()
    await waiting
    assert await db.read(count) == 1


async def test_when_the_disk_is_full_nobody_is_told_yes(db: Database) -> None:
    def fill_up(tx: Session) -> None:
        tx.execute(text(f"PRAGMA max_page_count = {tx.execute(text('PRAGMA page_count')).scalar_one() + 20}"))

    await db.write(fill_up)
    answers = await asyncio.gather(
        *(
            db.write(lambda tx, n=n: tx.add(Control(name=f"{n}", value="x" * 20_000, at=NOW)))  # type: ignore[misc]
            for n in range(40)
        ),
        return_exceptions=True,
    )
    told_yes = sum(answer is None for answer in answers)

    assert any(isinstance(answer, Exception) for answer in answers)
    assert await db.read(count) == told_yes
    await db.write(lambda tx: tx.execute(text("PRAGMA max_page_count = 1000000")) and None)
    await db.write(lambda tx: tx.add(Control(name="works again", value="", at=NOW)))
    assert await db.read(count) == told_yes + 1


async def test_changes_that_wait_are_committed_together(db: Database) -> None:
    transactions: set[int] = set()

    def change(tx: Session) -> None:
        # A savepoint of the same connection in the same transaction shares this object.
        transactions.add(id(tx.connection().get_transaction()))

    def hold_the_writer(tx: Session) -> None:
        time.sleep(0.2)

    await asyncio.gather(db.write(hold_the_writer), *(db.write(change) for _ in range(50)))

    assert len(transactions) <= 2


async def test_a_commit_reaches_the_disk_before_it_is_reported(db: Database) -> None:
    def settings(tx: Session) -> list[object]:
        return [
            tx.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert await db.write(settings) == ["wal", 2, 1]


async def test_memory_is_no_place_for_tickets() -> None:
    with pytest.raises(UnknownDatabase, match="needs a file"):
        Database("sqlite://")


async def test_sqlite_giving_up_a_transaction_is_an_error_for_all_in_it(db: Database) -> None:
    def break_it(tx: Session) -> None:
        tx.execute(text("ROLLBACK"))  # what SQLite does by itself after an I/O error

    def hold_the_writer(tx: Session) -> None:
        time.sleep(0.1)

    first = asyncio.ensure_future(db.write(hold_the_writer))
    await asyncio.sleep(0.02)
    answers = await asyncio.gather(
        db.write(lambda tx: tx.add(Control(name="a", value="", at=NOW))),
        db.write(break_it),
        db.write(lambda tx: tx.add(Control(name="b", value="", at=NOW))),
        return_exceptions=True,
    )
    await first

    assert all(isinstance(answer, Exception) for answer in answers)
    assert isinstance(answers[0], StorageError)
    assert await db.read(count) == 0
