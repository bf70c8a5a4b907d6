"""`python -m tests.bench.desk_worker URL`: a worker process of a desk that works and rests as it is told."""

import asyncio
import sys

from tests.bench.small_desk import open_small_desk, working

GO, REST = "go", "rest"


async def main(url: str) -> None:
    """Say "ready"; work from each "go" to the next "rest" and say "rested"; end with the input."""
    async with open_small_desk(url) as desk:
        say("ready")
        while await _heard() == GO:
            async with working(desk):
                await _heard()
            say("rested")


def say(word: str) -> None:
    """One line to whoever started us."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def _heard() -> str:
    line: str = await asyncio.to_thread(sys.stdin.readline)
    return line.strip()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
