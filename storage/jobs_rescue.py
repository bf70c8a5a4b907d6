"""Gives the jobs of dead worker processes to the living, on PostgreSQL."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.db import Database
from storage.transactions import StorageError

_log = logging.getLogger(__name__)

# One statement in a serializable transaction, so that no job is taken from a worker that has just got it.
_RESCUE = text(
    """
    WITH orphan AS (
        SELECT job.id FROM procrastinate_jobs AS job
        LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
        WHERE job.queue_name = :queue AND job.status = 'doing'
          AND (worker.id IS NULL OR worker.last_heartbeat < clock_timestamp() - make_interval(secs => :silence))
        FOR UPDATE OF job
    ) SELECT procrastinate_retry_job_v2(id, clock_timestamp(), NULL, NULL, NULL) FROM orphan
    """
)
_PRUNE = text("SELECT procrastinate_prune_stalled_workers_v1(:silence)")


class Rescue:
    """Looks again and again for workers that have fallen silent."""

    def __init__(self, db: Database, queue: str, *, heartbeat_seconds: float, silence_seconds: float) -> None:
        self._db = db
        self._queue = queue
        self._heartbeat_seconds = heartbeat_seconds
        self._silence = timedelta(seconds=silence_seconds)
        self._seen = self._patient_until = datetime.min.replace(tzinfo=UTC)

    async def forever(self) -> None:
        while True:
            try:
                await self.look()
            except (StorageError, DBAPIError) as error:
                _log.warning("the rescue of jobs waits for the database: %s", error)
            await asyncio.sleep(self._heartbeat_seconds)

    async def look(self) -> int:
        """One look; how many jobs were given back."""
        now = await self._db.read(_database_clock)
        if now - self._seen > self._silence / 2:
            # The database or we were away, so everybody seems silent: first let the living speak.
            self._patient_until = now + timedelta(seconds=2 * self._heartbeat_seconds)
        self._seen = now
        if now < self._patient_until:
            return 0
        return await self._db.write(self._give_back)

    def _give_back(self, tx: Session) -> int:
        seconds = self._silence.total_seconds()
        rescued = len(tx.execute(_RESCUE, {"queue": self._queue, "silence": seconds}).all())
        tx.execute(_PRUNE, {"silence": seconds})
        if rescued:
            _log.warning("%d jobs of workers that fell silent are started again", rescued)
        return rescued


def _database_clock(tx: Session) -> datetime:
    now: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
    return now
