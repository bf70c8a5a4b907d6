"""One connection to another program's tools, kept up by a task of its own through restarts of that program."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, INTERNAL_ERROR, INVALID_REQUEST, REQUEST_TIMEOUT, CallToolResult, Tool

from agents_team.mcp.config import McpConfig
from agents_team.mcp.errors import McpRefused, McpUnavailable

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
LOOK_EVERY = 30.0
"""How often the server is asked for its tools: that also shows whether it is still there."""
MOST_PAGES = 20
LARGEST_RESPONSE = 8 * 2**20
LOST = frozenset({CONNECTION_CLOSED, INTERNAL_ERROR, INVALID_REQUEST})
"""Besides a closed pipe: a server that knows our session or secret no more, or that broke while it worked."""
NEAR = ("127.0.0.1", "localhost", "::1")


class Connection:
    """The tools of one server while it is up, and why it is not while it is not."""

    def __init__(self, config: McpConfig):
        self.config = config
        self.tools: dict[str, Tool] = {}
        self.why_down = "not connected yet"
        self.version = 0
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._up = asyncio.Event()
        self._broken = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether its tools can be used now."""
        return self._client is not None

    @property
    def missing(self) -> tuple[str, ...]:
        """Tools an operator named that the server does not have; empty while it is down."""
        return tuple(tool for tool in self.config.allowed if tool not in self.tools) if self.up else ()

    def start(self) -> None:
        """Begin to connect, and keep the connection up from now on; once is enough."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep_up(), name=f"mcp {self.config.name}")

    async def ready(self) -> None:
        """Return when it is up, or has failed once and tries again by itself; never later than connecting may take."""
        self.start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._tried.wait(), self.config.connect_seconds + 1)

    async def close(self) -> None:
        """End the session and, for stdio, the program."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def read(self, tool: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """A call that changes nothing, so it is made again once when the server went away under it.

        Raises McpUnavailable or McpRefused.
        """
        try:
            return await self._call(tool, arguments, {})
        except McpUnavailable:
            if self.up:
                raise  # it is there and was too slow: asking again would double the wait
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._up.wait(), self.config.connect_seconds)
            return await self._call(tool, arguments, {})

    async def change(self, tool: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]) -> CallToolResult:
        """A call that changes something, made once. Raises McpUnavailable (not `sent`: it never left) or McpRefused."""
        await self.ready()
        await self.look()
        return await self._call(tool, arguments, meta)

    async def look(self) -> None:
        """Ask the server for its tools now. Raises McpUnavailable (not sent) when it does not answer."""
        client = self._client
        if client is None:
            raise McpUnavailable(self.why_down, sent=False)
        try:
            self._learn(await _tools_of(client, self.config.call_seconds))
        except (MCPError, TimeoutError) as error:
            self._down(_why(error))
            raise McpUnavailable(self.why_down, sent=False) from error

    async def _call(self, tool: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]) -> CallToolResult:
        client = self._client
        if client is None:
            raise McpUnavailable(self.why_down, sent=False)
        try:
            seconds = self.config.call_seconds
            # The client's own limit ends one request; ours also ends one it would go on with.
            async with asyncio.timeout(2 * seconds):
                kept = dict(meta) or None
                return await client.call_tool(tool, dict(arguments), read_timeout_seconds=seconds, meta=kept)  # type: ignore[arg-type]
        except TimeoutError as error:
            raise McpUnavailable(f"no answer within {2 * seconds:g} seconds", sent=True) from error
        except MCPError as error:
            if error.code in LOST:
                self._down(error.message)
            if error.code in LOST or error.code == REQUEST_TIMEOUT:
                raise McpUnavailable(error.message, sent=True) from error
            raise McpRefused(error.message[:500]) from error
        except Exception as error:  # the rim: whatever the library raises, nobody knows what the server did
            raise McpUnavailable(_why(error), sent=True) from error

    # ------------------------------------------------------------------ the task that keeps it up

    async def _keep_up(self) -> None:
        """Connect, wait until it breaks, connect again with growing pauses, until cancelled.

        The client library cancels the task that opened a session when its transport dies, so this task does
        nothing else, and being cancelled by anybody but us only means that the connection is gone.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._connected():
                    pause = FIRST_PAUSE
                    await self._watch()
            except asyncio.CancelledError:
                if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    raise
                self._down("the connection was lost")
            except Exception as error:  # the rim: whatever it is, the server is left out and tried again
                self._down(_why(error))
            self._tried.set()
            log.warning("MCP server %s is left out: %s", self.config.name, self.why_down)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(self._drop)
            async with asyncio.timeout(self.config.connect_seconds):
                transport = await _transport(self.config, stack)
                # No sampling, no elicitation, no roots: a server asks nothing of our model and nothing of people.
                client = await stack.enter_async_context(Client(transport, cache=None))
                tools = await _tools_of(client, self.config.connect_seconds)
            self._broken.clear()
            self._learn(tools)
            self._client, self.why_down, self.version = client, "", self.version + 1
            self._tried.set()
            self._up.set()
            yield

    async def _watch(self) -> None:
        """Return when a call found the connection broken; raise when the server does not answer any more."""
        while not self._broken.is_set():
            try:
                await asyncio.wait_for(self._broken.wait(), LOOK_EVERY)
            except TimeoutError:
                await self.look()

    def _learn(self, tools: dict[str, Tool]) -> None:
        allowed = {name: tools[name] for name in self.config.allowed if name in tools}
        if allowed != self.tools:
            self.tools, self.version = allowed, self.version + 1

    def _down(self, why: str) -> None:
        self.why_down = why
        self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client, self.version = None, self.version + 1
        self._up.clear()
        self._broken.set()


async def _tools_of(client: Client, seconds: float) -> dict[str, Tool]:
    """All pages of the server's list, by name."""
    found: dict[str, Tool] = {}
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        async with asyncio.timeout(seconds):
            page = await client.list_tools(cursor=cursor)
        found |= {tool.name: tool for tool in page.tools}
        cursor = page.next_cursor
        if not cursor:
            break
    return found


async def _transport(config: McpConfig, stack: AsyncExitStack) -> Any:
    if config.command:
        return stdio_client(StdioServerParameters(command=config.command, args=list(config.args), env=dict(config.env)))
    http = httpx2.AsyncClient(
        headers=_headers(config),
        timeout=httpx2.Timeout(config.connect_seconds, read=2 * config.call_seconds),
        trust_env=urlsplit(config.url).hostname not in NEAR,
        event_hooks={"response": [_refuse_huge]},
    )
    await stack.enter_async_context(http)
    return streamable_http_client(config.url, http_client=http)


def _headers(config: McpConfig) -> dict[str, str]:
    """Those that are set, and those that stand in files right now. Raises OSError with the file's name."""
    read = {name: Path(file).read_text(encoding="utf-8").strip() for name, file in config.header_files.items()}
    return {**config.headers, **read}


async def _refuse_huge(response: httpx2.Response) -> None:
    if int(response.headers.get("content-length", "0")) > LARGEST_RESPONSE:
        raise httpx2.DecodingError(f"the answer is larger than {LARGEST_RESPONSE} bytes", request=response.request)


def _why(error: BaseException) -> str:
    """The innermost reason in one line; no secrets are in it, because headers are never part of an error."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return "no answer in time"
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:300] if first else type(error).__name__
