"""One sandbox Slack a module, a fresh world in it for each test, and a desk that works there."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.process import Running, started
from bot.sandbox.slack.client import SlackTown
from tests.desk_fixtures import payments_server
from tests.journeys.slack_desk import SlackDesk, open_slack_desk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Running]:
    async with started("bot.sandbox.slack", "--ack-seconds", "1", "--retry-seconds", "0,0.1,0.1") as running:
        yield running


@pytest.fixture
async def town(sandbox: Running) -> AsyncIterator[SlackTown]:
    async with SlackTown(sandbox.url) as people:
        await people.reset()
        yield people


@pytest.fixture
async def payments_url() -> AsyncIterator[str]:
    async with payments_server() as url:
        yield url


OpenDesk = Callable[..., AbstractAsyncContextManager[SlackDesk]]


@pytest.fixture
def open_desk(sandbox: Running, town: SlackTown, sqlite_url: str, payments_url: str) -> OpenDesk:
    """Opens the desk with the sections a test wants."""
    return partial(open_slack_desk, sandbox, town, sqlite_url, payments_url)


@pytest.fixture
def desk_sections(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of one test: @pytest.mark.parametrize("desk_sections", [{…}], indirect=True)."""
    sections: dict[str, Any] = getattr(request, "param", {})
    return sections


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every journey is made through both doors, except where a test is about one of them."""
    if "slack_mode" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("slack_mode")
        metafunc.parametrize("slack_mode", only.args if only else ["socket", "http"])


@pytest.fixture
async def desk(open_desk: OpenDesk, desk_sections: dict[str, Any], slack_mode: str) -> AsyncIterator[SlackDesk]:
    sections = {**desk_sections, "slack": {"mode": slack_mode, **desk_sections.get("slack", {})}}
    async with open_desk(**sections) as opened:
        yield opened
