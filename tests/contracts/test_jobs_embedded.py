"""What only the embedded home of the job engine promises: one working process a file."""

import asyncio
import contextlib
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from storage.jobs import Job
from storage.jobs_embedded import AlreadyRunning, EmbeddedJob
from storage.open import open_storage

WORKER = Path(__file__).with_name("job_worker.py")


async def idle(job: Job) -> None:
    pass


async def test_a_second_worker_is_told_who_works_already(sqlite_url: str) -> None:
    storage = await open_storage(sqlite_url)
    await storage.db.write(lambda tx: storage.jobs.defer(tx, "answer", "row", lane="lane"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(WORKER), sqlite_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"started row 1\n"

    with pytest.raises(AlreadyRunning, match=f"process {process.pid} already works on helpdesk.db"):
        await storage.jobs.work(idle)

    process.kill()
    await process.wait()
    await storage.close()


async def test_who_stops_makes_room_for_the_next(sqlite_url: str) -> None:
    storage = await open_storage(sqlite_url)
    for _ in range(2):
        worker = asyncio.create_task(storage.jobs.work(idle))
        await asyncio.sleep(0.1)
        assert not worker.done()
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
    await storage.close()


async def test_the_database_itself_refuses_two_running_jobs_in_a_lane(sqlite_url: str) -> None:
    storage = await open_storage(sqlite_url)

    def two_running(tx: Session) -> None:
        for row in "ab":
            tx.add(EmbeddedJob(kind="answer", row_id=row, lane="lane", due=datetime.now(UTC), holder="me"))

    with pytest.raises(IntegrityError):
        await storage.db.write(two_running)
    await storage.close()
