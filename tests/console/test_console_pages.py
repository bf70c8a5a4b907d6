"""What staff read in the console: the queue, a ticket with its runs, an action, the numbers, the quarantine."""

from bot.controls import turn
from bot.desk import Desk
from storage.models import Delivery, Outcome, Run
from tests.bot.refunds import asked
from tests.console.browsing import Browser
from tests.desks import rows, settle, write

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
