"""The database as two verbs, write and read: a transaction is a plain function, so no network call hides in one."""

import asyncio
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.db_postgres import PostgresHome
from storage.db_sqlite import SqliteHome
from storage.transactions import (
    Change,
    StorageBusy,
    StorageClosed,
    StorageError,
    StorageUnreachable,
    UnknownDatabase,
    after_commit,
)

__all__ = [
    "Change",
    "Database",
    "StorageBusy",
    "StorageClosed",
    "StorageError",
    "StorageUnreachable",
    "UnknownDatabase",
    "after_commit",
    "parse_url",
]

T = TypeVar("T")
_POSTGRES = {"postgresql", "postgres"}


class Database:
    """One database behind two verbs, alike on SQLite and PostgreSQL.

    Transactions happen as if one after the other. What they return may be used freely afterwards: its columns are
    loaded and it belongs to no session any more. Nothing here blocks the event loop.
    """

    def __init__(self, url: str, *, busy_seconds: float = 10.0) -> None:
        """`sqlite:///path.db` or `postgresql://…`, else UnknownDatabase; nothing is touched before `open`."""
        self._url = parse_url(url)
        self.url = url
        self._home: SqliteHome | PostgresHome = (
            PostgresHome(self._url)
            if self._url.drivername in _POSTGRES
            else SqliteHome(self._url, busy_seconds=busy_seconds)
        )

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._home.dialect

    @property
    def file(self) -> Path:
        """The SQLite file; UnknownDatabase on PostgreSQL, which has none."""
        if self.dialect != "sqlite":
            raise UnknownDatabase("PostgreSQL keeps no file of ours")
        return Path(str(self._url.database))

    async def open(self) -> None:
        """Start the threads; the database itself is first reached by the first transaction."""
        await asyncio.to_thread(self._home.open)

    async def close(self) -> None:
        """Finish the transactions that were asked for, then let go of the database; harmless when repeated."""
        await asyncio.to_thread(self._home.close)

    async def write(self, change: Change[T]) -> T:
        """Run the change in a transaction; returned means it is on disk, raised means none of it happened.

        The change may run several times and only the last run counts, so it does nothing but SQL. Whatever it raises
        undoes it and comes out here. StorageBusy: others were in the way for too long. StorageUnreachable: there is
        no connection; the message says if it broke so late that the change may have been kept after all.
        A caller who is cancelled does not know whether the change was kept.
        """
        return await self._home.write(change)

    async def read(self, look: Change[T]) -> T:
        """Run the look on one unchanging picture of everything committed before; it cannot write."""
        return await self._home.read(look)


def parse_url(url: str) -> URL:
    """The URL taken apart; UnknownDatabase, without its password, when we have no home for it."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnknownDatabase("the database URL cannot be read; expected sqlite:///FILE or postgresql://…") from None
    if parsed.drivername not in {"sqlite", *_POSTGRES}:
        raise UnknownDatabase(f"{parsed.drivername}: no such home; expected sqlite:///FILE or postgresql://…")
    return parsed
