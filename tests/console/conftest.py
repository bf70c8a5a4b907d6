"""A desk with its real HTTP port's application, people who browse it, and a payment provider on loopback."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import structlog
from aiohttp import web

from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.payments.control import add_control_routes
from bot.sandbox.payments.seed import book_sample_charges
from bot.sandbox.payments.server import PaymentsServer, build_app
from tests.arrivals import OpenDoor
from tests.console.browsing import AT, Browser, browser_of
from tests.desks import open_test_desk, with_parts


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """One line an event: a coloured traceback with every local variable costs seconds."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture
async def town() -> AsyncIterator[PaymentsTown]:
    """The sandbox provider, in this very process."""
    server = PaymentsServer()
    book_sample_charges(server.books)
    app = build_app(server)
    add_control_routes(app, server)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with PaymentsTown(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
        yield client
    await runner.cleanup()


@pytest.fixture
def desk_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of one test: @having(console={…})."""
    chosen: dict[str, Any] = getattr(request, "param", {})
    return chosen


@pytest.fixture
def desk_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless the test is marked `on_each_database`."""
    home = getattr(request, "param", "sqlite")
    url: str = request.getfixturevalue("sqlite_url" if home == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def desk(desk_url: str, town: PaymentsTown, desk_settings: dict[str, Any]) -> AsyncIterator[Desk]:
    async with open_test_desk(desk_url, town.url, **desk_settings) as opened:
        yield with_parts(opened, channels={"slack": OpenDoor(), "mail": OpenDoor("mail")})


@pytest.fixture
async def open_browser(desk: Desk) -> AsyncIterator[Callable[..., Browser]]:
    """A new browser, with no cookies yet; arguments as `browser_of`."""
    opened: list[Browser] = []

    def opening(at: str = AT, **more: Any) -> Browser:
        opened.append(browser_of(more.pop("desk", desk), at, **more))
        return opened[-1]

    yield opening
    for one in opened:
        await one.http.aclose()


@pytest.fixture
def anybody(open_browser: Callable[..., Browser]) -> Browser:
    """Somebody who is not signed in."""
    return open_browser()


@pytest.fixture
async def sam(open_browser: Callable[..., Browser]) -> Browser:
    """An approver, signed in by a link."""
    browser = open_browser()
    await browser.sign_in("T0NORTHWIND/U0SAM", "Sam")
    return browser
