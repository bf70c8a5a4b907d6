"""The job engine of the single process: a small table in the same SQLite file as the data it works on.

One process works at a time, held by a lock that the kernel lets go of when the process dies. So a claim needs no lease:
whoever gets the lock knows that every claim it finds belongs to the dead.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Index, Select, bindparam, delete, exists, func, insert, select, text, tuple_, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Session, SQLModel, col
from sqlmodel import select as select_rows

from storage.db import Database
from storage.jobs import Job, Run, outcome
from storage.transactions import StorageError, after_commit
from storage.types import UtcDateTime, new_id

_log = logging.getLogger(__name__)


class AlreadyRunning(StorageError):
    """Another process already works on this database; the message names it."""


class EmbeddedJob(SQLModel, table=True):
    """One unfinished job. `holder` is the worker that runs it, `attempt` counts its starts. Unused on PostgreSQL."""

    __tablename__ = "embedded_job"
    __table_args__ = (
        Index("ix_embedded_job_lane_due", "lane", "due", "id"),
        Index("ix_embedded_job_due", "due", "id"),
        # One running job per lane, whatever the code above believes.
        Index(
            "uq_embedded_job_running_lane",
            "lane",
            unique=True,
            sqlite_where=text("holder IS NOT NULL"),
            postgresql_where=text("holder IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, default_factory=lambda: new_id("job_"))
    kind: str
    row_id: str
    lane: str
    due: datetime = Field(sa_type=UtcDateTime)
    attempt: int = 0
    holder: str | None = None


class EmbeddedJobs:
    """`storage.jobs.Jobs` on SQLite."""

    def __init__(self, db: Database, *, poll_seconds: float = 1.0, grace_seconds: float = 5.0) -> None:
        """`poll_seconds`: how soon jobs of another process (the command line) are seen; our own are seen at once."""
        self._db = db
        self._poll_seconds = poll_seconds
        self._grace_seconds = grace_seconds
        self._worker: _Worker | None = None

    def defer(self, tx: Session, kind: str, row_id: str, *, lane: str, due: datetime | None = None) -> None:
        job = {"id": new_id("job_"), "kind": kind, "row_id": row_id, "lane": lane, "due": due or datetime.now(UTC)}
        tx.connection().execute(_ADD, job)
        after_commit(tx, self._wake)

    async def work(self, run: Run, *, concurrency: int = 20) -> None:
        """As promised by `Jobs`; AlreadyRunning while another process works on the same file."""
        with _only_worker(self._db.file.with_name(self._db.file.name + ".lock")):
            await self._db.write(_give_back_all)
            self._worker = _Worker(self._db, run, concurrency, self._poll_seconds)
            try:
                await self._worker.work()
            finally:
                worker, self._worker = self._worker, None
                await worker.drain(self._grace_seconds)

    def waiting(self, tx: Session) -> list[tuple[str, datetime]]:
        return list(tx.exec(select_rows(EmbeddedJob.kind, EmbeddedJob.due).order_by(col(EmbeddedJob.due))))

    def _wake(self) -> None:
        if worker := self._worker:
            worker.wake_from_any_thread()


class _Worker:
    """One stretch of working: what runs now, and what ended and is not written down yet."""

    def __init__(self, db: Database, run: Run, concurrency: int, poll_seconds: float) -> None:
        self._db, self._run, self._concurrency, self._poll_seconds = db, run, concurrency, poll_seconds
        self._holder = f"{os.getpid()}"
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[datetime | None]] = set()
        self._ended: list[tuple[str, datetime | None]] = []

    def wake_from_any_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._woken.set)

    async def work(self) -> None:
        while True:
            self._woken.clear()
            pause = await self._turn()
            # Not wait_for: Python 3.11's loses a cancellation that comes together with the wake-up.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def _turn(self) -> float:
        """Write down what ended and start what may start, in one transaction; seconds until the next is due."""
        ended, self._ended = self._ended, []
        free = self._concurrency - len(self._running)
        try:
            claimed, next_due = await self._db.write(lambda tx: _settle_and_claim(tx, ended, free, self._holder))
        except (StorageError, DBAPIError) as error:
            _log.warning("jobs wait for the database: %s", error)
            self._ended = ended + self._ended
            return self._poll_seconds
        for job in claimed:
            task = asyncio.create_task(outcome(self._run, job), name=f"{job.kind} {job.row_id}")
            self._running.add(task)
            task.add_done_callback(partial(self._on_end, job.id))
        if next_due is None:
            return self._poll_seconds
        return max(0.0, min(self._poll_seconds, (next_due - datetime.now(UTC)).total_seconds()))

    def _on_end(self, job_id: str, task: asyncio.Task[datetime | None]) -> None:
        self._running.discard(task)
        stopped = task.cancelled() or task.exception() is not None
        self._ended.append((job_id, datetime.now(UTC) if stopped else task.result()))
        self._woken.set()

    async def drain(self, seconds: float) -> None:
        """Let running jobs finish, cancel those that take too long, give back what is not done."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        ended = self._ended
        try:
            await self._db.write(lambda tx: _settle_and_give_back(tx, ended))
        except (StorageError, DBAPIError) as error:
            _log.warning("the next start gives back what this one leaves: %s", error)


