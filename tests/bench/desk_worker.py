"""`python -m tests.bench.desk_worker URL PORT COUNT`: worker processes of a desk that work as they are told."""

import asyncio
import logging
import os
import sys

from tests.bench.small_desk import open_small_desk, working

READY, GO, REST = "ready", "go", "rest"


async def work_as_told(url: str, port: int) -> None:
    """Say "ready"; work from each "go" to the next "rest" and say "rested"; end when nobody tells any more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def heard() -> str:
        return (await reader.readline()).decode().strip()

    async with open_small_desk(url) as desk:
        writer.write(f"{READY}\n".encode())
        while await heard() == GO:
            async with working(desk):
                await heard()
            writer.write(b"rested\n")
    writer.close()


def main(url: str, port: int, count: int) -> None:
    """Import once and fork: four Pythons that import everything would be slower than what is measured."""
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of each query that a rest interrupts
    children = []
    for _ in range(count):
        child = os.fork()
        if not child:
            asyncio.run(work_as_told(url, port))
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
