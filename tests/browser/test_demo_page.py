"""What a visitor does on the demo page, in a real browser, with the real desk behind it."""

import httpx
import pytest
from acting import PATIENCE, answers, card, press, say
from playwright.sync_api import Page, expect
from running_demo import Demo

pytestmark = pytest.mark.serial


def test_a_question_in_slack_is_answered_in_its_thread(page: Page) -> None:
    thread = say(page, "Where is my order ORD-1003?")

    expect(answers(thread)).to_have_count(1)
    expect(answers(thread)).to_contain_text("delivered")


def test_an_approved_refund_moves_the_money_once_and_the_customer_is_told(page: Page) -> None:
    page.get_by_role("button", name="I was charged twice").click()
    page.get_by_role("button", name="Send", exact=True).click()
    thread = page.locator("#customer-log .thread", has_text="charged twice")
    expect(answers(thread)).to_have_count(1)

    press(page, card(page, "99.00"), "Approve", acting_as="Sam (approver)")

    expect(page.locator("#money")).to_contain_text("$99.00 in 1 refund; none paid twice.")
    expect(answers(thread)).to_have_count(2)
    expect(answers(thread).last).to_contain_text("99.00")
    expect(card(page, "99.00").get_by_role("button")).to_have_count(0)


def test_a_mail_is_answered_in_the_same_mail_thread(page: Page) -> None:
    page.get_by_label("Subject").fill("My order ORD-1001")
    page.get_by_label("Text of the mail").fill("Hello,\nwhere is my order ORD-1001?\nAlice")
    page.get_by_role("button", name="Send mail").click()

    letter = page.locator("#mail-log .letter", has_text="My order ORD-1001")
    expect(letter.locator(".message[data-by=bot]")).to_have_count(1)
    expect(letter.locator(".message[data-by=bot]")).to_contain_text("shipped")

    letter.get_by_label("Reply by mail").fill("And where is ORD-1002?")
    letter.get_by_role("button", name="Reply").click()

    expect(letter.locator(".message[data-by=bot]")).to_have_count(2)
    expect(page.locator("#mail-log .letter")).to_have_count(1)


def test_a_guest_who_presses_approve_reads_a_refusal_and_nothing_moves(page: Page) -> None:
    say(page, "Please refund ORD-1005, the dock does not charge", writing_as="Bob (Acme)")
    expect(card(page, "ORD-1005")).to_have_count(1)
    before = page.locator("#money").inner_text()

    press(page, card(page, "ORD-1005"), "Approve", acting_as="Gus (guest)")

    whisper = page.locator("#staff-log .whisper")
    expect(whisper).to_contain_text("Only visible to Gus")
    expect(whisper).to_contain_text("nothing happened")
    expect(card(page, "ORD-1005").get_by_role("button", name="Approve")).to_be_visible()
    assert page.locator("#money").inner_text() == before
    page.get_by_label("Acting as").select_option("Sam (approver)")
    expect(whisper).to_have_count(0)


def test_kill_nine_right_after_a_message_costs_time_and_nothing_else(page: Page) -> None:
    thread = say(page, "What is your return policy for annual plans?")
    page.get_by_role("button", name="kill -9 the desk").click()

    expect(page.locator("#desk")).to_contain_text("restarted")
    expect(answers(thread)).to_have_count(1)
    # A second answer would come within a moment of the first.
    page.wait_for_timeout(1500)
    expect(answers(thread)).to_have_count(1)


def test_words_of_a_customer_are_never_markup(page: Page) -> None:
    thread = say(page, "<img src=x onerror=alert(1)> <b>bold</b> & more")

    expect(thread.locator("img, b:not(.who b)")).to_have_count(0)
    expect(answers(thread)).to_have_count(1)


def test_the_console_is_one_link_away_and_signs_sam_in_with_slack(page: Page) -> None:
    thread = say(page, "I want a refund for ORD-1002, I was charged twice for it", writing_as="Bob (Acme)")
    expect(answers(thread)).to_have_count(1)

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="The web console").click()
    console = opened.value
    console.set_default_timeout(PATIENCE)
    console.get_by_role("link", name="Sign in with Slack").click()
    console.get_by_role("link", name="Sam", exact=True).click()

    expect(console.get_by_role("heading", level=1)).to_have_text("Open")
    expect(console.get_by_role("banner")).to_contain_text("Sam")
    console.get_by_role("link", name="I want a refund for ORD-1002").click()
    expect(console.get_by_role("article", name="From Bob Brown")).to_contain_text("charged twice")
    console.close()


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}])
def test_other_web_pages_cannot_press_buttons(demo: Demo, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{demo.address}desk/kill", json={}, headers=headers, trust_env=False)

    assert answer.status_code == 403
