"""SQLite: one thread writes and commits what is waiting together; a few threads read snapshots beside it."""

import asyncio
import queue
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from storage.text import clean_parameters, storable_json
from storage.transactions import (
    Change,
    StorageBusy,
    StorageClosed,
    StorageError,
    UnknownDatabase,
    applied,
    callbacks_of,
    run_callbacks,
)

T = TypeVar("T")
_TOGETHER = 200  # changes in one commit; more would make the first of them wait too long
_READERS = 4
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@dataclass(eq=False, slots=True)
class _Waiting:
    """A change and the caller who waits for it."""

    change: Change[Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    callbacks: list[Callable[[], None]] | tuple[()] = ()

    def settle(self) -> None:
        if self.answer.done():  # the caller was cancelled meanwhile
            return
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.error)


class SqliteHome:
    """One file; also other processes (the command line) may read and write it at the same time."""

    dialect = "sqlite"

    def __init__(self, url: URL, *, busy_seconds: float) -> None:
        if not url.database or url.database == ":memory:":
            raise UnknownDatabase(f"{url}: SQLite needs a file, such as sqlite:///helpdesk.db")
        self._url = url
        self._busy_seconds = busy_seconds
        self._open = False

    def open(self) -> None:
        Path(str(self._url.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
        self._write_engine = sqlite_engine(self._url, begin="BEGIN IMMEDIATE", busy_seconds=self._busy_seconds)
        self._read_engine = sqlite_engine(
            self._url, begin="BEGIN", busy_seconds=self._busy_seconds, connections=_READERS, query_only=True
        )
        self._readers = ThreadPoolExecutor(_READERS, "sqlite-read")
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_forever, name="sqlite-write", daemon=True)
        self._writer.start()
        self._open = True

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        self._waiting.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._read_engine.dispose()
        self._write_engine.dispose()

    async def write(self, change: Change[T]) -> T:
        self._check_open()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.put(_Waiting(change, loop, answer))
        return await answer

    async def read(self, look: Change[T]) -> T:
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, look)

    def _check_open(self) -> None:
        if not self._open:
            raise StorageClosed(f"{self._url} is not open")

    def _read(self, look: Change[T]) -> T:
        with busy_said(self._busy_seconds), Session(self._read_engine, autoflush=False, expire_on_commit=False) as tx:
            return applied(look, tx)

    def _write_forever(self) -> None:
        while together := self._next_together():
            try:
                self._commit(together)
            except Exception as error:
                for waiting in together:
                    waiting.error = error
            else:
                for waiting in together:
                    run_callbacks(waiting.callbacks)
            _settle(together)

    def _next_together(self) -> list[_Waiting]:
        """Everything that waits now, at least one; nothing once the database is being closed and all is written."""
        first = self._waiting.get()
        if first is None:
            return []
        together = [first]
        while len(together) < _TOGETHER:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._waiting.put(None)
                break
            together.append(following)
        return together

    def _commit(self, together: list[_Waiting]) -> None:
        with (
            busy_said(self._busy_seconds),
            self._write_engine.connect() as connection,
            connection.begin(),
        ):
            for waiting in together:
                _apply(waiting, connection)


def _apply(waiting: _Waiting, connection: Connection) -> None:
    """Run one change in a savepoint of its own: its failure is its caller's alone."""
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as tx:
        try:
            waiting.result = applied(waiting.change, tx)
            tx.commit()
            waiting.callbacks = callbacks_of(tx)
        except Exception as error:
            _check_transaction(connection, error)
            tx.rollback()
            waiting.error = error
    _check_transaction(connection, None)


def _check_transaction(connection: Connection, cause: Exception | None) -> None:
    """After a full disk or an I/O error SQLite has rolled everything back, and a commit would silently do nothing."""
    raw: Any = connection.connection.dbapi_connection
    if not raw.in_transaction:
        raise StorageError(f"SQLite gave up the whole transaction: {cause}") from cause


def _settle(together: list[_Waiting]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = defaultdict(list)
    for waiting in together:
        by_loop[waiting.loop].append(waiting)
    for loop, all_of_it in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle_in_loop, all_of_it)


def _settle_in_loop(all_of_it: list[_Waiting]) -> None:
    for waiting in all_of_it:
        waiting.settle()


@contextmanager
def busy_said(busy_seconds: float) -> Iterator[None]:
    """Turn SQLite's own complaint about a lock into StorageBusy."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF not in _BUSY:
            raise
        raise StorageBusy(f"another process kept the database locked for {busy_seconds:g} seconds") from error


def sqlite_engine(
    url: URL,
    *,
    begin: str,
    busy_seconds: float,
    connections: int = 1,
    query_only: bool = False,
    foreign_keys: bool = True,
) -> Engine:
    """An engine whose transactions open with `begin`; WAL and a commit that has reached the disk when it returns."""
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        json_serializer=storable_json,
    )

    def on_connect(raw: Any, record: object) -> None:
        raw.isolation_level = None  # or the driver would begin transactions by itself, too late and deferred
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute(f"PRAGMA foreign_keys={int(foreign_keys)}")
        raw.execute(f"PRAGMA query_only={int(query_only)}")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    clean_parameters(engine)
    return engine
