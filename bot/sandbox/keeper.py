"""Keeps the real program running: starts `helpdesk run`, and starts it again when somebody killed it with -9."""

import contextlib
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.sandbox.children import Child, running

NAME = "helpdesk run"

Tell = Callable[[Mapping[str, Any]], None]


class DeskKeeper:
    """`tell` hears {state, pid, since, restarts} whenever it changes; state is starting or running."""

    def __init__(self, folder: Path, environment: Mapping[str, str], tell: Tell) -> None:
        self._folder = folder
        self._environment = environment
        self._tell = tell
        self._child: Child | None = None
        self._restarts = 0

    async def keep(self, up: Callable[[], None]) -> None:
        """Run until cancelled. `up` is called each time the desk is up. Raises Died when it ended by itself."""
        while True:
            async with running(NAME, "bot", "run", folder=self._folder, environment=self._environment) as child:
                self._child = child
                self._say("starting", child)
                if await child.first_line():
                    self._say("running", child)
                    up()
                if await child.process.wait() != -signal.SIGKILL:
                    await child.ended()
                self._child = None
            self._restarts += 1

    def kill(self) -> None:
        """What `kill -9` does; nothing when the desk is not there at the moment."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.process.kill()

    def _say(self, state: str, child: Child) -> None:
        self._tell({"state": state, "pid": child.pid, "since": time.time(), "restarts": self._restarts})
