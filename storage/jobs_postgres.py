"""The job engine of many processes: Procrastinate, fed inside our own transactions in the same database.

Procrastinate lets a waiting job hold up every later one of its lock, and asks the priority which one is later. So our
priority is the time a job is due: what is due sooner goes first, and a retry waiting for tomorrow is in nobody's way.
"""

import asyncio
import logging
from datetime import UTC, datetime

import psycopg
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
from sqlalchemy import text
from sqlmodel import Session

from storage.db import Database, parse_url
from storage.jobs import Run
from storage.jobs_procrastinate import EPOCH, QUEUE, TASK, helpdesk_app
from storage.jobs_rescue import Rescue

_log = logging.getLogger(__name__)

_DEFER = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        :queue, :task, :epoch - floor(extract(epoch FROM coalesce(CAST(:due AS timestamptz), clock_timestamp())))::int,
        :lane, NULL, jsonb_build_object('kind', CAST(:kind AS text), 'row_id', CAST(:row_id AS text)),
        CAST(:due AS timestamptz)
    )::procrastinate_job_to_defer_v1])
    """
).bindparams(queue=QUEUE, task=TASK, epoch=EPOCH)

_WAITING = text(
    """
    SELECT args->>'kind', coalesce(scheduled_at, to_timestamp(:epoch - priority)) AS due FROM procrastinate_jobs
    WHERE queue_name = :queue AND status IN ('todo', 'doing') ORDER BY due
    """
).bindparams(queue=QUEUE, epoch=EPOCH)


class PostgresJobs:
    """`storage.jobs.Jobs` on PostgreSQL; any number of processes may work. Order in a lane counts in whole seconds."""

    def __init__(
        self,
        db: Database,
        *,
        heartbeat_seconds: float = 2.0,
        silence_seconds: float = 8.0,
        grace_seconds: float = 5.0,
    ) -> None:
        """A worker whose heartbeat is older than `silence_seconds` is taken for dead and its jobs are started again."""
        self._db = db
        self._heartbeat_seconds = heartbeat_seconds
        self._silence_seconds = silence_seconds
        self._grace_seconds = grace_seconds

    def defer(self, tx: Session, kind: str, row_id: str, *, lane: str, due: datetime | None = None) -> None:
        if due is not None and due.tzinfo is None:
            raise ValueError(f"{due!r} has no time zone; a job is due at an aware time")
        tx.execute(_DEFER, {"kind": kind, "row_id": row_id, "lane": lane, "due": due})

    def waiting(self, tx: Session) -> list[tuple[str, datetime]]:
        return [(kind, due.astimezone(UTC)) for kind, due in tx.execute(_WAITING)]

    async def work(self, run: Run, *, concurrency: int = 20) -> None:
        rescue = Rescue(
            self._db, QUEUE, heartbeat_seconds=self._heartbeat_seconds, silence_seconds=self._silence_seconds
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(rescue.forever(), name="rescue of jobs")
            while True:
                await self._work_until_trouble(run, concurrency)
                await asyncio.sleep(1)

    async def _work_until_trouble(self, run: Run, concurrency: int) -> None:
        """One life of a Procrastinate worker; it ends when the database is long gone or took the worker for dead."""
        conninfo = parse_url(self._db.url).set(drivername="postgresql").render_as_string(hide_password=False)
        app = helpdesk_app(conninfo, run)
        worker = self._worker(app, concurrency)
        stopped = asyncio.Event()
        life = asyncio.create_task(_live(app, worker, stopped), name="worker of jobs")
        try:
            await asyncio.wait({life})
        finally:
            stopped.set()
            worker.stop()  # type: ignore[no-untyped-call]
            await ended(life, patience=self._grace_seconds + 2)
        error = None if life.cancelled() else life.exception()
        if isinstance(error, ConnectorException | psycopg.Error):
            _log.warning("the worker starts again: %s", error.__cause__ or error)
        elif error is not None:
            raise error

    def _worker(self, app: App, concurrency: int) -> Worker:
        return Worker(
            app,
            queues=[QUEUE],
            concurrency=concurrency,
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=self._grace_seconds,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=self._heartbeat_seconds,
            stalled_worker_timeout=86_400,  # clearing up after the dead is the rescue's, which knows patience
        )


async def _live(app: App, worker: Worker, stopped: asyncio.Event) -> None:
    try:
        await app.open_async()
        if not stopped.is_set():  # running begins with forgetting an earlier stop
            await worker.run()  # type: ignore[no-untyped-call]
    finally:
        await app.close_async()


async def ended(task: asyncio.Task[None], *, patience: float) -> None:
    """Wait until a task that was asked to stop is over; every `patience` seconds that takes it is cancelled.

    To stop a worker by cancelling it would not do: on Python 3.11 `wait_for`, which the driver stands on, can lose a
    cancellation that comes in the same moment as what it waits for (mended in 3.12).
    """
    while not task.done():
        await asyncio.wait({task}, timeout=patience)
        task.cancel()
