"""What the team may look at about bills: the requester's own, through the tools a model calls."""

import json
from typing import Any

import pytest

from agents_team.current import CurrentRun
from agents_team.tools.account import get_account
from agents_team.tools.charges import list_invoices
from agents_team.turn import Turn
from bot.backends.none import NoShop
from bot.backends.sample_shop import SampleShop


def asking(shop: Any, customer_id: str | None) -> Any:
    """What a tool gets as its context."""
    from agents import RunContextWrapper

    turn = Turn("run_1", "tkt_1", "slack", (), customer_id=customer_id, trust=2)
    return RunContextWrapper(CurrentRun(turn, shop, None))  # type: ignore[arg-type]


async def test_bills_and_subscriptions_are_shown_with_amount_state_and_link() -> None:
    bills = json.loads(await list_invoices(asking(SampleShop(), "cus_alice")))["invoices"]
    account = json.loads(await get_account(asking(SampleShop(), "cus_carol")))

    assert [bill["invoice_id"] for bill in bills] == ["INV-1002", "INV-1001", "INV-1003"]
    assert (bills[0]["amount"], bills[0]["status"]) == ("99.00 USD", "paid")
    assert bills[0]["link"].endswith("/INV-1002.pdf")
    [subscription] = account["subscriptions"]
    assert (subscription["plan"], subscription["status"], subscription["price"]) == (
        "business",
        "past due",
        "499.00 USD",
    )


@pytest.mark.parametrize(("shop", "customer_id", "error"), [
    (SampleShop(), None, "identity_not_proven"),
    (NoShop(), "cus_alice", "no_invoices_here"),
])  # fmt: skip
async def test_nothing_is_shown_without_proof_or_books(shop: Any, customer_id: str | None, error: str) -> None:
    assert json.loads(await list_invoices(asking(shop, customer_id)))["error"] == error
