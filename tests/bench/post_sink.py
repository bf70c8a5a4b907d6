"""A submission server that takes every mail and only counts it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP


class Sink:
    """How many mails came; `until` waits for the next ones."""

    def __init__(self) -> None:
        self.port = 0
        self.count = 0
        self._more = asyncio.Event()

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.count += 1
        self._more.set()
        return "250 OK"

    async def until(self, count: int) -> None:
        """Return when this many mails have come."""
        while self.count < count:
            self._more.clear()
            await self._more.wait()


@asynccontextmanager
async def open_sink() -> AsyncIterator[Sink]:
    """A sink that listens while the block runs."""
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, loop=loop), "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 5)
