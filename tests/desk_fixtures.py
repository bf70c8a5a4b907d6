"""Fixtures of every test that works on a whole desk: open doors, and its payment provider in this very process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from tests.desks import open_test_desk, with_parts


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """One line an event: a coloured traceback with every local variable costs seconds."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@asynccontextmanager
async def payments_server() -> AsyncIterator[str]:
    """The sandbox provider, with the sample charges; a process of its own would take a second a test."""
    server = PaymentsServer()
    book_sample_charges(server.books)
    app = build_app(server)
    add_control_routes(app, server)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def town() -> AsyncIterator[PaymentsTown]:
    async with payments_server() as url, PaymentsTown(url) as client:
        yield client


@pytest.fixture
def desk_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless the test is marked `on_each_database`."""
    home = getattr(request, "param", "sqlite")
    url: str = request.getfixturevalue("sqlite_url" if home == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def desk_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of one test: @pytest.mark.parametrize("desk_settings", [{…}], indirect=True)."""
    chosen: dict[str, Any] = getattr(request, "param", {})
    return chosen


@pytest.fixture
async def desk(desk_url: str, town: PaymentsTown, desk_settings: dict[str, Any]) -> AsyncIterator[Desk]:
    async with open_test_desk(desk_url, town.url, **desk_settings) as opened:
        yield with_parts(opened, channels={"slack": OpenDoor(), "mail": OpenDoor("mail")})
