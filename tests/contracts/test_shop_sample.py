"""The sample shop tells the stories of the demo, never ages, and agrees with the sandbox provider."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backends import PAYMENTS, SHOPS, UnknownBackend, open_payments, open_shop
from bot.backends.none import NoPayments, NoShop
from bot.backends.payments import RefundOrder, RefundRefused
from bot.backends.sample_shop import SampleShop
from bot.sandbox.payments.books import Books
from bot.sandbox.payments.seed import book_sample_charges


async def test_alice_was_charged_twice_on_one_day() -> None:
    first, second = (await SampleShop().list_orders("cus_alice"))[:2]

    assert {first.id, second.id} == {"ORD-1001", "ORD-1002"}
    assert (first.total_minor, second.total_minor, first.currency) == (9900, 9900, "USD")
    assert abs((first.placed_at - second.placed_at).total_seconds()) < 3600


async def test_the_demo_never_ages() -> None:
    far = datetime(2040, 5, 1, tzinfo=UTC)
    order = await SampleShop(now=far).get_order("ORD-1002", customer_id="cus_alice")

    assert order is not None
    assert (far - order.placed_at).days == 4


async def test_an_address_two_accounts_share_belongs_to_nobody(tmp_path: Path) -> None:
    twin = {"name": "T", "email": "t@example.com", "plan": "", "since_days_ago": 1, "slack": [["T1", "U1"]]}
    data = {"customers": [{"id": "cus_1", **twin}, {"id": "cus_2", **twin}], "orders": [], "charges": []}
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(data))
    shop = SampleShop(file=file)

    assert await shop.find_customer(email="t@example.com") is None
    assert await shop.find_customer(slack=("T1", "U1")) is None


async def test_ids_are_found_as_people_write_them() -> None:
    order = await SampleShop().get_order(" ord-1002 ", customer_id="cus_alice")

    assert order is not None
    assert order.id == "ORD-1002"


async def test_the_provider_knows_every_charge_of_the_shop() -> None:
    shop, books = SampleShop(), Books()
    book_sample_charges(books)

    for customer in ("cus_alice", "cus_bob", "cus_carol", "cus_dimitri"):
        for charge in await shop.list_charges(customer):
            booked = books.charges[charge.id]
            assert (booked.amount, booked.currency) == (charge.amount_minor, charge.currency)
            assert abs(booked.created - charge.created_at.timestamp()) < 60
            order = await shop.get_order(str(charge.order_id), customer_id=customer)
            assert order is not None
            assert order.total_minor == charge.amount_minor


# ------------------------------------------------------------------ naming a backend


def test_a_backend_is_named_or_given_as_a_path() -> None:
    assert isinstance(open_shop("sample"), SampleShop)
    assert isinstance(open_shop("bot.backends.sample_shop:SampleShop", now=datetime.now(UTC)), SampleShop)
    assert isinstance(open_payments("none"), NoPayments)
    assert isinstance(open_shop("none"), NoShop)


@pytest.mark.parametrize("name", ["strype", "no.such.module:Shop", "bot.backends.sample_shop:NoSuchShop", ""])
def test_an_unknown_name_is_answered_with_the_names_there_are(name: str) -> None:
    with pytest.raises(UnknownBackend, match=r"payments\.backend = ") as refused:
        open_payments(name)

    assert ":" in name or all(known in str(refused.value) for known in PAYMENTS)
    assert {"none", "sample"} <= set(SHOPS)


async def test_without_backends_nobody_is_known_and_nothing_moves() -> None:
    shop, payments = NoShop(), NoPayments()

    assert await shop.find_customer(email="alice@example.com") is None
    assert await shop.list_orders("cus_alice") == []
    assert await payments.get_payment("ch_1") is None
    with pytest.raises(RefundRefused, match="No payment provider"):
        await payments.refund(RefundOrder("act_1", "ch_1", 1, "USD", ""))
    with pytest.raises(ValueError, match="no payment provider"):
        payments.parse_webhook({}, b"")
