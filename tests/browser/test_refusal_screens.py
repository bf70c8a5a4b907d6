"""Every refusal about money on the sandbox page, on a phone: each comes from the desk itself and is read whole."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from acting import fits, picture
from playwright.sync_api import Page, expect
from running_demo import Demo

from bot.sandbox.payments.client import PaymentsTown
from channels.slack.config import SlackConfig
from channels.slack.staff_room import SlackStaffRoom
from tests.arrivals import OpenDoor
from tests.bot.test_every_refusal import REFUSALS, Refusal
from tests.desk_fixtures import payments_server
from tests.desks import open_test_desk, with_parts

pytestmark = pytest.mark.serial


async def refused(refusal: Refusal, folder: Path) -> str:
    """What whoever pressed was told."""
    url = f"sqlite:///{folder}/{refusal.heard.__name__}.db"
    rules = {"policy": {"refund": refusal.rules}}
    async with (
        payments_server() as payments,
        PaymentsTown(payments) as town,
        open_test_desk(url, payments, **rules) as desk,
    ):
        return await refusal.heard(with_parts(desk, channels={"slack": OpenDoor(), "mail": OpenDoor("mail")}), town)


async def whispered(demo: Demo, folder: Path) -> AsyncIterator[str]:
    """Each refusal, whispered to Sam in the demo's Slack by the desk's own client."""
    setting = demo.settings_of_desk()
    names = ("bot_token", "app_token", "api_url", "staff_channel")
    config = SlackConfig(**{name: setting[f"HELPDESK_SLACK__{name.upper()}"] for name in names})
    room = SlackStaffRoom(config)
    for refusal in REFUSALS:
        words = await refused(refusal, folder)
        assert refusal.says in words
        await room.whisper({"channel": config.staff_channel, "user": "U0SAM"}, words)
        yield words
    await room.close()


def test_every_refusal_is_read_whole_on_a_phone(page: Page, demo: Demo, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    every = collect(demo, tmp_path)

    shown = page.locator("#staff-log .whisper")
    expect(shown).to_have_count(len(REFUSALS))
    for number, words in enumerate(every):
        expect(shown.nth(number)).to_contain_text(words.replace("T0NORTHWIND/U0ROBIN", "Robin"))
        shown.nth(number).scroll_into_view_if_needed()
        picture(page, f"refusal-{number:02}")
    assert fits(page, "#staff-log")
    assert fits(page, "html")


def collect(demo: Demo, folder: Path) -> list[str]:
    """In a thread of its own: the browser's loop runs in this one."""

    async def run() -> list[str]:
        return [words async for words in whispered(demo, folder)]

    with ThreadPoolExecutor(1) as other:
        return other.submit(asyncio.run, run()).result()
