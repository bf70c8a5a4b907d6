"""Refusals as people meet them on the demo page: whispers to staff, answers to the customer, and no money moves."""

import pytest
from acting import answers, card, picture, press, say
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.serial

SAM, ROBIN, NIA, GUS = "Sam (approver)", "Robin (approver)", "Nia (not an approver)", "Gus (guest)"


def whisper(page: Page) -> Locator:
    return page.locator("#staff-log .whisper").last


def money(page: Page) -> str:
    return page.locator("#money").inner_text()


def fill_in(page: Page, label: str, text: str, button: str) -> None:
    form = page.get_by_role("dialog")
    form.get_by_label(label).fill(text)
    form.get_by_role("button", name=button, exact=True).click()
    expect(form).to_be_hidden()


def test_staff_read_why_they_are_refused_and_nothing_moves(page: Page) -> None:
    say(page, "Please refund ORD-1005, the dock does not charge", writing_as="Bob (Acme)")
    shown = card(page, "ORD-1005").first
    expect(shown).to_be_visible()
    before = money(page)

    for who, why in ((NIA, "You are not in the list of approvers"), (GUS, "Only members of our own workspace")):
        press(page, shown, "Approve", acting_as=who)
        expect(whisper(page)).to_contain_text(why)
    picture(page, "refused")

    for typed, why in (("ninety", "is not an amount"), ("99999", "is left on this charge")):
        page.get_by_label("Acting as").select_option(SAM)
        shown.get_by_role("button", name="Change…").click()
        fill_in(page, "Amount in", typed, "Change")
        expect(whisper(page)).to_contain_text(why)
    assert money(page) == before


def test_the_card_of_other_terms_can_decide_nothing_any_more(page: Page) -> None:
    say(page, "Please refund ORD-1005, the dock is broken as well", writing_as="Bob (Acme)")
    shown = card(page, "ORD-1005").first
    page.get_by_label("Acting as").select_option(SAM)
    shown.get_by_role("button", name="Change…").click()
    form = page.get_by_role("dialog")
    expect(form).to_be_visible()
    fill_in(page, "Amount in", "1", "Change")
    expect(card(page, "Refund 1.00 EUR")).to_have_count(1)
    expect(shown.get_by_role("button")).to_have_count(0)
    expect(shown).to_contain_text("superseded")
    before = money(page)

    newest = card(page, "Refund 1.00 EUR").last
    page.get_by_label("Acting as").select_option(ROBIN)
    newest.get_by_role("button", name="Deny", exact=True).click()
    expect(newest).to_contain_text("denied")
    expect(newest.get_by_role("button")).to_have_count(0)
    assert money(page) == before


def test_the_customer_reads_why_a_refund_is_not_possible(page: Page) -> None:
    unknown = say(page, "Please refund my order ORD-9999")
    expect(answers(unknown).last).to_contain_text("can't find ORD-9999")
    nothing = say(page, "Please withdraw my refund request")
    expect(answers(nothing).last).to_contain_text("nothing to withdraw")
    picture(page, "refused-customer")
