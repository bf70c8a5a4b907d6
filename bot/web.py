"""The one HTTP port: is it alive, is it ready, and Slack's requests in http mode, other programs' agents."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.routes import console
from bot.controls import pauses
from bot.desk import Desk
from bot.numbers.metrics import CONTENT_TYPE, Exposition
from bot.watch.health import health, without_database
from bot.webhook import payments_webhook

if TYPE_CHECKING:
    from bot.mcp.door import McpDoor

START_SECONDS = 15.0


class _Server(uvicorn.Server):
    """Leaves signals to the program that runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(desk: Desk) -> AsyncIterator[int]:
    """Serve while the block runs; yields the port."""
    door = _mcp_door(desk)
    server = _server(app(desk, mcp=door), desk.settings.http.host, desk.settings.http.port)
    async with door.open() if door else contextlib.nullcontext(), _served(server) as port:
        yield port


@asynccontextmanager
async def probed(desk: Desk) -> AsyncIterator[None]:
    """A process without the web answers its keeper while the block runs, where http.probe_port is set."""
    port = desk.settings.http.probe_port
    if port is None:
        yield
        return
    async with _served(_server(probes(desk), desk.settings.http.host, port)):
        yield


def _server(asgi: Starlette, host: str, port: int) -> _Server:
    config = uvicorn.Config(
        asgi,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    return _Server(config)


def _mcp_door(desk: Desk) -> "McpDoor | None":
    """None while no agent has a token (http.agents): then there is no such door, and its library is not loaded."""
    if not desk.settings.http.agents:
        return None
    from bot.mcp.door import McpDoor

    return McpDoor(desk)


@asynccontextmanager
async def _served(server: uvicorn.Server) -> AsyncIterator[int]:
    task = asyncio.create_task(server.serve(), name="http")
    try:
        yield await _port(server, task)
    finally:
        server.should_exit = True
        await task


async def _port(server: uvicorn.Server, task: asyncio.Task[None]) -> int:
    for _ in range(int(START_SECONDS / 0.02)):
        if server.started:
            return int(server.servers[0].sockets[0].getsockname()[1])
        if task.done():
            break
        await asyncio.sleep(0.02)
    raise RuntimeError(f"the HTTP port {server.config.host}:{server.config.port} could not be opened (http.port)")


async def _livez(_: Request) -> Response:
    return PlainTextResponse("ok\n")


def probes(desk: Desk) -> Starlette:
    """Whether this one process is alive, and whether it reaches the database: other processes are no matter of it."""

    async def readyz(_: Request) -> Response:
        try:
            await asyncio.wait_for(desk.db.read(pauses), 5)
        except Exception as error:  # the rim: whatever it is, we are not ready
            return JSONResponse(without_database(f"{type(error).__name__}: {error}"), status_code=503)
        return JSONResponse({"ready": True})

    return Starlette(routes=[Route("/livez", _livez), Route("/readyz", readyz)])


def app(desk: Desk, *, mcp: "McpDoor | None" = None) -> Starlette:
    """The ASGI application of one desk; `mcp` must be open while it serves."""

    async def readyz(request: Request) -> Response:
        try:
            found = await asyncio.wait_for(desk.db.read(lambda tx: health(tx, desk)), 5)
        except Exception as error:  # the rim: whatever it is, we are not ready
            return JSONResponse(without_database(f"{type(error).__name__}: {error}"), status_code=503)
        # strict: for a monitor that should also hear of what does not keep traffic away.
        well = found.ok if "strict" in request.query_params else found.ready
        return JSONResponse(found.as_json(), status_code=200 if well else 503)

    scraped = Exposition(desk)

    async def metrics(_: Request) -> Response:
        try:
            return Response(await asyncio.wait_for(scraped.text(), 30), media_type=CONTENT_TYPE)
        except Exception as error:  # the rim: Prometheus notes that there was nothing to read
            return PlainTextResponse(f"{type(error).__name__}: {error}\n", status_code=503)

    routes: list[BaseRoute] = [Route("/livez", _livez), Route("/readyz", readyz), Route("/metrics", metrics)]
    routes.append(Route("/payments/webhook", payments_webhook(desk), methods=["POST"]))
    if mcp is not None:
        routes.append(Route("/mcp", mcp))
    slack = desk.channels.get("slack")
    asgi = getattr(slack, "asgi", None)
    if asgi is not None:
        routes.append(Route("/slack/events", asgi))
    routes += console(desk)
    return Starlette(routes=routes)
