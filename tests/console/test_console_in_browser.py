"""The console in a real browser: read by light and dark, on a desk and on a phone, and used by keyboard alone."""

import os
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlmodel import Session

from bot import notes
from bot.controls import turn
from bot.desk import Desk
from bot.web import serving
from storage.models import (
    Attachment,
    Delivery,
    Direction,
    KnowledgeProposal,
    Message,
    Outcome,
    Sending,
    Ticket,
)
from tests.bot.refunds import asked, now
from tests.console.browsing import SAM, browser_of, having
from tests.console.seen import focus, wrong_with
from tests.desks import rows, settle, write

pytestmark = pytest.mark.serial

ARGUMENTS = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]
SCREENS = os.environ.get("HELPDESK_TEST_SCREENS")
"""A folder for pictures of what was seen, for whoever wants to look."""
WIDTHS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
LOOKS = having(http={"port": 0}, targets={"first_answer_minutes": 5}, alarms={"model_micros_per_day": 200_000})


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("NOT RUN: needs Chromium, and there is none here")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *root])
        yield browser
        await browser.close()


@pytest.fixture
async def address(desk: Desk) -> AsyncIterator[str]:
    async with serving(desk) as port:
        yield f"http://127.0.0.1:{port}"


async def opened(desk: Desk, chromium: Browser, address: str, **more: Any) -> tuple[BrowserContext, Page]:
    """A window in which Sam has signed in by a link; what the browser complains about fails the test."""
    context = await chromium.new_context(locale="en-US", **more)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda message: pytest.fail(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    links = browser_of(desk)
    await page.goto(address + await links.link_for(SAM, "Sam"))
    await links.http.aclose()
    assert await wrong_with(page) == []
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Open")
    return context, page


async def busy(desk: Desk) -> dict[str, str]:
    """A desk on which everything has happened once; the addresses of its pages."""
    await write(desk, "T0ACME:C1:3.0", "3", "Where is my order ORD-1003?")
    await write(desk, "T0ACME:C1:4.0", "4", "I want to talk to a person, please.")
    await write(desk, "T0ACME:C1:5.0", "5", "What is your return policy for annual plans?")
    await settle(desk)
    action = await asked(desk)
    await desk.db.write(lambda tx: _more(tx, desk, action.ticket_id))
    ticket = next(one for one in await rows(desk, Ticket) if one.id == action.ticket_id)
    return {
        "queue": "/console?list=all",
        "search": "/console?list=all&words=policy",
        "ticket": f"/console/tickets/{ticket.id}",
        "run": f"/console/runs/{action.run_id}",
        "approvals": "/console/actions",
        "action": f"/console/actions/{action.id}",
        "numbers": "/console/numbers",
        "quarantine": "/console/quarantine",
        "knowledge": "/console/knowledge",
        "desk": "/console/desk",
    }


def _more(tx: Session, desk: Desk, ticket_id: str) -> None:
    now_ = desk.now()
    said = {"ticket_id": ticket_id, "channel": "slack", "sent_at": now_, "created_at": now_}
    tx.add(
        Message(**said, direction=Direction.INTERNAL, role="staff", author_name="Robin", text="Is this a known bug?")
    )
    letter = Message(
        **said, direction=Direction.INBOUND, role="requester", author_name="Alice Adams", text="See the screenshot.",
        full_text="See the screenshot.\n\n> On Monday you wrote:\n> " + "averyveryverylongword" * 12,
    )  # fmt: skip
    tx.add(letter)
    tx.add(Message(**said, direction=Direction.OUTBOUND, role="staff", author_name="Sam", text="We look into it.",
                   sending=Sending.SENT))  # fmt: skip
    tx.flush()
    tx.add(Attachment(message_id=letter.id, filename="screen shot of the invoice.png", content_type="image/png",
                      size=48_213, sha256="b" * 64))  # fmt: skip
    tx.add(Delivery(channel="mail", key="q", lane="q", body=b"x" * 5000, envelope={}, received_at=now_, done_at=now_,
                    outcome=Outcome.QUARANTINED, outcome_note="the server could not give us this mail"))  # fmt: skip
    tx.add(KnowledgeProposal(source="s", ticket_id=ticket_id, text="Say how long a bank takes.", by=SAM, at=now_))
    ticket = tx.get_one(Ticket, ticket_id)
    ticket.tags, ticket.priority = ["billing", "vip"], "urgent"
    tx.add(ticket)
    for back in range(1, 14):
        figures = {
            "tickets": 20 + back % 5 * 7, "answered_by_bot": 16 + back % 5 * 5, "deflected": 11 + back % 4 * 3,
            "verified": 9 + back % 4 * 2, "reopened": back % 3, "first_answer_p50": 8.0 + back % 6,
            "first_answer_p95": 90.0 + 37.0 * (back % 7), "model_micros": 80_000 + 23_000 * (back % 6),
            "micros_per_ticket": 4_100,
        }  # fmt: skip
        if back != 6:
            notes.keep(tx, f"figures:{now_ - timedelta(days=back):%Y-%m-%d}", figures, now_)


@LOOKS
async def test_every_page_can_be_read_by_everybody(desk: Desk, chromium: Browser, address: str) -> None:
    """In light and in dark, on a desk and on a phone, with every part unfolded, and with the banner of a pause."""
    pages = await busy(desk)
    wrong: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        await desk.db.write(lambda tx, on=scheme == "dark": turn(tx, desk, "money", on=on, by=SAM))  # type: ignore[misc]
        for width, size in WIDTHS.items():
            wrong |= await _read(desk, chromium, address, pages, scheme, width, size)

    assert wrong == {}


async def _read(
    desk: Desk, chromium: Browser, address: str, pages: dict[str, str], scheme: Any, width: str, size: Any
) -> dict[str, list[str]]:
    context, page = await opened(desk, chromium, address, color_scheme=scheme, viewport=size)
    wrong: dict[str, list[str]] = {}
    for name, path in pages.items():
        await page.goto(address + path)
        if SCREENS:
            await page.screenshot(path=f"{SCREENS}/{name}-{width}-{scheme}.png", full_page=True)
        await page.evaluate("document.querySelectorAll('details').forEach((node) => node.open = true)")
        if found := await wrong_with(page):
            wrong[f"{name}, {scheme}, {width}"] = found
    await context.close()
    return wrong


@LOOKS
async def test_a_refund_is_approved_by_keyboard_alone(desk: Desk, chromium: Browser, address: str) -> None:
    pages = await busy(desk)
    action = await asked(desk)
    context, page = await opened(desk, chromium, address, viewport=WIDTHS["phone"])
    await page.goto(address + pages["action"])

    reached = await _tab_until(page, "Approve 99.00 USD")
    assert [one["what"] for one in reached if not one["visible"]] == []
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status").filter(has_text="Recorded: approve.")).to_be_visible()
    assert (await now(desk, action)).decided_by == "Sam"
    await context.close()


async def _tab_until(page: Page, label: str) -> list[dict[str, Any]]:
    """Press Tab until the button with this label has the focus, ticking boxes on the way."""
    reached: list[dict[str, Any]] = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        at = await focus(page)
        if at is None:
            continue
        reached.append(at)
        if 'type="checkbox"' in at["what"] and not reached[:-1].count(at):
            await page.keyboard.press("Space")
        if at["what"].startswith("<button") and label in at["what"]:
            return reached
    raise AssertionError(f"{label} is never reached: {reached}")


@LOOKS
async def test_the_first_tab_leads_past_the_navigation(desk: Desk, chromium: Browser, address: str) -> None:
    context, page = await opened(desk, chromium, address)

    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    assert await page.evaluate("document.activeElement.id") == "main"
    await context.close()
