"""The port to the job engine: work that must happen, in the transaction that creates its reason."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlmodel import Session

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do. It names a row and never carries a payload.

    `attempt` is 1 the first time and counts every start, also those that ended in a crash.
    """

    id: str
    kind: str
    row_id: str
    lane: str
    attempt: int


Run = Callable[[Job], Awaitable[datetime | None]]
"""Does the job. None: done. An aware time: not done, try again then. Raising: not done, try again in a moment."""


class Jobs(Protocol):
    """Promises, kept by both homes and checked by one contract test file:

    - a job deferred in a transaction that rolls back never existed; one that commits is run at least once
    - one job per lane runs at a time, oldest first among those that are due; lanes run side by side
    - a job waiting for its next try does not hold up its lane
    - a job whose worker died (kill -9) is started again within seconds, with attempt + 1
    """

    def defer(self, tx: Session, kind: str, row_id: str, *, lane: str, due: datetime | None = None) -> None:
        """Add a job to the caller's transaction; `due` is when it may first run (None: now)."""

    async def work(self, run: Run, *, concurrency: int = 20) -> None:
        """Run jobs until cancelled; then let running ones finish for a few seconds and give the rest back."""

    def waiting(self, tx: Session) -> list[tuple[str, datetime]]:
        """(kind, due) of every unfinished job, for health and for tests."""


def moment_after(attempt: int) -> datetime:
    """When a job that failed unexpectedly may start again: half a second later, then twice as long, up to a minute."""
    return datetime.now(UTC) + timedelta(seconds=min(0.5 * 2 ** min(attempt - 1, 7), 60))


async def outcome(run: Run, job: Job) -> datetime | None:
    """What became of one start: None when the job is done, else when to start it again. Only cancellation escapes."""
    try:
        again = await run(job)
        if again is not None and again.tzinfo is None:
            raise ValueError(f"{again!r} has no time zone; a job is told when to run again in aware UTC")
    except Exception:
        _log.exception("job %s of %s failed on attempt %d", job.kind, job.row_id, job.attempt)
        return moment_after(job.attempt)
    return again
