"""`helpdesk refunds`: the same rules as in Slack, the ledger for finance, and payments that finance makes by hand."""

import csv
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.backends.manual import ManualPayments
from bot.cli.refunds import LEDGER_COLUMNS, harmless
from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from bot.steps.tick import run_tick
from storage.models import ActionState, Escalation
from tests.bot.conftest import Helpdesk
from tests.bot.refunds import asked, change, fact, now, press, verbs
from tests.desks import rows, settle, slack_of, with_parts

CHARGE = "ch_alice_1002"
Refunds = Callable[..., Awaitable[str]]


@pytest.fixture
def refunds(helpdesk: Helpdesk) -> Refunds:
    """Runs `helpdesk refunds …` beside the running program."""

    async def run(*arguments: str, code: int = 0, **more: str) -> str:
        return (await helpdesk("refunds", *arguments, code=code, env=more)).stdout

    return run


async def test_a_command_reads_the_facts_again_and_refuses_what_is_no_longer_possible(
    desk: Desk, town: PaymentsTown, refunds: Refunds
) -> None:
    action = await asked(desk)
    await town.dispute(CHARGE)

    assert "disputed" in await refunds("approve", action.id, code=1)
    assert (await now(desk, action)).state is ActionState.BLOCKED


async def test_a_role_can_limit_the_command_line_too(desk: Desk, refunds: Refunds) -> None:
    action = await asked(desk)
    two = {"HELPDESK_POLICY__REFUND__APPROVAL_LIMIT": "50", "HELPDESK_POLICY__REFUND__HOLD_SECONDS": "60"}
    await change(desk, action, approvals_needed=2)

    assert "1 of 2" in await refunds("approve", action.id, **two)
    assert "approved this already" in await refunds("approve", action.id, code=1, **two)


async def test_a_request_is_withdrawn_by_command_and_the_customer_hears_it(desk: Desk, refunds: Refunds) -> None:
    action = await asked(desk)

    assert await refunds("withdraw", action.id, "--reason", "a mistake") == "Recorded: withdraw.\n"
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.WITHDRAWN
    assert "is withdrawn" in slack_of(desk).sent[-1].text
    assert "already withdrawn" in await refunds("approve", action.id, code=1)


async def test_show_tells_terms_facts_verdict_and_every_decision(desk: Desk, refunds: Refunds) -> None:
    action = await asked(desk)
    await press(desk, action, "approve", by="T0NORTHWIND/U0GUEST")
    await press(desk, action, "approve")

    told = await refunds("show", action.id)
    story = json.loads(await refunds("show", action.id, "--json"))

    assert "visa •• 4242" in told
    assert "not in the list of approvers" in told
    assert [decision["won"] for decision in story["decisions"]] == [False, True]
    assert story["action"]["result"]["status"] == "succeeded"
    await refunds("show", "act_nobody", code=1)


async def test_the_ledger_has_a_row_for_each_decision_and_a_running_total(desk: Desk, refunds: Refunds) -> None:
    first = await asked(desk)
    await press(desk, first, "approve")
    second = await asked(desk, "Please refund order ORD-1001, it broke.", thread="T0ACME:C1:2.0")
    await press(desk, second, "deny")
    third = await asked(desk, "Please refund 20.00 USD of order ORD-1003, it broke.", thread="T0ACME:C1:3.0")
    await press(desk, third, "approve")
    await change(desk, third, reason="=HYPERLINK(1)")

    ledger = list(csv.DictReader(io.StringIO(await refunds("export", "--csv"))))

    assert list(ledger[0]) == list(LEDGER_COLUMNS)
    assert [(row["id"], row["state"]) for row in ledger] == [
        (first.id, "done"),
        (second.id, "denied"),
        (third.id, "done"),
    ]
    assert [row["total_minor"] for row in ledger] == ["9900", "9900", "11900"]
    assert (ledger[0]["amount"], ledger[0]["currency"], ledger[0]["approved_by"]) == (
        "99.00",
        "USD",
        "T0NORTHWIND/U0SAM",
    )
    assert ledger[0]["provider_refund"].startswith("re_")
    assert ledger[2]["reason"] == "'=HYPERLINK(1)"
    assert await refunds("export", "--csv", "--until", "2020-01-01") == ",".join(LEDGER_COLUMNS) + "\n"
    assert len((await refunds("export")).splitlines()) == 3


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_what_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(-5) == -5
    assert harmless("plain") == "plain"


# ------------------------------------------------------------------ by hand


def by_hand(desk: Desk) -> Desk:
    return with_parts(desk, payments=ManualPayments(link="https://bank.example/{payment_ref}"))


async def test_a_refund_by_hand_is_a_task_with_a_link_until_somebody_marks_it_as_done(desk: Desk) -> None:
    manual = by_hand(desk)
    action = await asked(manual)
    await press(manual, action, "approve")
    assert (await now(desk, action)).state is ActionState.SUBMITTED
    assert fact(desk, action, "Task") == f"https://bank.example/{CHARGE}"
    assert verbs(desk, action) == ["mark_done_form"]

    await press(manual, action, "mark_done", inputs={"reference": "transfer 2027-17"})

    done = await now(desk, action)
    assert (done.state, done.result["reference"]) == (ActionState.DONE, "transfer 2027-17")
    assert "has been made" in slack_of(desk).sent[-1].text


async def test_what_went_back_by_hand_cannot_go_back_again(desk: Desk) -> None:
    manual = by_hand(desk)
    action = await asked(manual, "Please refund 60.00 USD of order ORD-1002, I was charged twice.")
    await press(manual, action, "approve")
    await press(manual, action, "mark_done", inputs={"reference": "1"})

    again = await asked(manual, "Please refund 60.00 USD of order ORD-1002.", thread="T0ACME:C1:5.0")

    assert (again.state, again.verdict["rule"]) == (ActionState.REFUSED, "above_refundable")


async def test_books_of_payments_by_hand_are_only_ours(desk: Desk) -> None:
    manual: Any = by_hand(desk)
    action = await asked(manual)
    await press(manual, action, "approve")
    await run_tick(manual, "reconcile@night")
    await settle(manual)

    assert [row for row in await rows(desk, Escalation) if row.cause.startswith("books:")] == []
