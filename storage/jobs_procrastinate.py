"""Procrastinate set up for us: one task that runs any of our jobs, and a manager that outlives a lost connection."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

import psycopg
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job as StoredJob
from procrastinate.jobs import Notification, Status
from procrastinate.manager import JobManager, NotificationCallback
from psycopg_pool import AsyncConnectionPool

from storage.jobs import Job, Run, moment_after, outcome

_log = logging.getLogger(__name__)
QUEUE = "helpdesk"
TASK = "helpdesk.job"
EPOCH = 2_000_000_000
"""A job due this many seconds after 1970 (in 2033) has priority 0; 32 bits of seconds reach to 2101."""


def helpdesk_app(conninfo: str, run: Run) -> App:
    """A Procrastinate app, not yet open, whose one task gives our jobs to `run`."""
    connector = PsycopgConnector(conninfo=conninfo, min_size=2, max_size=6, pool_factory=_pool)
    app = App(connector=connector)
    app.job_manager = _PatientManager(connector)

    @app.task(name=TASK, queue=QUEUE, retry=_SayWhen(), pass_context=True)
    async def do(context: JobContext, kind: str, row_id: str) -> None:
        stored = context.job
        job = Job(f"job_{stored.id}", kind, row_id, stored.lock or "", stored.attempts + 1)
        again = await outcome(run, job)
        if again is not None:
            raise _AgainAt(again)

    return app


class _AgainAt(Exception):
    """The job asks to be started again at this time."""

    def __init__(self, due: datetime) -> None:
        super().__init__(f"again at {due.isoformat()}")
        self.due = due


class _SayWhen(BaseRetryStrategy):
    """Every job that did not end well is started again: giving up is for the bot to decide, not for the engine."""

    def get_retry_decision(self, *, exception: BaseException, job: StoredJob) -> RetryDecision:
        due = exception.due if isinstance(exception, _AgainAt) else moment_after(job.attempts + 1)
        return RetryDecision(retry_at=due, priority=EPOCH - int(due.timestamp()))


class _PatientManager(JobManager):
    """Procrastinate's own manager would let a worker die of any lost connection, and its jobs be cancelled with it."""

    def __init__(self, connector: PsycopgConnector) -> None:
        super().__init__(connector)
        self._wakes = 0
        self._wake_worker: NotificationCallback | None = None

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        async def woken(*, channel: str, notification: Notification) -> None:
            self._wakes += 1
            await on_notification(channel=channel, notification=notification)

        self._wake_worker = woken
        await super().listen_for_jobs(on_notification=woken, queues=queues)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> StoredJob | None:
        while True:
            wakes = self._wakes
            try:
                job = await super().fetch_job(queues, worker_id)
            except UniqueViolation:  # another process was a moment faster in that lane
                continue
            except ConnectorException as error:
                _raise_unless_lost(error)
                return None
            # The worker forgets a wake-up that comes while it looks, so look again.
            if job is not None or wakes == self._wakes:
                return job

    async def finish_job(self, job: StoredJob, status: Status, delete_job: bool) -> None:
        await self._settle(job, lambda: super(_PatientManager, self).finish_job(job, status, delete_job))

    async def retry_job(self, job: StoredJob, *args: Any, **kwargs: Any) -> None:
        await self._settle(job, lambda: super(_PatientManager, self).retry_job(job, *args, **kwargs))

    async def update_heartbeat(self, worker_id: int) -> None:
        try:
            await super().update_heartbeat(worker_id)
        except ConnectorException as error:
            _raise_unless_lost(error)

    async def _settle(self, job: StoredJob, settle: Callable[[], Awaitable[None]]) -> None:
        """Write down how the job ended, as often as it takes: a row left "doing" would block its lane for good."""
        while True:
            try:
                await settle()
                break
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):
                    _log.warning("job %s was taken over from this worker, which had fallen silent", job.id)
                    break
                _raise_unless_lost(error)
                await asyncio.sleep(0.5)
        if self._wake_worker:  # the lane is free: its next job need not wait for the next poll
            await self._wake_worker(channel="", notification={"type": "job_inserted", "job_id": job.id or 0})


def _raise_unless_lost(error: ConnectorException) -> None:
    if not isinstance(error.__cause__, psycopg.OperationalError):
        raise error
    _log.warning("the worker has lost the database for now: %s", error.__cause__)


def _pool(**options: Any) -> AsyncConnectionPool:
    # A probe before every query would double the round trips; a broken connection is noticed by the query itself.
    return AsyncConnectionPool(**options | {"check": None})
