"""Jobs per second of both queues, and steps of real tickets per second with one, two and four worker processes."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from sqlmodel import Session, col, func, select

from bot.desk import Desk
from storage.jobs import Job
from storage.models import Message, Sending
from storage.open import Storage, open_storage
from tests.bench.crew import Worker, open_crew
from tests.bench.figures import Line, in_turn
from tests.bench.scale import Scale
from tests.bench.small_desk import ask, open_small_desk
from tests.postgres import NoPostgres, PostgresServer

BENCH = "jobs"
LANES = 50
CREWS = (2, 4)
STEPS_OF_A_TICKET = 3  # ingest, answer, deliver
_threads = (f"T0ACME:C8:{number}.0" for number in itertools.count(1))


async def measure(scale: Scale) -> list[Line]:
    """Empty jobs first, then tickets."""
    try:
        server = scale.postgres()
    except NoPostgres as error:
        return [Line(BENCH, "Jobs per second", "", "", [], [], note=str(error))]
    return [await _queues(scale, server), *await _workers(scale, server)]


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


async def _workers(scale: Scale, server: PostgresServer) -> list[Line]:
    """The processes are up before the clock starts, and rest while others are measured."""
    tickets, pairs = scale.pick(5, 40), scale.pick(1, 3)
    async with AsyncExitStack() as stack:
        url = stack.enter_context(server.database())
        desk = await stack.enter_async_context(open_small_desk(url))
        crew = await stack.enter_async_context(open_crew(url, max(CREWS)))
        await _steps_per_second(desk, crew, scale.pick(1, 4) * len(crew))  # a process is slow at the first time
        lines = []
        for count in CREWS:
            many, one = (partial(_steps_per_second, desk, crew[:size], tickets) for size in (count, 1))
            taken = await in_turn(pairs, many, one)
            what = f"Steps of tickets on PostgreSQL, {count} worker processes"
            lines.append(Line(BENCH, what, "1 worker process", "steps/s", *taken))
        return lines


async def _steps_per_second(desk: Desk, crew: Sequence[Worker], tickets: int) -> float:
    """From the word "go" to the last reply; the tickets are accepted before."""
    before = await desk.db.read(_sent)
    for _ in range(tickets):
        await ask(desk, next(_threads))
    started = time.perf_counter()
    for worker in crew:
        worker.go()
    while await desk.db.read(_sent) < before + tickets:  # noqa: ASYNC110 - other processes write the rows
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - started
    for worker in crew:
        await worker.rest()
    return tickets * STEPS_OF_A_TICKET / seconds


def _sent(tx: Session) -> int:
    return tx.exec(select(func.count()).where(col(Message.sending) == Sending.SENT)).one()
