"""What a visitor does on the demo page, in a real browser, with the real desk behind it."""

import os
import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from running_demo import Demo, started_demo

pytestmark = pytest.mark.serial

PATIENCE = 40_000
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
