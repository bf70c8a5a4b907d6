"""A form on the demo page, as staff fill it in: on a desk and on a phone's width."""

import os

import pytest
from playwright.sync_api import Page, expect
from test_demo_page import browser, card, demo, page, press, say  # noqa: F401

pytestmark = pytest.mark.serial

LOOK = os.environ.get("HELPDESK_TEST_SCREENS")
"""A folder for pictures of what was seen, for whoever wants to look."""


def picture(page: Page, name: str) -> None:  # noqa: F811
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png")


def test_a_colleague_replies_from_the_card_and_sees_before_what_is_sent_and_where(page: Page) -> None:  # noqa: F811
    thread = say(page, "Can I talk to a human please?")
    shown = card(page, "A person is needed").last
    expect(shown).to_contain_text("Alice Adams")
    picture(page, "card")
    press(page, shown, "Reply to customer…", acting_as="Sam (approver)")

    form = page.get_by_role("dialog")
    expect(form).to_contain_text("Everybody in that channel can read it")
    form.get_by_label("Your reply").fill("We are **on it**, promised.")
    picture(page, "form")
    form.get_by_role("button", name="Preview").click()

    preview = page.get_by_role("dialog").filter(has_text="Send this?")
    expect(preview.locator("strong")).to_have_text("on it")
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, "preview-phone")
    assert preview.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    preview.get_by_role("button", name="Send").click()

    expect(thread).to_contain_text("— Sam")
    picture(page, "sent-phone")
