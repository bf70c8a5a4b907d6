"""Runs one job: its step, again with growing pauses when it fails, and a person when that does not help."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.settings import DeskSettings
from bot.steps import STEPS
from storage.jobs import Job, Run

log = structlog.get_logger(__name__)


async def run_job(desk: Desk, job: Job) -> datetime | None:
    """Do the job once. None: it is over, one way or the other. A time: try again then."""
    step = STEPS.get(job.kind)
    if step is None:
        # A newer version may have queued it; leave it for a process that knows it.
        log.error("unknown job", kind=job.kind, row=job.row_id)
        return desk.now() + timedelta(minutes=10)
    structlog.contextvars.bind_contextvars(job=job.kind, row=job.row_id, **_ticket_of(job))
    try:
        await step.do(desk, job.row_id)
        return None
    except NeedsAPerson as trouble:
        why = str(trouble)
    except RetryLater as wait:
        if wait.patient:
            await _begin_again(desk, job, wait.after or pause(1, desk.settings.desk))
            return None
        if job.attempt < desk.settings.desk.max_tries:
            return desk.now() + max(wait.after or timedelta(0), pause(job.attempt, desk.settings.desk))
        why = f"{wait} (tried {job.attempt} times)"
    except Exception as error:  # the rim: it ends in "again" or with a person
        log.exception("step failed", kind=job.kind, row=job.row_id, attempt=job.attempt)
        if job.attempt < desk.settings.desk.max_tries:
            return desk.now() + pause(job.attempt, desk.settings.desk)
        why = f"{type(error).__name__}: {error}"
    log.warning("given to a person", kind=job.kind, row=job.row_id, why=why)
    await step.give_up(desk, job.row_id, why)
    return None


async def settle(desk: Desk, seconds: float, *, run: Run | None = None) -> None:
    """Work until no job is left. `run` does a job; default: run_job. TimeoutError when it takes longer."""
    work = asyncio.create_task(desk.jobs.work(run or partial(run_job, desk)))
    try:
        async with asyncio.timeout(seconds):
            while await desk.db.read(lambda tx: len(desk.jobs.waiting(tx))):
                if work.done():
                    work.result()
                await asyncio.sleep(0.02)
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


def _ticket_of(job: Job) -> dict[str, str]:
    """Work about a ticket runs in its lane, so its log lines can name it."""
    return {"ticket": job.lane} if job.lane.startswith("tkt_") else {}


async def _begin_again(desk: Desk, job: Job, after: timedelta) -> None:
    """The same as a new job: nothing failed, so all the tries that failures may take are still there."""
    due = desk.now() + after
    await desk.db.write(lambda tx: desk.jobs.defer(tx, job.kind, job.row_id, lane=job.lane, due=due))


def pause(attempt: int, settings: DeskSettings) -> timedelta:
    """The pause after the `attempt`-th failure (1 is the first): doubles, up to the longest."""
    seconds = settings.first_pause_seconds * 2.0 ** min(attempt - 1, 30)
    return timedelta(seconds=min(seconds, settings.longest_pause_seconds))
