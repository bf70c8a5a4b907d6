"""A lane is kept also by what comes late and should have run long ago."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from storage.jobs import Job
from storage.open import Storage


async def test_an_older_job_that_comes_late_waits_for_the_one_that_runs_and_holds_up_nobody_else(
    storage: Storage,
) -> None:
    now: list[str] = []
    together: list[str] = []
    first_runs, other_ran, first_may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run(job: Job) -> datetime | None:
        if job.lane == "other lane":
            other_ran.set()
            return None
        now.append(job.row_id)
        together.append("+".join(now))
        if job.row_id == "first":
            first_runs.set()
            await first_may_end.wait()
        now.remove(job.row_id)
        return None

    async def defer(row: str, due: datetime, lane: str = "lane") -> None:
        await storage.db.write(lambda tx: storage.jobs.defer(tx, "answer", row, lane=lane, due=due))

    working = asyncio.create_task(storage.jobs.work(run))
    await defer("first", datetime.now(UTC))
    await asyncio.wait_for(first_runs.wait(), 10)
    await defer("late", datetime.now(UTC) - timedelta(hours=1))
    await defer("other", datetime.now(UTC), lane="other lane")
    await asyncio.wait_for(other_ran.wait(), 10)
    first_may_end.set()
    async with asyncio.timeout(10):
        while await storage.db.read(storage.jobs.waiting):  # noqa: ASYNC110  (a row, not an event)
            await asyncio.sleep(0.02)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working

    assert together == ["first", "late"]
