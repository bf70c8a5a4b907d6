"""The page's own web server: static files, one stream of news, and what the visitor does."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files

from aiohttp import web

from bot.sandbox.page.acts import ACTS, Json, NotDone
from bot.sandbox.page.board import Board
from bot.sandbox.page.towns import Towns
from bot.sandbox.slack.client import SandboxRefused

PAGES = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/blocks.js": ("blocks.js", "text/javascript"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
NAMES = ("127.0.0.1", "localhost")


@asynccontextmanager
async def serving(board: Board, towns: Towns, kill: Callable[[], None], port: int) -> AsyncIterator[int]:
    """Serve on 127.0.0.1 while the block runs; yields the port. Raises OSError when `port` is taken."""
    # Without cancellation a closed browser tab would be noticed only when there is news for it.
    runner = web.AppRunner(
        build_app(board, towns, kill), access_log=None, handler_cancellation=True, shutdown_timeout=0.3
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def build_app(board: Board, towns: Towns, kill: Callable[[], None]) -> web.Application:
    """All addresses of the page; `kill` ends the desk as `kill -9` does."""
    app = web.Application(middlewares=[_only_from_here])
    for path, (name, content_type) in PAGES.items():
        app.router.add_get(path, _file(name, content_type))
    app.router.add_get("/events", _events(board))
    for path, act in ACTS.items():
        app.router.add_post(path, _done(partial(act, towns)))

    async def end_desk(_: Json) -> None:
        kill()

    app.router.add_post("/desk/kill", _done(end_desk))
    return app


@web.middleware
async def _only_from_here(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Other pages in the visitor's browser can reach this port; they may neither read it nor press buttons."""
    origin = request.headers.get("Origin")
    if request.url.host not in NAMES or origin not in (None, f"http://{request.host}"):
        return web.json_response({"error": "this page is only for this machine"}, status=403)
    return await handler(request)


def _file(name: str, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    body = files("bot.sandbox.page").joinpath("static", name).read_bytes()

    async def send(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=HEADERS)

    return send


def _events(board: Board) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Server-sent events: every part of the board as it is, then as it changes."""

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 1000\n\n")
        async for name, part in board.watch():
            await response.write(f"event: {name}\ndata: {json.dumps(part)}\n\n".encode())
        return response

    return stream


def _done(act: Callable[[Json], Awaitable[None]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A JSON object in; {"ok": true} out, or status 400 and why it was not done."""

    async def handle(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return web.json_response({"error": "send JSON"}, status=415)
        try:
            wish = await request.json()
            if not isinstance(wish, dict):
                raise NotDone("send one JSON object")
            await act(wish)
        except (NotDone, SandboxRefused, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        except KeyError as error:
            return web.json_response({"error": f"{error.args[0]} is missing"}, status=400)
        return web.json_response({"ok": True})

    return handle
