"""Processes that a bench starts: lines of JSON out, and their end."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
STOP_SECONDS = 20.0
ROOT = Path(__file__).parents[2]


class Child:
    """A running `python -m module`."""

    def __init__(self, process: asyncio.subprocess.Process):
        self.process = process

    async def line(self) -> str:
        """The next line it prints. RuntimeError when it has ended instead."""
        assert self.process.stdout is not None
        text = await asyncio.wait_for(self.process.stdout.readline(), START_SECONDS)
        if not text:
            raise RuntimeError(f"process {self.process.pid} ended; its error output says why")
        return text.decode()

    async def facts(self) -> dict[str, Any]:
        """The next line as JSON."""
        found: dict[str, Any] = json.loads(await self.line())
        return found

    async def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def resident_mib(self) -> float:
        """Its memory in RAM, of which some is shared with others (Linux)."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu_seconds(self) -> float:
        """The CPU it has used so far, all its threads (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def running(*arguments: str, environment: Mapping[str, str] | None = None) -> AsyncIterator[Child]:
    """`python arguments` while the block runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    child = Child(process)
    try:
        yield child
    finally:
        await child.stop()
        # The pipes' transport outlives the process and would warn when collected.
        process._transport.close()  # type: ignore[attr-defined]
