"""PostgreSQL: serializable transactions in a few threads, run again when two of them could not stand side by side."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session

from storage.text import clean_parameters, storable_json
from storage.transactions import (
    Change,
    StorageBusy,
    StorageClosed,
    StorageUnreachable,
    applied,
    callbacks_of,
    run_callbacks,
)

T = TypeVar("T")
_THREADS = 8
_TRIES = 12
_AGAIN = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, no lock in time: nothing happened

# Writers side by side share the door; one that was turned back once goes through it alone. Otherwise a crowd turns
# each other back until nobody has a try left. LOCK takes no snapshot: what comes after it sees everything before it.
_SIDE_BY_SIDE = (text("LOCK TABLE alembic_version IN ROW SHARE MODE"),)
_ALONE = (text("SET LOCAL lock_timeout = '2s'"), text("LOCK TABLE alembic_version IN EXCLUSIVE MODE"))


class PostgresHome:
    """A database that many processes share."""

    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        self._url = url
        self._open = False

    def open(self) -> None:
        self._engine = postgres_engine(self._url, connections=_THREADS)
        # A snapshot that only reads never fails for the sake of others, which a serializable one might.
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._threads = ThreadPoolExecutor(_THREADS, "postgres")
        self._open = True

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        self._threads.shutdown()
        self._engine.dispose()

    async def write(self, change: Change[T]) -> T:
        return await self._in_thread(partial(_write, self._engine, change))

    async def read(self, look: Change[T]) -> T:
        return await self._in_thread(partial(_read, self._snapshots, look))

    async def _in_thread(self, attempt: "_Attempt[T]") -> T:
        if not self._open:
            raise StorageClosed(f"{self._url} is not open")
        return await asyncio.get_running_loop().run_in_executor(self._threads, _until_it_stands, attempt)


_Attempt = Callable[[bool], T]
"""One try at a transaction; True: the others wait meanwhile."""


def _until_it_stands(attempt: _Attempt[T]) -> T:
    failures = 0
    while True:
        try:
            return attempt(failures > 0)
        except DBAPIError as error:
            failures += 1
            if not (error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _AGAIN):
                raise
            if failures == _TRIES:
                raise StorageBusy(f"{_TRIES} times in a row: {error.orig}") from error
        time.sleep(random.uniform(0, min(0.004 * 2**failures, 0.5)))


def _write(engine: Engine, change: Change[T], alone: bool) -> T:
    with _connected(engine) as connection, Session(connection, expire_on_commit=False) as tx:
        for statement in _ALONE if alone else _SIDE_BY_SIDE:
            tx.execute(statement)
        result = applied(change, tx)
        callbacks = callbacks_of(tx)
        _commit(tx)
    run_callbacks(callbacks)
    return result


def _read(engine: Engine, look: Change[T], _: bool) -> T:
    with _connected(engine) as connection, Session(connection, expire_on_commit=False) as tx:
        return applied(look, tx)


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise StorageUnreachable(f"the database cannot be reached: {error.orig}") from error
    with connection:
        yield connection


def _commit(tx: Session) -> None:
    try:
        tx.commit()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        # Running it again could do it twice; whoever asked has to look.
        raise StorageUnreachable("the connection broke during a commit: perhaps the change was kept") from error


def postgres_engine(url: URL, *, connections: int = 1) -> Engine:
    """An engine whose transactions are serializable."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="SERIALIZABLE",
        pool_size=connections,
        max_overflow=0,
        connect_args={"connect_timeout": 10, "application_name": "helpdesk"},
        json_serializer=storable_json,
    )

    def on_connect(raw: Any, record: object) -> None:
        # A frozen process must not keep its row locks from everybody else.
        raw.execute("SET idle_in_transaction_session_timeout = '30s'")
        raw.commit()

    event.listen(engine, "connect", on_connect)
    clean_parameters(engine)
    return engine
