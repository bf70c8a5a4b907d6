"""What a visitor does on the demo page, in the words of the tests."""

import os

from playwright.sync_api import Locator, Page, expect

PATIENCE = 40_000
"""Milliseconds."""

LOOK = os.environ.get("HELPDESK_TEST_SCREENS")
"""A folder for pictures of what was seen, for whoever wants to look."""


def say(page: Page, text: str, *, writing_as: str = "Alice (Acme)") -> Locator:
    """Write in the customer's channel and press Enter; the thread that begins."""
    page.get_by_label("Writing as").select_option(writing_as)
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_label("Message", exact=True).press("Enter")
    thread = page.locator("#customer-log .thread").filter(has=page.get_by_text(text, exact=True))
    expect(thread).to_have_count(1)
    return thread


def answers(thread: Locator) -> Locator:
    return thread.locator(".message[data-by=bot]")


def card(page: Page, words: str) -> Locator:
    return page.locator("#staff-log .message.card", has_text=words)


def press(page: Page, card: Locator, button: str, *, acting_as: str) -> None:
    """Press a button as somebody, and confirm when Slack asks."""
    page.get_by_label("Acting as").select_option(acting_as)
    card.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    if button == "Approve":
        expect(dialog).to_contain_text("Are you sure?")
        dialog.get_by_role("button", name=button).click()
    expect(dialog).to_be_hidden()


def picture(page: Page, name: str) -> None:
    """A screenshot, where somebody asked for them."""
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png")


def fits(page: Page, selector: str) -> bool:
    """Nothing in it is wider than the screen."""
    return bool(page.locator(selector).evaluate("node => node.scrollWidth <= node.clientWidth + 1"))
