"""A loopback server whose connections all end when it stops."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from bot.sandbox.mail.faulty import Dropped

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_LINE_LIMIT = 1024 * 1024


class LineServer:
    """Runs `talk` for each connection; Dropped, or a client that is gone, ends that connection only."""

    def __init__(self, talk: Talk) -> None:
        self.port = 0
        self._talk = talk
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1 and return the real port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port, limit=_LINE_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.drop_all()

    async def drop_all(self) -> int:
        """Cut every connection now, as a dying server would; returns how many there were."""
        doomed = tuple(self._open)
        for task in doomed:
            task.cancel()
        await asyncio.gather(*doomed, return_exceptions=True)
        return len(doomed)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(Dropped, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._talk(reader, writer)
                await writer.drain()
                writer.close()
        finally:
            self._open.discard(task)
            # After close() this does nothing; after a fault it is the cut.
            if not writer.is_closing():
                writer.transport.abort()
