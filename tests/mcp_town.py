"""A CRM that other programs reach by MCP, made with the official server library, on loopback; can be stopped and
started again on its port."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context


@dataclass
class Call:
    """One call as it arrived."""

    tool: str
    arguments: dict[str, Any]
    meta: dict[str, Any]
    headers: dict[str, str]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class McpTown:
    """The CRM: `find_customer` looks, `add_credit` changes; `calls` is everything that arrived."""

    port: int = 0
    token: str = ""
    calls: list[Call] = field(default_factory=list)
    credits: dict[str, int] = field(default_factory=dict)
    note: str = "prefers mail"
    hang: asyncio.Event = field(default_factory=asyncio.Event)
    refuses: bool = False
    description: str = "Add credit to a customer's account."
    _server: _Server | None = None
    _task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    async def start(self) -> None:
        app: Any = crm(self).streamable_http_app()
        config = uvicorn.Config(
            self._guarded(app), port=self.port, log_config=None, lifespan="on", timeout_graceful_shutdown=0
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve())
        for _ in range(2_000):
            if self._server.started:
                break
            await asyncio.sleep(0.005)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As a crash looks from outside: no session survives it."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = self._server.force_exit = True
            await self._task
            self._server = self._task = None

    def _guarded(self, app: Any) -> Any:
        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            wanted = f"Bearer {self.token}".encode()
            if scope["type"] == "http" and self.token and dict(scope["headers"]).get(b"authorization") != wanted:
                await send({"type": "http.response.start", "status": 401, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            await app(scope, receive, send)

        return guarded

    def heard(self, tool: str, context: Context[Any] | None, **arguments: Any) -> None:
        request = context.request_context if context else None
        meta = dict(request.meta or {}) if request else {}
        headers = dict(context.headers or {}) if context else {}
        self.calls.append(Call(tool, arguments, meta, headers))


def crm(town: McpTown) -> MCPServer[Any]:
    """The CRM's tools over what `town` holds."""
    server: MCPServer[Any] = MCPServer("crm")

    @server.tool(description="Look up what the CRM knows about a customer.")
    def find_customer(customer_id: str, context: Context[Any]) -> str:
        town.heard("find_customer", context, customer_id=customer_id)
        return f"{customer_id}: {town.note}; {len(town.calls)} calls today"

    @server.tool(description=town.description)
    async def add_credit(customer_id: str, amount_minor: int, context: Context[Any]) -> str:
        town.heard("add_credit", context, customer_id=customer_id, amount_minor=amount_minor)
        if town.refuses:
            raise ValueError("the customer is blocked")
        town.credits[customer_id] = town.credits.get(customer_id, 0) + amount_minor
        if town.hang.is_set():
            await asyncio.sleep(3600)
        return f"credited, reference CR-{len(town.calls)}"

    @server.tool(description="Delete everything.")
    def drop_everything(context: Context[Any]) -> str:
        town.heard("drop_everything", context)
        return "gone"

    return server


@asynccontextmanager
async def mcp_town(**changed: Any) -> AsyncIterator[McpTown]:
    """A CRM that runs while the block does."""
    town = McpTown(**changed)
    await town.start()
    try:
        yield town
    finally:
        await town.stop()


if __name__ == "__main__":
    # As a program that is spoken to over stdin and stdout.
    crm(McpTown(note=sys.argv[1])).run("stdio")
