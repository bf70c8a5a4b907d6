"""What PostgreSQL adds: connections that break, servers that are away, transactions that get in each other's way."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from sqlmodel import Session, func, select

from storage.db import Database, StorageBusy, StorageUnreachable
from storage.models import Control

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def cut_all_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_change_whose_connection_broke_is_run_again(postgres_url: str) -> None:
    db = Database(postgres_url)
    await db.open()
    runs = 0

    def change(tx: Session) -> None:
        nonlocal runs
        runs += 1
        assert tx.get(Control, "a") is None
        if runs == 1:
            cut_all_connections(postgres_url)
        tx.add(Control(name="a", value=str(runs), at=NOW))

    await db.write(change)

    assert runs == 2
    assert await db.read(lambda tx: tx.get_one(Control, "a").value) == "2"
    await db.close()


async def test_a_commit_whose_connection_broke_is_not_repeated_behind_the_callers_back(postgres_url: str) -> None:
    db = Database(postgres_url)
    await db.open()

    def change(tx: Session) -> None:
        tx.add(Control(name="a", value="", at=NOW))
        tx.flush()
        cut_all_connections(postgres_url)

    with pytest.raises(StorageUnreachable, match="perhaps"):
        await db.write(change)
    await db.close()


async def test_a_server_that_is_away_is_named_unreachable() -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/nothing")
    await db.open()
    with pytest.raises(StorageUnreachable):
        await db.read(lambda tx: None)
    await db.close()


async def test_two_looks_that_led_to_two_changes_are_put_one_after_the_other(postgres_url: str) -> None:
    """Write skew: each sees room for one and takes it, unless the database makes one of them look again."""
    db = Database(postgres_url)
    await db.open()
    both_looked = threading.Barrier(2)

    def take_the_last(name: str) -> Callable[[Session], bool]:
        first_run = True

        def change(tx: Session) -> bool:
            nonlocal first_run
            taken = tx.exec(select(func.count()).select_from(Control)).one()
            if first_run:
                first_run = False
                both_looked.wait(10)
            if taken:
                return False
            tx.add(Control(name=name, value="", at=NOW))
            return True

        return change

    won = await asyncio.gather(db.write(take_the_last("a")), db.write(take_the_last("b")))

    assert sorted(won) == [False, True]
    await db.close()


async def test_endless_contention_ends_in_busy(postgres_url: str) -> None:
    db = Database(postgres_url)
    await db.open()
    await db.write(lambda tx: tx.add(Control(name="a", value="", at=NOW)))

    def change(tx: Session) -> None:
        row = tx.get_one(Control, "a")
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute("UPDATE control SET value = value || 'x' WHERE name = 'a'")
        row.value = "mine"

    with pytest.raises(StorageBusy):
        await db.write(change)
    assert "mine" not in await db.read(lambda tx: tx.get_one(Control, "a").value)
    await db.close()