_JOBS = SQLModel.metadata.tables["embedded_job"]


def _first_of_idle_lanes() -> Select[Any]:
    """The oldest due job of each lane where nothing runs, as many as there is room for (`now`, `free`)."""
    job, other = _JOBS.alias(), _JOBS.alias()
    same_lane = other.c.lane == job.c.lane
    runs = exists().where(same_lane, other.c.holder.is_not(None))
    older = exists().where(same_lane, tuple_(other.c.due, other.c.id) < tuple_(job.c.due, job.c.id))
    due = select(job.c.id).where(job.c.due <= bindparam("now"), ~runs, ~older)
    return due.order_by(job.c.due, job.c.id).limit(bindparam("free"))


# Built once: every step of every ticket runs these, and building them takes longer than running them.
_ADD = insert(_JOBS).values(attempt=0)
_FORGET = delete(_JOBS).where(_JOBS.c.id.in_(bindparam("ids", expanding=True)))
_AGAIN = update(_JOBS).where(_JOBS.c.id == bindparam("job_id")).values(holder=None, due=bindparam("again"))
_CLAIM = (
    update(_JOBS)
    .where(_JOBS.c.id.in_(_first_of_idle_lanes()))
    .values(holder=bindparam("holder"), attempt=_JOBS.c.attempt + 1)
    .returning(_JOBS.c.due, _JOBS.c.id, _JOBS.c.kind, _JOBS.c.row_id, _JOBS.c.lane, _JOBS.c.attempt)
)
_NEXT_DUE = select(func.min(_JOBS.c.due)).where(_JOBS.c.due > bindparam("now"), _JOBS.c.holder.is_(None))
_GIVE_BACK = update(_JOBS).where(_JOBS.c.holder.is_not(None)).values(holder=None)


def _settle_and_claim(
    tx: Session, ended: list[tuple[str, datetime | None]], free: int, holder: str
) -> tuple[list[Job], datetime | None]:
    _settle(tx, ended)
    now = datetime.now(UTC)
    claimed = _claim(tx, now, free, holder)
    return claimed, tx.connection().scalar(_NEXT_DUE, {"now": now})


def _settle(tx: Session, ended: list[tuple[str, datetime | None]]) -> None:
    done = [job_id for job_id, again in ended if again is None]
    if done:
        tx.connection().execute(_FORGET, {"ids": done})
    for job_id, again in ended:
        if again is not None:
            tx.connection().execute(_AGAIN, {"job_id": job_id, "again": again})


def _claim(tx: Session, now: datetime, free: int, holder: str) -> list[Job]:
    """The jobs that may start now, as many as there is room for, oldest first."""
    if not free:
        return []
    rows = tx.connection().execute(_CLAIM, {"now": now, "free": free, "holder": holder})
    return [Job(*job) for _, *job in sorted(map(tuple, rows))]


def _give_back_all(tx: Session) -> None:
    tx.connection().execute(_GIVE_BACK)


def _settle_and_give_back(tx: Session, ended: list[tuple[str, datetime | None]]) -> None:
    _settle(tx, ended)
    _give_back_all(tx)


@contextmanager
def _only_worker(path: Path) -> Iterator[None]:
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunning(f"process {file.read().strip()} already works on {path.stem}") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
