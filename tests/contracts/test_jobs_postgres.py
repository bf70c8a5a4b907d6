"""What only the PostgreSQL home of the job engine promises: many workers, some of them dying or cut off."""

import asyncio
import contextlib
from collections import Counter

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import Session

from storage.jobs import Job
from storage.jobs_postgres import ended
from storage.jobs_rescue import Rescue
from storage.open import Storage, open_storage


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Only PostgreSQL here."""
    return postgres_url


async def until_nothing_waits(storage: Storage) -> None:
    async with asyncio.timeout(20):
        while await storage.db.read(storage.jobs.waiting):  # noqa: ASYNC110  (a row, not an event)
            await asyncio.sleep(0.02)


async def stop(*workers: asyncio.Task[None]) -> None:
    for worker in workers:
        worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*workers)
    await asyncio.wait(workers)


async def defer(storage: Storage, *rows: str, lane: str) -> None:
    def change(tx: Session) -> None:
        for row in rows:
            storage.jobs.defer(tx, "answer", row, lane=lane)

    await storage.db.write(change)


def cut_all_connections(url: str) -> None:
    """What a restart of the server or a network fault does to everybody."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_two_workers_share_the_jobs_and_keep_the_lanes(storage: Storage) -> None:
    other = await open_storage(storage.db.url)
    running: Counter[str] = Counter()
    ran: list[str] = []
    by: Counter[str] = Counter()

    def worker(name: str, home: Storage) -> asyncio.Task[None]:
        async def run(job: Job) -> None:
            running[job.lane] += 1
            assert running[job.lane] == 1
            await asyncio.sleep(0.01)
            running[job.lane] -= 1
            ran.append(job.row_id)
            by[name] += 1

        return asyncio.create_task(home.jobs.work(run, concurrency=4))

    for n in range(40):
        await defer(storage, f"{n:02}", lane=f"lane {n % 8}")
    workers = worker("one", storage), worker("two", other)
    await until_nothing_waits(storage)
    await stop(*workers)
    await other.close()

    assert sorted(ran) == [f"{n:02}" for n in range(40)]
    assert min(by.values()) > 0
    for lane in range(8):
        assert [row for row in ran if int(row) % 8 == lane] == [f"{n:02}" for n in range(lane, 40, 8)]


async def test_a_running_job_survives_a_lost_connection(storage: Storage) -> None:
    starts: list[Job] = []

    async def run(job: Job) -> None:
        starts.append(job)
        await asyncio.sleep(0.8 if job.row_id == "during" else 0)

    worker = asyncio.create_task(storage.jobs.work(run))
    await defer(storage, "during", lane="one")
    async with asyncio.timeout(5):
        while not starts:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.to_thread(cut_all_connections, storage.db.url)
    await defer(storage, "after", lane="two")
    await until_nothing_waits(storage)
    await stop(worker)

    assert sorted((job.row_id, job.attempt) for job in starts) == [("after", 1), ("during", 1)]


async def sql(storage: Storage, statement: str) -> None:
    def change(tx: Session) -> None:
        tx.execute(text(statement))

    await storage.db.write(change)


async def test_after_an_outage_the_living_get_time_to_speak_before_their_jobs_are_given_away(storage: Storage) -> None:
    await sql(storage, "INSERT INTO procrastinate_workers DEFAULT VALUES")
    await defer(storage, "mine", lane="lane")
    await sql(storage, "SELECT procrastinate_fetch_job_v2(NULL, min(id)) FROM procrastinate_workers")
    rescue = Rescue(storage.db, "helpdesk", heartbeat_seconds=1.0, silence_seconds=0.5)
    await asyncio.sleep(0.6)

    assert await rescue.look() == 0
    await sql(storage, "SELECT procrastinate_update_heartbeat_v1(id) FROM procrastinate_workers")
    assert await rescue.look() == 0

    async with asyncio.timeout(10):
        while not await rescue.look():  # noqa: ASYNC110  (now it really fell silent)
            await asyncio.sleep(0.1)


async def test_a_finished_job_leaves_nothing_behind(storage: Storage) -> None:
    async def run(job: Job) -> None:
        pass

    worker = asyncio.create_task(storage.jobs.work(run))
    await defer(storage, "row", lane="lane")
    await until_nothing_waits(storage)
    await stop(worker)

    def left(tx: Session) -> int:
        count: int = tx.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one()
        return count

    assert await storage.db.read(left) == 0


async def test_a_worker_stops_at_once_in_whatever_moment_it_is_told_to(storage: Storage) -> None:
    async def nothing(job: Job) -> None:
        pass

    for milliseconds in range(0, 120, 6):
        worker = asyncio.create_task(storage.jobs.work(nothing))
        await asyncio.sleep(milliseconds / 1000)
        async with asyncio.timeout(5):
            await stop(worker)


async def test_what_loses_a_cancellation_is_cancelled_again() -> None:
    async def deaf_once() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf_once())
    async with asyncio.timeout(5):
        await ended(task, patience=0.01)
    assert task.cancelled()
