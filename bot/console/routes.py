"""ROUTES: every address of the console, what it shows, and that all but the pages in front need somebody signed in."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console import (
    actions,
    care,
    files,
    knowledge,
    numbers,
    press,
    quarantine,
    queue,
    run,
    sign_in,
    switches,
    ticket,
)
from bot.console.guard import Guarded
from bot.console.page import Handler, Page, Told, not_there, signed_in, told_page
from bot.console.people import People
from bot.console.render import static
from bot.desk import Desk
from storage.transactions import StorageError

ROUTES: Sequence[tuple[str, str, Page]] = (
    ("GET", "", queue.show_queue),
    ("GET", "/tickets/{id}", ticket.show_ticket),
    ("POST", "/tickets/{id}", care.care),
    ("GET", "/runs/{id}", run.show_run),
    ("GET", "/actions", actions.show_actions),
    ("GET", "/actions/{id}", actions.show_action),
    ("POST", "/actions/{id}", press.press),
    ("GET", "/files/{id}", files.send_file),
    ("GET", "/originals/{id}", files.send_original),
    ("GET", "/numbers", numbers.show_numbers),
    ("GET", "/quarantine", quarantine.show_quarantine),
    ("POST", "/quarantine/{id}", quarantine.run_one_again),
    ("GET", "/knowledge", knowledge.show_proposals),
    ("POST", "/knowledge/{id}", knowledge.decide_proposal),
    ("GET", "/desk", switches.show_desk),
    ("POST", "/desk", switches.flip),
    ("POST", "/sign-out", sign_in.sign_out),
)
"""For whoever is signed in."""

AT = "/console"
STATIC = {"console.css": "text/css", "icon.svg": "image/svg+xml"}
A_DAY = 86_400


def console(desk: Desk) -> list[BaseRoute]:
    """The console of one desk, for its one HTTP port: its address, and everything below it."""
    people = People(desk)
    front = [
        Route(f"{AT}/sign-in", sign_in.sign_in_page(desk)),
        Route(f"{AT}/sign-in/link", sign_in.link_page(desk)),
        Route(f"{AT}/sign-in/link", sign_in.use_link(desk), methods=["POST"]),
        Route(f"{AT}/sign-in/slack", sign_in.to_slack(desk)),
        Route(f"{AT}/sign-in/slack/done", sign_in.from_slack(desk, people)),
        *(Route(f"{AT}/{name}", _file(name, kind)) for name, kind in STATIC.items()),
    ]
    behind = [Route(f"{AT}{path}", signed_in(desk, people, page), methods=[verb]) for verb, path, page in ROUTES]

    async def nothing(_: Request, __: Exception) -> Response:
        return told_page(desk, not_there())

    async def database_trouble(_: Request, error: Exception) -> Response:
        return told_page(desk, Told(503, "Please try again", f"The database: {error}"))

    async def broken(_: Request, __: Exception) -> Response:
        words = "This page could not be made. Why is in the log of the program."
        return told_page(desk, Told(500, "Something went wrong", words))

    handlers = {404: nothing, StorageError: database_trouble, 500: broken}
    pages = Starlette(routes=[*front, *behind], exception_handlers=handlers)
    app = Guarded(pages, desk.settings)
    return [Route(AT, app), Route(f"{AT}/{{page:path}}", app)]


def _file(name: str, media_type: str) -> Handler:
    async def send(_: Request) -> Response:
        return Response(static(name), media_type=media_type, headers={"Cache-Control": f"max-age={A_DAY}"})

    return send
