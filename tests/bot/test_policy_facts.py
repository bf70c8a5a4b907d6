"""The facts of a refund come from shop and provider: the right charge, whose it is, and whether it was paid twice."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.backends.facts import gather_refund_facts
from bot.backends.payments import PaymentsUnavailable
from bot.backends.sample_shop import SampleShop
from bot.backends.stripe import StripePayments
from bot.policy.refund import Problem, RefundFacts, RefundWish
from bot.sandbox.faults import Fault
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started


@pytest_asyncio.fixture
async def town() -> AsyncIterator[PaymentsTown]:
    async with started("bot.sandbox.payments") as running, PaymentsTown(running.url) as client:
        yield client


@pytest_asyncio.fixture
async def payments(town: PaymentsTown) -> AsyncIterator[StripePayments]:
    adapter = StripePayments(api_key="sk_test_sandbox", api_base=town.url)
    yield adapter
    await adapter.close()


@pytest.fixture
def shop() -> SampleShop:
    return SampleShop()


async def gather(shop: SampleShop, payments: StripePayments, customer: str | None, **wish: Any) -> RefundFacts:
    return await gather_refund_facts(shop, payments, customer, RefundWish(**wish))


async def test_a_double_charge_is_proven_by_both_charges(shop: SampleShop, payments: StripePayments) -> None:
    facts = await gather(shop, payments, "cus_alice", order_id="ord-1002")

    assert facts == RefundFacts(
        customer_id="cus_alice",
        order_id="ORD-1002",
        order_status="processing",
        charge_id="ch_alice_1002",
        payment_ref="ch_alice_1002",
        amount_minor=9900,
        refundable_minor=9900,
        currency="USD",
        method="visa •• 4242",
        days_since=4,
        duplicate_of="ch_alice_1001",
        known_amounts=(9900,),
        items="1 × Annual desk licence, team",
    )


async def test_it_is_no_double_charge_once_one_was_paid_back(
    shop: SampleShop, payments: StripePayments, town: PaymentsTown
) -> None:
    await town.refund_by_hand("ch_alice_1001", 100)

    assert (await gather(shop, payments, "cus_alice", order_id="ORD-1002")).duplicate_of == ""
    refunded = await gather(shop, payments, "cus_alice", order_id="ORD-1001")
    assert (refunded.refunded_minor, refunded.refundable_minor, refunded.duplicate_of) == (100, 9800, "")


async def test_two_parcels_that_both_went_out_are_two_purchases(tmp_path: Path, payments: StripePayments) -> None:
    data = json.loads(files("bot.backends").joinpath("sample_shop.json").read_text(encoding="utf-8"))
    next(order for order in data["orders"] if order["id"] == "ORD-1002")["status"] = "delivered"
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(data))

    facts = await gather(SampleShop(file=file), payments, "cus_alice", order_id="ORD-1002")

    assert (facts.problem, facts.duplicate_of) == (None, "")


async def test_one_order_charged_twice_means_the_later_charge(
    tmp_path: Path, payments: StripePayments, town: PaymentsTown
) -> None:
    shop = SampleShop(file=shop_with_second_charge(tmp_path, amount=7490))
    await town.charge("ch_again", 7490, "EUR")

    facts = await gather(shop, payments, "cus_bob", order_id="ORD-1004")

    assert (facts.charge_id, facts.duplicate_of) == ("ch_again", "ch_bob_1004")


async def test_an_order_paid_in_parts_needs_a_person_to_choose(tmp_path: Path, payments: StripePayments) -> None:
    shop = SampleShop(file=shop_with_second_charge(tmp_path, amount=500))

    assert (await gather(shop, payments, "cus_bob", order_id="ORD-1004")).problem is Problem.WHICH_CHARGE
    named = await gather(shop, payments, "cus_bob", order_id="ORD-1004", charge_id="ch_bob_1004")
    assert (named.problem, named.charge_id) == (None, "ch_bob_1004")


def shop_with_second_charge(folder: Path, *, amount: int) -> Path:
    data = json.loads(files("bot.backends").joinpath("sample_shop.json").read_text(encoding="utf-8"))
    order = next(order for order in data["orders"] if order["id"] == "ORD-1004")
    charge = next(charge for charge in data["charges"] if charge["id"] == "ch_bob_1004")
    order["charges"].append("ch_again")
    data["charges"].append({**charge, "id": "ch_again", "amount": amount, "days_ago": 11.9})
    file = folder / "shop.json"
    file.write_text(json.dumps(data))
    return file


@pytest.mark.parametrize(
    ("customer", "wish", "problem"),
    [
        (None, {"order_id": "ORD-1002"}, Problem.CUSTOMER_UNPROVEN),
        ("cus_alice", {}, Problem.NOTHING_NAMED),
        ("cus_alice", {"order_id": "ORD-9999"}, Problem.ORDER_UNKNOWN),
        ("cus_alice", {"order_id": "ORD-1004"}, Problem.ORDER_UNKNOWN),
        ("cus_alice", {"charge_id": "ch_bob_1004"}, Problem.CHARGE_UNKNOWN),
        ("cus_alice", {"order_id": "ORD-1001", "charge_id": "ch_alice_1003"}, Problem.CHARGE_UNKNOWN),
    ],
)
async def test_what_is_not_theirs_is_unknown(
    shop: SampleShop, payments: StripePayments, customer: str | None, wish: dict[str, str], problem: Problem
) -> None:
    assert (await gather(shop, payments, customer, **wish)).problem is problem


async def test_disputes_and_earlier_refunds_are_seen(shop: SampleShop, payments: StripePayments) -> None:
    disputed = await gather(shop, payments, "cus_carol", order_id="ORD-1007")
    refunded = await gather(shop, payments, "cus_carol", charge_id="ch_carol_1008")

    assert (disputed.disputed, disputed.refundable_minor) == (True, 0)
    assert (refunded.order_id, refunded.refunded_minor, refunded.refundable_minor) == ("ORD-1008", 5900, 0)


async def test_days_are_counted_from_the_payment(shop: SampleShop, payments: StripePayments) -> None:
    wish = RefundWish(order_id="ORD-1002")
    later = datetime.now(UTC) + timedelta(days=26, hours=1)

    assert (await gather_refund_facts(shop, payments, "cus_alice", wish, now=later)).days_since == 30


async def test_shop_and_provider_must_mean_the_same_payment(
    shop: SampleShop, payments: StripePayments, town: PaymentsTown
) -> None:
    await town.charge("ch_bob_1004", 7490, "USD")
    assert (await gather(shop, payments, "cus_bob", order_id="ORD-1004")).problem is Problem.CURRENCY_DIFFERS

    async with started("bot.sandbox.payments", "--empty") as empty:
        elsewhere = StripePayments(api_key="sk_test_sandbox", api_base=empty.url)
        facts = await gather(shop, elsewhere, "cus_bob", order_id="ORD-1004")
        await elsewhere.close()
    assert facts.problem is Problem.PROVIDER_DOES_NOT_KNOW


async def test_a_silent_provider_is_not_guessed_for(
    shop: SampleShop, payments: StripePayments, town: PaymentsTown
) -> None:
    await town.fault("charges.retrieve", Fault.SERVER_ERROR, times=2)

    with pytest.raises(PaymentsUnavailable):
        await gather(shop, payments, "cus_alice", order_id="ORD-1002")
