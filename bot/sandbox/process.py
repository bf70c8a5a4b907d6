"""Runs a sandbox server as a process of its own, and starts one from outside."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Ready = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox process: `ready` is what it said when it came up, with at least `port` and `url`."""

    process: asyncio.subprocess.Process
    ready: Ready = field(default_factory=dict)

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def port(self) -> int:
        return int(self.ready["port"])


def free_port() -> int:
    """A port nobody listens on now, for a server that others must know before it has opened."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def started(module: str, *arguments: str) -> AsyncIterator[Running]:
    """`python -m module arguments`, ready to serve; stopped by pid at the end, whatever happened."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, "--parent", str(os.getpid()), *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Running(process, await _first_line(process, module))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
        # The pipe's transport outlives the process and would warn when collected.
        process._transport.close()  # type: ignore[attr-defined]


async def _first_line(process: asyncio.subprocess.Process, module: str) -> Ready:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    if not line:
        raise RuntimeError(f"{module} ended before it was ready; its error output says why")
    ready: Ready = json.loads(line)
    return ready


def arguments(description: str) -> argparse.ArgumentParser:
    """The arguments every sandbox server has: --port (0 = any free one) and --parent."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--parent", type=int, default=0, help="end when this process is gone")
    return parser


def serve(
    app: web.Application, *, port: int, parent: int, ready: Callable[[int], Awaitable[Ready]] | None = None
) -> None:
    """Serve `app` on 127.0.0.1 until SIGTERM, SIGINT or the parent's death; prints one JSON line when ready."""
    asyncio.run(_serve(app, port, parent, ready))


async def _serve(app: web.Application, port: int, parent: int, ready: Callable[[int], Awaitable[Ready]] | None) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, shutdown_timeout=1)
    await site.start()
    actual = runner.addresses[0][1]
    more = await ready(actual) if ready else {}
    sys.stdout.write(json.dumps({"port": actual, "url": f"http://127.0.0.1:{actual}", **more}) + "\n")
    sys.stdout.flush()
    try:
        await _until_told_to_stop(parent)
    finally:
        await runner.cleanup()


async def _until_told_to_stop(parent: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        # A test run killed with -9 cannot stop us, so we watch for its death.
        if parent and os.getppid() != parent:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)
