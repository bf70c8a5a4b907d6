"""What staff read in the console: the queue, a ticket with its runs, an action, the numbers, the quarantine."""

from collections.abc import Callable

import pytest

from bot.controls import turn
from bot.desk import Desk
from storage.models import Delivery, Outcome, Run, Ticket
from tests.bot.refunds import asked, change
from tests.console.browsing import SAM, Browser, Page
from tests.desks import rows, settle, slack_of, write

QUESTION = "Where is my order ORD-1003?"


async def test_a_ticket_is_read_from_the_queue_down_to_each_tool_of_its_run(desk: Desk, sam: Browser) -> None:
    await write(desk, "T0ACME:C1:1.0", "1", QUESTION)
    await settle(desk)

    queue = await sam.page("/console?list=all")
    ticket = await sam.page(queue.links[QUESTION])
    (run,) = await rows(desk, Run)
    trace = await sam.page(f"/console/runs/{run.id}")

    assert QUESTION in ticket.text
    assert "delivered" in ticket.text
    assert f"/console/runs/{run.id}" in ticket.links.values()
    for words in (
        "uses tracking",
        "hands over to order_status",
        "Arguments",
        "Result",
        "ORD-1003",
        "tokens in",
        "USD",
        "What came of it",
    ):
        assert words in trace.text, words
    assert "order_status" in trace.text


async def test_an_action_shows_what_its_card_in_slack_shows(desk: Desk, sam: Browser) -> None:
    action = await asked(desk)

    page = await sam.page(f"/console/actions/{action.id}")

    for words in ("99.00", "ORD-1002", "Verdict", "In the customer's words", "Approve", "Nobody has decided yet"):
        assert words in page.text, words
    assert action.terms_hash[:12] in page.text


async def test_every_page_says_what_is_paused(desk: Desk, sam: Browser) -> None:
    await desk.db.write(lambda tx: turn(tx, desk, "money", on=True, by="U0SAM"))

    for path in ("", "/actions", "/numbers", "/quarantine", "/knowledge", "/desk"):
        page = await sam.page(f"/console{path}")
        assert "Paused: money" in page.text, path


async def test_what_is_in_quarantine_is_run_again_with_one_press(desk: Desk, sam: Browser) -> None:
    def put(tx):  # type: ignore[no-untyped-def]
        tx.add(
            Delivery(
                channel="slack", key="k", lane="l", body=b"{}", envelope={}, received_at=desk.now(),
                outcome=Outcome.QUARANTINED, outcome_note="not JSON", done_at=desk.now(),
            )
        )  # fmt: skip

    await desk.db.write(put)

    page = await sam.page("/console/quarantine")
    answer = await sam.send(page.forms[1])

    (delivery,) = await rows(desk, Delivery)
    assert "not JSON" in page.text
    assert "It is being read again" in answer.text
    assert delivery.outcome is None
    assert await desk.db.read(lambda tx: [kind for kind, _ in desk.jobs.waiting(tx)]) == ["ingest"]


async def test_the_numbers_are_charts_and_tables_with_the_same_values(desk: Desk, sam: Browser) -> None:
    await write(desk, "T0ACME:C1:1.0", "1", QUESTION)
    await write(desk, "T0ACME:C1:2.0", "2", "I want to talk to a person")
    await settle(desk)

    page = await sam.page("/console/numbers")

    assert sum(tag == "svg" for tag, _ in page.elements) == 7
    assert sum(tag == "table" for tag, _ in page.elements) == 7
    for title in ("Backlog by age", "First answer", "Funnel", "Intents", "Why people were asked", "Approvals", "Cost"):
        assert title in page.text
    assert "order status" in page.text


async def test_a_page_that_cannot_be_made_says_so_and_nothing_of_the_inside(
    desk: Desk, open_browser: Callable[..., Browser]
) -> None:
    """Say an action of a kind that this version does not know any more."""
    action = await asked(desk)
    await change(desk, action, kind="of_another_version")
    browser = open_browser(errors=False)
    await browser.sign_in(SAM, "Sam")

    answer = await browser.get(f"/console/actions/{action.id}")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "of_another_version" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/tickets/tkt_x", "/runs/run_x", "/actions/act_x", "/files/att_x", "/originals/dlv_x"]
)
async def test_what_is_not_there_is_said_politely(sam: Browser, path: str) -> None:
    answer = await sam.get(f"/console{path}")

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


async def test_a_ticket_is_taken_over_noted_handed_back_and_solved_from_its_page(desk: Desk, sam: Browser) -> None:
    await write(desk, "T0ACME:C1:1.0", "1", QUESTION)
    await settle(desk)
    (ticket,) = await rows(desk, Ticket)
    said, states = "", []
    for do, more in (
        ("take_over", {}),
        ("note", {"text": "She called <b>twice</b>."}),
        ("hand_back", {}),
        ("solve", {}),
    ):
        page = await sam.page(f"/console/tickets/{ticket.id}")
        form = page.forms[-1] if do == "note" else page.forms[1]
        said += Page((await sam.send(form, do=do, **more)).text).text
        (ticket,) = await rows(desk, Ticket)
        states.append((ticket.owner, ticket.status.value))

    assert states == [(SAM, "pending"), (SAM, "pending"), (None, "pending"), (None, "solved")]
    assert "Internal note by Sam" in said
    assert "She called <b>twice</b>." in said
    assert len(slack_of(desk).sent) == 1, "a note is for staff alone"
