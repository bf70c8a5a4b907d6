"""What both homes of the job engine promise, run against both."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from storage.jobs import Job, Run
from storage.open import Storage, open_storage

WORKER = Path(__file__).with_name("job_worker.py")


class Log:
    """A `Run` that remembers what it was given and how many ran at once."""

    def __init__(self, seconds: float = 0.0, answer: Callable[[Job], datetime | None] = lambda job: None) -> None:
        self.jobs: list[Job] = []
        self.seconds = seconds
        self.answer = answer
        self.now: list[Job] = []
        self.most_at_once = 0
        self.most_in_a_lane = 0

    async def __call__(self, job: Job) -> datetime | None:
        self.jobs.append(job)
        self.now.append(job)
        self.most_at_once = max(self.most_at_once, len(self.now))
        self.most_in_a_lane = max(self.most_in_a_lane, sum(other.lane == job.lane for other in self.now))
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.now.remove(job)
        return self.answer(job)

    @property
    def rows(self) -> list[str]:
        return [job.row_id for job in self.jobs]


@contextlib.asynccontextmanager
async def working(storage: Storage, run: Run, concurrency: int = 20) -> AsyncIterator[None]:
    worker = asyncio.create_task(storage.jobs.work(run, concurrency=concurrency))
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


@contextlib.asynccontextmanager
async def worker_process(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, str(WORKER), url, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def next_line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return (await process.stdout.readline()).decode().strip()


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  (what is waited for may happen in another process)
            await asyncio.sleep(0.01)


async def nothing_waits(storage: Storage) -> None:
    async with asyncio.timeout(10):
        while await storage.db.read(storage.jobs.waiting):  # noqa: ASYNC110  (a row, not an event)
            await asyncio.sleep(0.02)


async def defer(storage: Storage, *rows: str, lane: str = "lane", due: datetime | None = None) -> None:
    def change(tx: Session) -> None:
        for row in rows:
            storage.jobs.defer(tx, "answer", row, lane=lane, due=due)

    await storage.db.write(change)


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_job_of_a_rolled_back_transaction_never_existed(storage: Storage) -> None:
    def change(tx: Session) -> None:
        storage.jobs.defer(tx, "answer", "lost", lane="lane")
        tx.flush()
        raise KeyError("no")

    log = Log()
    async with working(storage, log):
        with pytest.raises(KeyError):
            await storage.db.write(change)
        await defer(storage, "kept")
        await nothing_waits(storage)

    assert log.rows == ["kept"]


async def test_a_committed_job_is_run_with_what_it_was_given(storage: Storage) -> None:
    log = Log()
    async with working(storage, log):
        await defer(storage, "msg_1", lane="tkt_1")
        await nothing_waits(storage)

    (job,) = log.jobs
    assert (job.kind, job.row_id, job.lane, job.attempt) == ("answer", "msg_1", "tkt_1", 1)
    assert job.id.startswith("job_")


async def test_a_job_deferred_while_nobody_works_is_run_by_who_comes_later(storage: Storage) -> None:
    await defer(storage, "early")
    log = Log()
    async with working(storage, log):
        await nothing_waits(storage)

    assert log.rows == ["early"]


async def test_a_new_job_starts_at_once(storage: Storage) -> None:
    log = Log()
    async with working(storage, log):
        await asyncio.sleep(0.5)
        started = time.monotonic()
        await defer(storage, "now")
        await until(lambda: log.rows == ["now"])

        assert time.monotonic() - started < 0.9  # sooner than any poll


async def test_one_job_of_a_lane_runs_at_a_time_oldest_first(storage: Storage) -> None:
    rows = [f"{n:02}" for n in range(12)]
    for row in rows:
        await defer(storage, row)
    log = Log(seconds=0.01)
    async with working(storage, log):
        await nothing_waits(storage)

    assert log.rows == rows
    assert log.most_in_a_lane == 1


async def test_lanes_run_side_by_side(storage: Storage) -> None:
    for n in range(5):
        await defer(storage, f"{n}", lane=f"lane {n}")
    log = Log(seconds=2)
    async with working(storage, log):
        await until(lambda: log.most_at_once == 5)


async def test_no_more_than_concurrency_run_at_once(storage: Storage) -> None:
    for n in range(9):
        await defer(storage, f"{n}", lane=f"lane {n}")
    log = Log(seconds=0.3)
    async with working(storage, log, concurrency=3):
        await nothing_waits(storage)

    assert len(log.jobs) == 9
    assert log.most_at_once == 3


async def test_a_job_is_not_started_before_it_is_due(storage: Storage) -> None:
    due = soon(1.2)
    await defer(storage, "later", due=due)
    started: list[datetime] = []

    async def run(job: Job) -> None:
        started.append(datetime.now(UTC))

    async with working(storage, run):
        await nothing_waits(storage)

    assert timedelta() <= started[0] - due < timedelta(seconds=2)


async def test_a_job_that_is_due_later_does_not_hold_up_its_lane(storage: Storage) -> None:
    await defer(storage, "tomorrow", due=soon(86_400))
    await defer(storage, "today")
    log = Log()
    async with working(storage, log):
        await until(lambda: log.rows == ["today"])


async def test_a_job_that_wants_to_run_again_later_does_not_hold_up_its_lane(storage: Storage) -> None:
    again = soon(3600)
    log = Log(answer=lambda job: again if job.row_id == "first" else None)
    await defer(storage, "first", "second")
    async with working(storage, log):
        await until(lambda: log.rows == ["first", "second"])
    await until(lambda: not log.now)

    ((kind, due),) = await storage.db.read(storage.jobs.waiting)
    assert kind == "answer"
    assert abs(due - again) < timedelta(milliseconds=1)


async def test_two_waiting_jobs_of_a_lane_run_when_each_is_due(storage: Storage) -> None:
    await defer(storage, "second", due=soon(2.5))
    await defer(storage, "first", due=soon(0.2))
    log = Log()
    async with working(storage, log):
        await until(lambda: log.rows == ["first"], seconds=2)
        await nothing_waits(storage)

    assert log.rows == ["first", "second"]


async def test_a_job_runs_again_when_it_asked_to(storage: Storage) -> None:
    log = Log(answer=lambda job: soon(0.2) if job.attempt < 3 else None)
    async with working(storage, log):
        await defer(storage, "again")
        await nothing_waits(storage)

    assert [job.attempt for job in log.jobs] == [1, 2, 3]
    assert len({job.id for job in log.jobs}) == 1


@pytest.mark.parametrize("bad", [RuntimeError("broken"), datetime(2031, 1, 1)])  # noqa: DTZ001
async def test_a_job_that_fails_or_talks_nonsense_is_tried_again_in_a_moment(storage: Storage, bad: object) -> None:
    def answer(job: Job) -> datetime | None:
        if job.attempt > 1:
            return None
        if isinstance(bad, Exception):
            raise bad
        assert isinstance(bad, datetime)
        return bad

    log = Log(answer=answer)
    async with working(storage, log):
        await defer(storage, "bad")
        await nothing_waits(storage)

    assert [job.attempt for job in log.jobs] == [1, 2]


async def test_a_job_deferred_by_a_running_one_in_its_own_lane_follows_at_once(storage: Storage) -> None:
    times: list[float] = []

    async def run(job: Job) -> None:
        times.append(time.monotonic())
        if len(times) < 5:
            await defer(storage, f"{len(times)}")

    async with working(storage, run):
        await defer(storage, "0")
        await until(lambda: len(times) == 5)

    assert times[-1] - times[0] < 3.0  # four polls would take longer


async def test_a_job_of_another_process_is_seen(storage: Storage) -> None:
    other = await open_storage(storage.db.url)
    log = Log()
    async with working(storage, log):
        await asyncio.sleep(0.2)
        await defer(other, "from the command line")
        await until(lambda: log.rows == ["from the command line"], seconds=3)
    await other.close()


async def test_the_job_of_a_killed_worker_is_started_again(storage: Storage) -> None:
    await defer(storage, "victim", "behind it")
    async with worker_process(storage.db.url) as process:
        assert await next_line(process) == "started victim 1"
        process.kill()
        await process.wait()
    log = Log()
    async with working(storage, log):
        await until(lambda: len(log.jobs) == 2)
        await nothing_waits(storage)

    assert [(job.row_id, job.attempt) for job in log.jobs] == [("victim", 2), ("behind it", 1)]


async def test_stopping_lets_a_running_job_finish(storage: Storage) -> None:
    log = Log(seconds=0.3)
    await defer(storage, "short")
    async with working(storage, log):
        await until(lambda: bool(log.now))

    assert not log.now
    assert await storage.db.read(storage.jobs.waiting) == []


async def test_stopping_gives_back_a_job_that_takes_too_long(storage: Storage) -> None:
    long, second = Log(seconds=60), Log()
    await defer(storage, "long")
    async with working(storage, long):
        await until(lambda: bool(long.now))
    assert not long.now

    async with working(storage, second):
        await nothing_waits(storage)

    assert [job.attempt for job in second.jobs] == [2]


async def test_waiting_tells_every_unfinished_job(storage: Storage) -> None:
    due = soon(100)
    await defer(storage, "a", due=due)
    await defer(storage, "b")

    (first, second) = await storage.db.read(storage.jobs.waiting)

    assert abs(first[1] - datetime.now(UTC)) < timedelta(seconds=3)
    assert abs(second[1] - due) < timedelta(milliseconds=1)
    assert second[1].utcoffset() == timedelta()


async def test_a_job_without_a_time_zone_is_refused(storage: Storage) -> None:
    with pytest.raises(Exception, match="zone"):
        await defer(storage, "naive", due=datetime(2031, 1, 1))  # noqa: DTZ001
    assert await storage.db.read(storage.jobs.waiting) == []
