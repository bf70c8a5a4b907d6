"""Jobs per second of both queues, and steps of real tickets per second with one, two and four worker processes."""

import asyncio
import contextlib
import itertools
import time
from contextlib import AsyncExitStack
from functools import partial

from sqlmodel import Session, col, func, select

from storage.jobs import Job
from storage.models import Message, Sending
from storage.open import Storage, open_storage
from tests.bench.figures import Line, in_turn
from tests.bench.processes import running
from tests.bench.scale import Scale
from tests.bench.small_desk import ask, open_small_desk
from tests.postgres import NoPostgres, PostgresServer

BENCH = "jobs"
WORKER = "tests.bench.desk_worker"
LANES = 50
STEPS_OF_A_TICKET = 3  # ingest, answer, deliver
_threads = (f"T0ACME:C8:{number}.0" for number in itertools.count(1))


async def measure(scale: Scale) -> list[Line]:
    """Empty jobs first, then tickets."""
    try:
        server = scale.postgres()
    except NoPostgres as error:
        return [Line(BENCH, "Jobs per second", "", "", [], [], note=str(error))]
    return [await _queues(scale, server), *[await _workers(scale, server, count) for count in (2, 4)]]


async def _queues(scale: Scale, server: PostgresServer) -> Line:
    jobs = scale.pick(100, 500)
    with server.database() as url:
        embedded, procrastinate = await open_storage(scale.new_file()), await open_storage(url)
        taken = await in_turn(
            scale.pick(2, 5), lambda: _jobs_per_second(embedded, jobs), lambda: _jobs_per_second(procrastinate, jobs)
        )
        await embedded.close()
        await procrastinate.close()
    what = f"Empty jobs in {LANES} lanes, embedded queue on SQLite"
    return Line(BENCH, what, "Procrastinate on PostgreSQL, one worker", "jobs/s", *taken)


async def _jobs_per_second(storage: Storage, count: int) -> float:
    done = asyncio.Event()
    left = iter(range(count - 1, -1, -1))

    async def run(job: Job) -> None:
        if next(left) == 0:
            done.set()

    await storage.db.write(lambda tx: _defer(tx, storage, count))
    started = time.perf_counter()
    work = asyncio.create_task(storage.jobs.work(run))
    await done.wait()
    seconds = time.perf_counter() - started
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    return count / seconds


def _defer(tx: Session, storage: Storage, count: int) -> None:
    for number in range(count):
        storage.jobs.defer(tx, "bench", f"row {number}", lane=f"lane {number % LANES}")


async def _workers(scale: Scale, server: PostgresServer, count: int) -> Line:
    tickets = scale.pick(10, 50)
    taken = await in_turn(
        scale.pick(1, 2),
        partial(_steps_per_second, server, tickets, count),
        partial(_steps_per_second, server, tickets, 1),
    )
    what = f"Steps of tickets on PostgreSQL, {count} worker processes"
    return Line(BENCH, what, "1 worker process", "steps/s", *taken)


async def _steps_per_second(server: PostgresServer, tickets: int, workers: int) -> float:
    """From the word "go" to the last reply: the tickets are accepted before, and the processes are up."""
    async with AsyncExitStack() as stack:
        url = stack.enter_context(server.database())
        desk = await stack.enter_async_context(open_small_desk(url))
        for _ in range(tickets):
            await ask(desk, next(_threads))
        children = [await stack.enter_async_context(running("-m", WORKER, url)) for _ in range(workers)]
        for child in children:
            await child.line()
        started = time.perf_counter()
        for child in children:
            child.tell("go")
        while await desk.db.read(_sent) < tickets:  # noqa: ASYNC110  (other processes do the work)
            await asyncio.sleep(0.02)
        return tickets * STEPS_OF_A_TICKET / (time.perf_counter() - started)


def _sent(tx: Session) -> int:
    return tx.exec(select(func.count()).where(col(Message.sending) == Sending.SENT)).one()
