"""Worker processes that a bench tells when to work: they are up before the clock starts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.bench.desk_worker import GO, READY, REST
from tests.bench.processes import running

WORKER = "tests.bench.desk_worker"
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Worker:
    """One of them, at the other end of a line on loopback."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def go(self) -> None:
        """Work until `rest`."""
        self.writer.write(f"{GO}\n".encode())

    async def rest(self) -> None:
        """Returns when it does not work any more."""
        self.writer.write(f"{REST}\n".encode())
        await self.reader.readline()


@asynccontextmanager
async def open_crew(url: str, count: int) -> AsyncIterator[list[Worker]]:
    """So many workers on the database at `url`, resting."""
    crew: list[Worker] = []
    complete = asyncio.Event()

    async def arrives(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readline()).decode().strip() == READY:
            crew.append(Worker(reader, writer))
        if len(crew) == count:
            complete.set()

    server = await asyncio.start_server(arrives, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with running("-m", WORKER, url, str(port), str(count)) as master:
        await asyncio.wait_for(complete.wait(), START_SECONDS)
        yield crew
        for worker in crew:
            worker.writer.close()
        await asyncio.wait_for(master.process.wait(), START_SECONDS)
    server.close()
