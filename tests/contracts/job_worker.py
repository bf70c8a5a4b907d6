"""A worker process for the job tests: says which job it starts, then never finishes it."""

import asyncio
import sys

from storage.jobs import Job
from storage.open import open_storage


async def start_and_hang(job: Job) -> None:
    sys.stdout.write(f"started {job.row_id} {job.attempt}\n")
    sys.stdout.flush()
    await asyncio.sleep(3600)


async def main(url: str) -> None:
    storage = await open_storage(url, heartbeat_seconds=0.2, silence_seconds=1.0)
    await storage.jobs.work(start_and_hang)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
