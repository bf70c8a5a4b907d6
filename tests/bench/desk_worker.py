"""`python -m tests.bench.desk_worker URL`: a worker process of a desk; starts working when told to."""

import asyncio
import signal
import sys

from tests.bench.small_desk import open_small_desk, working


async def main(url: str) -> None:
    """Say "ready", wait for a line, work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with open_small_desk(url) as desk:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        async with working(desk):
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
