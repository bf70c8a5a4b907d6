"""The one HTTP port: is it alive, is it ready, and Slack's requests in http mode."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from sqlmodel import Session, func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk import Desk
from storage.models import Delivery, Message, Sending

START_SECONDS = 15.0


class _Server(uvicorn.Server):
    """Leaves signals to the program that runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(desk: Desk) -> AsyncIterator[int]:
    """Serve while the block runs; yields the port."""
    config = uvicorn.Config(
        app(desk),
        host=desk.settings.http.host,
        port=desk.settings.http.port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    server = _Server(config)
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


def app(desk: Desk) -> Starlette:
    """The ASGI application of one desk."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        try:
            facts = await asyncio.wait_for(desk.db.read(_facts), 5)
        except Exception as error:  # the rim: whatever it is, we are not ready
            return JSONResponse({"ready": False, "database": f"{type(error).__name__}: {error}"}, status_code=503)
        return JSONResponse({"ready": True, **facts})

    routes: list[BaseRoute] = [Route("/livez", livez), Route("/readyz", readyz)]
    slack = desk.channels.get("slack")
    asgi = getattr(slack, "asgi", None)
    if asgi is not None:
        routes.append(Route("/slack/events", asgi))
    return Starlette(routes=routes)


def _facts(tx: Session) -> dict[str, int]:
    waiting = tx.exec(select(func.count()).where(Delivery.outcome.is_(None))).one()  # type: ignore[union-attr]
    outbox = tx.exec(
        select(func.count()).where(Message.sending.in_([Sending.READY, Sending.SENDING]))  # type: ignore[union-attr]
    ).one()
    return {"not_understood_yet": waiting, "outbox": outbox}
