"""A desk with its real HTTP port's application, and people who browse it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.desk import Desk
from tests.console.browsing import AT, Browser, browser_of
from tests.desk_fixtures import desk, desk_settings, desk_url, plain_logs, town

__all__ = ["desk", "desk_settings", "desk_url", "plain_logs", "town"]


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
