"""A form on the demo page, as staff fill it in: on a desk and on a phone's width."""

import pytest
from acting import card, fits, picture, press, say
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.serial


def test_a_colleague_replies_from_the_card_and_sees_before_what_is_sent_and_where(page: Page) -> None:
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


def test_the_home_tab_is_the_desk_on_a_phone_too(page: Page) -> None:
    say(page, "I was charged twice for ORD-1001 and ORD-1002, please refund one")
    expect(card(page, "99.00").last).to_contain_text("pending")
    picture(page, "approval-card")
    page.set_viewport_size({"width": 390, "height": 844})
    card(page, "99.00").last.scroll_into_view_if_needed()
    picture(page, "approval-card-phone")
    assert fits(page, "#staff-log")

    page.get_by_label("Acting as").select_option("Sam (approver)")
    page.get_by_role("button", name="App home").click()
    home = page.get_by_role("region", name="The app's home tab")
    expect(home).to_contain_text("Waiting for a decision (1)")
    expect(home.get_by_role("link", name="Open the conversation").first).to_be_visible()
    picture(page, "home-phone")
    assert fits(page, "#home")
    page.set_viewport_size({"width": 1366, "height": 850})
    picture(page, "home")

    home.get_by_role("button", name="Pause the bot").click()
    page.get_by_role("dialog").get_by_role("button", name="Pause the bot").click()
    expect(home).to_contain_text("Paused: all")
    picture(page, "home-paused")
    home.get_by_role("button", name="Resume the bot").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume the bot").click()
    expect(home).not_to_contain_text("Paused: all")

    home.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.locator("#money")).to_contain_text("$99.00 in 1 refund; none paid twice.")
    expect(home).to_contain_text("Approvals (0)")
    home.get_by_role("button", name="Approvals").click()
    expect(home).to_contain_text("Nothing waits here.")


def test_what_is_typed_after_the_command_is_answered_to_the_one_who_typed(page: Page) -> None:
    page.get_by_label("Acting as").select_option("Nia (not an approver)")
    page.get_by_label("/helpdesk").fill("status")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".whisper").last).to_contain_text("Tickets:")
    picture(page, "command")


def test_a_ticket_is_looked_after_on_a_phone_and_with_the_keyboard_alone(page: Page) -> None:
    say(page, "Could a person call me back, please?")
    expect(card(page, "A person is needed").last).to_contain_text("call me back")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("Acting as").select_option("Sam (approver)")
    more = card(page, "A person is needed").last.get_by_role("button", name="More…")
    more.press("Enter")

    form = page.get_by_role("dialog").filter(has_text="Look after it")
    expect(form).to_contain_text("call me back")
    picture(page, "look-after-phone")
    assert form.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert fits(page, "body")
    save = form.get_by_role("button", name="Save")
    save.scroll_into_view_if_needed()
    expect(save).to_be_in_viewport()
    form.get_by_label("Tags").press_sequentially("vip")
    form.get_by_label("Tags").press("Enter")

    expect(page.locator("#staff-log .whisper").last).to_contain_text("tags: vip")
    expect(card(page, "call me back").last).to_contain_text("[vip]")
