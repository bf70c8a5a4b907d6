"""What every shop keeps to. A new shop adds a line to SHOPS: how to open it, and what it is known to hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from agents_team.tools.shop import Shop
from bot.backends.sample_shop import SampleShop


@dataclass(frozen=True)
class Known:
    """Facts about a shop's data that the promises are checked with: a customer with orders, and somebody else's."""

    customer_id: str
    email: str
    slack: tuple[str, str]
    order_ids: tuple[str, ...]
    charge_ids: tuple[str, ...]
    foreign_order: str
    foreign_charge: str


SAMPLE = Known(
    customer_id="cus_alice",
    email="alice@example.com",
    slack=("T0ACME", "U0ALICE"),
    order_ids=("ORD-1002", "ORD-1001", "ORD-1003"),
    charge_ids=("ch_alice_1002", "ch_alice_1001", "ch_alice_1003"),
    foreign_order="ORD-1004",
    foreign_charge="ch_bob_1004",
)

SHOPS: dict[str, tuple[Callable[[], Shop], Known]] = {"sample": (SampleShop, SAMPLE)}


@pytest.fixture(params=list(SHOPS))
def opened(request: pytest.FixtureRequest) -> tuple[Shop, Known]:
    open_it, known = SHOPS[request.param]
    return open_it(), known


async def test_an_account_is_found_by_address_however_it_is_written(opened: tuple[Shop, Known]) -> None:
    shop, known = opened

    for written in (known.email, known.email.upper(), f" {known.email} "):
        found = await shop.find_customer(email=written)
        assert found is not None
        assert found.id == known.customer_id


async def test_an_account_is_found_by_its_slack_user_in_its_team_only(opened: tuple[Shop, Known]) -> None:
    shop, known = opened
    team, user = known.slack

    found = await shop.find_customer(slack=known.slack)
    assert found is not None
    assert found.id == known.customer_id
    assert await shop.find_customer(slack=("T_ANOTHER", user)) is None
    assert await shop.find_customer(slack=(team, "U_ANOTHER")) is None


async def test_no_account_is_found_for_strangers_or_for_nothing(opened: tuple[Shop, Known]) -> None:
    shop, known = opened

    assert await shop.find_customer(email="nobody@nowhere.example") is None
    assert await shop.find_customer(email="") is None
    assert await shop.find_customer() is None
    assert await shop.find_customer(email="nobody@nowhere.example", slack=known.slack) is None
    assert await shop.get_customer("cus_nobody") is None


async def test_orders_and_charges_come_newest_first_and_bounded(opened: tuple[Shop, Known]) -> None:
    shop, known = opened

    orders = await shop.list_orders(known.customer_id)
    charges = await shop.list_charges(known.customer_id)

    assert tuple(order.id for order in orders) == known.order_ids
    assert tuple(charge.id for charge in charges) == known.charge_ids
    assert [order.id for order in await shop.list_orders(known.customer_id, limit=1)] == [known.order_ids[0]]
    assert [charge.id for charge in await shop.list_charges(known.customer_id, limit=2)] == list(known.charge_ids[:2])
    assert await shop.list_orders("cus_nobody") == []


async def test_what_belongs_to_somebody_else_is_not_found(opened: tuple[Shop, Known]) -> None:
    shop, known = opened

    assert await shop.get_order(known.foreign_order, customer_id=known.customer_id) is None
    assert await shop.get_charge(known.foreign_charge, customer_id=known.customer_id) is None
    assert await shop.get_order(known.order_ids[0], customer_id="") is None


async def test_orders_and_charges_agree_with_each_other(opened: tuple[Shop, Known]) -> None:
    shop, known = opened

    for order in await shop.list_orders(known.customer_id):
        assert await shop.get_order(order.id, customer_id=known.customer_id) == order
        assert order.customer_id == known.customer_id
        assert order.currency == order.currency.upper()
        charges = [await shop.get_charge(ident, customer_id=known.customer_id) for ident in order.charge_ids]
        assert all(charge is not None and charge.order_id == order.id for charge in charges)


async def test_moments_are_aware_and_amounts_are_whole(opened: tuple[Shop, Known]) -> None:
    shop, known = opened

    for charge in await shop.list_charges(known.customer_id):
        assert charge.created_at.utcoffset() == timedelta(0)
        assert type(charge.amount_minor) is int
        assert charge.amount_minor > 0
