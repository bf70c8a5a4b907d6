"""A real browser, the whole demo behind it, and its page freshly opened: what every browser test begins with."""

import os
import shutil
from collections.abc import Iterator

import pytest
from acting import PATIENCE
from playwright.sync_api import Browser, Page, expect, sync_playwright
from running_demo import Demo, started_demo

ARGUMENTS = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("NOT RUN: needs Chromium, and there is none here")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *root])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with started_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The page, freshly opened; a complaint in the browser's console fails the test."""
    complaints: list[str] = []
    shown = browser.new_page(viewport={"width": 1366, "height": 850}, locale="en-US")
    shown.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    shown.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.goto(demo.address)
    expect(shown.locator("#desk")).to_contain_text("Running since")
    yield shown
    shown.close()
    assert complaints == []
