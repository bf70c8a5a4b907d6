"""What happens by time: every process ticks, and each slot's work is queued once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from apscheduler.executors.base import BaseExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlmodel import Session

from bot.desk import Desk
from storage.models import Tick

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""Slots are counted from here, so that every process ticks at the same times."""

SCHEDULES: dict[str, int] = {
    "expire": 20,
    "remind": 60,
    "follow": 300,
    "recheck": 3600,
    "reconcile": 86_400,
    "alarms": 30,
    "seal": 60,
    "targets": 30,
    "snoozed": 60,
    "digest": 600,
    "documents": 60,
    "articles": 3600,
    "mailboxes": 3600,
    "tidy": 3600,
    "certificate": 21_600,
    "figures": 86_400,
    "retention": 86_400,
}
"""Name of a sweep in bot/steps/tick.py, and how many seconds lie between two."""


class _SlotExecutor(BaseExecutor):  # type: ignore[misc]  # apscheduler 3 has no types
    """Instead of running a schedule's function, puts its slot into the job queue."""

    def __init__(self, desk: Desk):
        super().__init__()
        self._desk = desk
        self._tasks: set[asyncio.Task[None]] = set()

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        task = asyncio.ensure_future(self._queue(job.id, run_times[-1]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._run_job_success(job.id, [])

    async def _queue(self, name: str, slot: datetime) -> None:
        await self._desk.db.write(lambda tx: queue_slot(tx, self._desk, name, slot))


def queue_slot(tx: Session, desk: Desk, name: str, slot: datetime) -> None:
    """One job per schedule and slot, whichever process is first."""
    stamp = slot.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if tx.get(Tick, (name, stamp)) is not None:
        return
    tx.add(Tick(name=name, slot=stamp, at=desk.now()))
    tx.flush()
    desk.jobs.defer(tx, "tick", f"{name}@{stamp}", lane=f"tick:{name}")


@asynccontextmanager
async def ticking(desk: Desk) -> AsyncIterator[None]:
    """Tick while the block runs."""
    scheduler = AsyncIOScheduler(timezone=UTC, executors={"default": _SlotExecutor(desk)})
    for name, seconds in SCHEDULES.items():
        trigger = IntervalTrigger(seconds=seconds, start_date=EPOCH, timezone=UTC)
        scheduler.add_job(_never_called, trigger, id=name, coalesce=True, max_instances=1000)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _never_called() -> None:
    """The executor queues a job instead; a schedule only needs something to name."""
