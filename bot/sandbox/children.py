"""A process of the demo: started with its error output in a file, waited for, and stopped by its pid."""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
LAST_LINES = 12
PR_SET_PDEATHSIG = 1


class Died(Exception):
    """A process that must not end has ended; the message says which, how, and its last words."""


@dataclass(frozen=True, slots=True)
class Child:
    """One running process. What it prints and its errors are in the file `log`."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    async def first_line(self) -> str:
        """The first line it prints, "" when it ends before. Died when it says nothing for a minute."""
        assert self.process.stdout is not None
        try:
            return (await asyncio.wait_for(self.process.stdout.readline(), READY_SECONDS)).decode()
        except TimeoutError:
            raise Died(f"{self.name} did not come up within {READY_SECONDS:.0f} s.\n{self.last_words()}") from None

    async def ready(self) -> dict[str, Any]:
        """What a sandbox server says when it is up; Died when it is not coming up."""
        said: dict[str, Any] = json.loads(await self.first_line() or await self.ended())
        return said

    async def ended(self) -> NoReturn:
        """Wait until the process is gone, then raise Died."""
        code = await self.process.wait()
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        raise Died(f"{self.name} (process {self.pid}) {how}. Its last words:\n{self.last_words()}")

    def last_words(self) -> str:
        """The last lines of its error output."""
        lines = self.log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (none)"

    def ask_to_stop(self) -> None:
        """The polite signal."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    async def stop(self) -> None:
        """End it by pid: a polite signal, and after ten seconds one that cannot be refused."""
        self.ask_to_stop()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        # The pipe's transport outlives the process and would warn when collected.
        self.process._transport.close()  # type: ignore[attr-defined]


@asynccontextmanager
async def running(name: str, *arguments: str, folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Child]:
    """`python -m arguments` in `folder`, stopped when the block ends, whatever happened."""
    log = folder / f"{arguments[0]}.log"
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            # Ctrl-C in the terminal is for the demo alone, which then stops everything in order.
            process_group=0,
            preexec_fn=_end_with_parent(),
        )
    child = Child(name, process, log)
    try:
        yield child
    finally:
        await child.stop()


def sandbox(
    name: str, module: str, *, folder: Path, environment: Mapping[str, str]
) -> AbstractAsyncContextManager[Child]:
    """A sandbox server; `ready` says what it told when it came up."""
    return running(name, module, "--parent", str(os.getpid()), folder=folder, environment=environment)


def _end_with_parent() -> Callable[[], None] | None:
    """Linux ends the child even when the demo itself is killed with -9; elsewhere it would have to be ended by hand."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return bind
