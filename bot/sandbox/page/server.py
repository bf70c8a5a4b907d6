"""The page's own web server: static files, one stream of news, and what the visitor does."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

from aiohttp import web

from bot.sandbox.page.board import Board
from bot.sandbox.page.letters import answer
from bot.sandbox.page.towns import Towns
from bot.sandbox.slack.client import SandboxRefused

Json = dict[str, Any]
Act = Callable[[Json], Awaitable[None]]

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
NOT_ACKNOWLEDGED = (
    "Slack shows a warning sign: the desk did not answer the press in time. Nothing happened; press again."
)


class NotDone(Exception):
    """What the visitor wanted did not happen; the message says why in words for them."""


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
    for path, act in _acts(towns, kill).items():
        app.router.add_post(path, _done(act))
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


def _done(act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
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


def _acts(towns: Towns, kill: Callable[[], None]) -> dict[str, Act]:
    """What the visitor can do, by path."""

    async def post(wish: Json) -> None:
        """{as, channel, text, thread_ts?}"""
        await towns.slack.say(wish["channel"], wish["as"], wish["text"], wish.get("thread_ts"))

    def must_be_taken(answer: Json) -> None:
        if not answer["acked"]:
            raise NotDone(NOT_ACKNOWLEDGED)

    async def press(wish: Json) -> None:
        """{as, channel, ts, block_id, action_id, value?}"""
        chosen = {"block_id": wish["block_id"], "value": wish.get("value")}
        must_be_taken(await towns.slack.click(wish["channel"], wish["as"], wish["ts"], wish["action_id"], **chosen))

    async def home(wish: Json) -> None:
        """{as}: the app's home tab is opened, or looked at again."""
        await towns.slack.home(wish["as"])

    async def press_in_home(wish: Json) -> None:
        """{as, view_id, block_id, action_id}"""
        chosen = {"block_id": wish["block_id"]}
        must_be_taken(await towns.slack.click_in_view(wish["as"], wish["view_id"], wish["action_id"], **chosen))

    async def command(wish: Json) -> None:
        """{as, channel, text}: what follows /helpdesk"""
        must_be_taken(await towns.slack.slash(wish["channel"], wish["as"], "/helpdesk", wish["text"]))

    async def submit(wish: Json) -> None:
        """{as, view_id, values}"""
        must_be_taken(await towns.slack.submit(wish["as"], wish["view_id"], **wish["values"]))

    async def close(wish: Json) -> None:
        """{as, view_id}"""
        await towns.slack.act("close", user=wish["as"], view_id=wish["view_id"])

    async def send_mail(wish: Json) -> None:
        """{subject, text}, or {text, reply_to}"""
        mail = {"to": towns.desk_address, "subject": wish.get("subject"), "text": wish["text"]}
        if wish.get("reply_to"):
            address, desk = towns.customer_address, towns.desk_address
            mails = await towns.mail.mailbox(address, "*")
            mail = answer(mails, wish["reply_to"], wish["text"], address=address, desk=desk)
        await towns.mail.write(towns.customer, **mail)

    async def end_desk(_: Json) -> None:
        kill()

    return {
        "/slack/post": post,
        "/slack/press": press,
        "/slack/home": home,
        "/slack/press-home": press_in_home,
        "/slack/command": command,
        "/slack/submit": submit,
        "/slack/close": close,
        "/mail/send": send_mail,
        "/desk/kill": end_desk,
    }
