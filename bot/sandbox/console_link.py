"""A link into the demo's console, made as an operator makes one: by `helpdesk console-login`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.sandbox.children import Died, running


@asynccontextmanager
async def telling_link(
    folder: Path, environment: Mapping[str, str], user: str, say: Callable[[str], None]
) -> AsyncIterator[Callable[[], None]]:
    """Yields what to call when the desk is up; the link is said soon after that, or why there is none."""
    tasks: list[asyncio.Task[None]] = []
    try:
        yield lambda: tasks.append(asyncio.create_task(_tell(folder, environment, user, say)))
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _tell(folder: Path, environment: Mapping[str, str], user: str, say: Callable[[str], None]) -> None:
    name = "helpdesk console-login"
    try:
        async with running(name, "bot", "console-login", "--as", user, folder=folder, environment=environment) as child:
            link = (await child.first_line()).strip()
            say(f"The console, once and within ten minutes: {link}" if link else f"No console:\n{child.last_words()}")
    except Died as error:
        say(f"No link to the console: {error}")
