"""Every backend that ships passes the conformance kit, and the kit notices the ones that break a promise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner

from agents_team.tools.shop import Charge, KeepsBooks, Order, Shop, ShopUnavailable
from bot.backends.http import HttpShop
from bot.backends.kit import PAYMENTS_CHECKS, SHOP_CHECKS, KnownPayment, KnownShop, run_checks
from bot.backends.manual import ManualPayments
from bot.backends.payments import RefundOrder, RefundStatus
from bot.backends.sample_shop import SampleShop
from bot.backends.sql import SqlShop
from bot.backends.stripe import StripePayments
from bot.cli import cli
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started
from tests.contracts.shops import QUERIES, fill, http_server, http_shop, sql_shop

KNOWN = KnownShop("alice@example.com", "bob@example.com", ("T0ACME", "U0ALICE"))


@pytest.fixture(params=["sample", "sql on sqlite", "sql on postgresql", "http"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    async with AsyncExitStack() as stack:
        match request.param:
            case "sample":
                yield SampleShop()
            case "sql on sqlite":
                opened = await sql_shop(tmp_path)
                stack.push_async_callback(opened.close)
                yield opened
            case "sql on postgresql":
                url: str = request.getfixturevalue("empty_postgres_url")
                await fill(url.replace("postgresql:", "postgresql+psycopg:"))
                opened = SqlShop(dsn=url, queries=QUERIES)
                stack.push_async_callback(opened.close)
                yield opened
            case "http":
                client = http_shop(await stack.enter_async_context(http_server()))
                stack.push_async_callback(client.close)
                yield client


async def test_a_shop_that_ships_passes_every_check(shop: Shop) -> None:
    assert await run_checks(SHOP_CHECKS, shop, KNOWN) == [(name, "") for name in SHOP_CHECKS]


async def test_a_shop_that_ships_shows_bills_and_subscriptions_of_one_customer(shop: Shop) -> None:
    assert isinstance(shop, KeepsBooks)

    bills = await shop.list_invoices("cus_alice", limit=2)
    assert [(bill.id, bill.order_id, bill.total_minor, bill.status) for bill in bills] == [
        ("INV-1002", "ORD-1002", 9900, "paid"),
        ("INV-1001", "ORD-1001", 9900, "paid"),
    ]
    [running] = await shop.list_subscriptions("cus_alice")
    assert (running.plan, running.amount_minor, running.every) == ("team", 9900, "year")
    assert await shop.list_subscriptions("cus_dimitri") == []


async def test_stripe_passes_every_check() -> None:
    async with started("bot.sandbox.payments") as running, PaymentsTown(running.url):
        options = {"api_key": "sk_test_sandbox", "api_base": running.url, "webhook_secret": "whsec_x"}
        stripe = StripePayments(**options)
        found = await run_checks(PAYMENTS_CHECKS, stripe, KnownPayment("ch_carol_1006", "USD"))
        await stripe.close()

    assert found == [(name, "") for name in PAYMENTS_CHECKS]


class Leaky(SampleShop):
    """Forgets whose order it is."""

    async def get_order(self, order_id: str, *, customer_id: str) -> Order | None:
        return next((order for order in self._orders if order.id == order_id), None)


class Rounded(SampleShop):
    """Money as a float, as if that were the same."""

    async def list_charges(self, customer_id: str, *, limit: int = 20) -> list[Charge]:
        charges = await super().list_charges(customer_id, limit=limit)
        return [replace(charge, amount_minor=charge.amount_minor / 1) for charge in charges]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (Leaky, "what belongs to somebody else is not found"),
        (Rounded, "amounts are whole minor units, times are aware UTC"),
    ],
)
async def test_the_kit_notices_what_is_broken(broken: type[SampleShop], check: str) -> None:
    found = dict(await run_checks(SHOP_CHECKS, broken(), KNOWN))

    assert found[check] != ""
    assert [name for name, trouble in found.items() if trouble and name != check] == []


def test_the_command_prints_each_check_and_fails_with_code_1() -> None:
    who = ["--email", "alice@example.com", "--other-email", "bob@example.com"]
    good = CliRunner().invoke(cli, ["backend", "check", "sample", *who])
    bad = CliRunner().invoke(cli, ["backend", "check", "tests.contracts.test_backend_kit:Leaky", *who])

    assert (good.exit_code, good.output.count("ok")) == (0, len(SHOP_CHECKS))
    assert bad.exit_code == 1
    assert "FAILED  what belongs to somebody else is not found" in bad.output
    assert CliRunner().invoke(cli, ["backend", "check", "sample"]).exit_code == 2


# ------------------------------------------------------------------ SQL


async def test_a_query_cannot_write(tmp_path: Path) -> None:
    shop = await sql_shop(tmp_path)
    await shop.close()
    evil = SqlShop(
        dsn=f"sqlite:///{tmp_path}/shop.db",
        queries={"customer": "UPDATE accounts SET name = :customer_id RETURNING id"},
    )

    with pytest.raises(ShopUnavailable, match="readonly"):
        await evil.get_customer("cus_alice")
    await evil.close()


async def test_a_query_cannot_write_on_postgresql_either(empty_postgres_url: str) -> None:
    await fill(empty_postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    evil = SqlShop(dsn=empty_postgres_url, queries={"customer": "DELETE FROM accounts RETURNING id"})

    with pytest.raises(ShopUnavailable, match="read-only"):
        await evil.get_customer("cus_alice")
    await evil.close()


FOREVER = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS id FROM n",
    "postgresql": "SELECT pg_sleep(30) AS id",
}


@pytest.mark.parametrize("home", list(FOREVER))
async def test_a_query_that_takes_too_long_is_stopped(home: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("empty_sqlite_url" if home == "sqlite" else "empty_postgres_url")
    await fill(url.replace("postgresql:", "postgresql+psycopg:"))
    slow = SqlShop(dsn=url, queries={"customer": FOREVER[home]}, timeout_seconds=0.5)

    async with asyncio.timeout(10):
        with pytest.raises(ShopUnavailable):
            await slow.get_customer("cus_alice")
    await slow.close()


async def test_no_more_rows_come_than_allowed_and_none_of_others(tmp_path: Path) -> None:
    await (await sql_shop(tmp_path)).close()
    careless = {**QUERIES, "charges": "SELECT * FROM payments", "order": "SELECT * FROM purchases WHERE id = :order_id"}
    shop = SqlShop(dsn=f"sqlite:///{tmp_path}/shop.db", queries=careless, row_limit=2)

    assert {charge.customer_id for charge in await shop.list_charges("cus_alice")} == {"cus_alice"}
    assert len(await shop.list_charges("cus_alice")) <= 2
    assert await shop.get_order("ORD-1004", customer_id="cus_alice") is None
    await shop.close()


def test_a_query_of_an_unknown_name_is_a_wrong_setting() -> None:
    with pytest.raises(ValueError, match="custmer"):
        SqlShop(dsn="sqlite:///x.db", queries={"custmer": "SELECT 1"})


# ------------------------------------------------------------------ HTTP


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://evil.example/{email}", "not in shop.http.hosts"),
        ("https://{email}/x", "written out"),
        ("https://user:pass@shop.example/x", "written out"),
        ("ftp://shop.example/x", "https"),
        ("http://shop.example/{email}", "plain http"),
    ],
)
def test_an_address_that_could_lead_elsewhere_is_a_wrong_setting(address: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        HttpShop(addresses={"customer_by_email": address}, hosts=["shop.example"])


async def test_a_public_name_that_leads_into_the_own_network_is_not_called() -> None:
    async with http_server() as url:
        port = url.rpartition(":")[2]
        shop = HttpShop(addresses={"customer": f"https://localhost:{port}/{{customer_id}}"}, hosts=["localhost"])
        with pytest.raises(ShopUnavailable, match="private network"):
            await shop.get_customer("cus_alice")
        await shop.close()


async def test_a_redirect_is_not_followed_and_a_flood_is_cut() -> None:
    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://169.254.169.254/latest/meta-data")

    async def flood(_: web.Request) -> web.Response:
        return web.Response(body=b"[" + b" " * 2_000_000 + b"]", content_type="application/json")

    for handler, says in ((away, "status 302"), (flood, "more than")):
        async with http_server(any=handler) as url:
            shop = http_shop(url)
            with pytest.raises(ShopUnavailable, match=says):
                await shop.get_customer("cus_alice")
            await shop.close()


async def test_a_server_that_only_drips_ends_in_time() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(100):
            await answer.write(b" ")
            await asyncio.sleep(0.1)
        return answer

    async with http_server(any=drip) as url, asyncio.timeout(8):
        shop = http_shop(url, timeout_seconds=0.5)
        with pytest.raises(ShopUnavailable, match="Timeout"):
            await shop.get_customer("cus_alice")
        await shop.close()


@pytest.mark.parametrize("answer", [{"id": "cus_alice", "total": 1}, [1, 2], "text"])
async def test_an_answer_of_another_shape_is_no_answer(answer: Any) -> None:
    async def other(_: web.Request) -> web.Response:
        return web.json_response(answer)

    async with http_server(any=other) as url:
        shop = http_shop(url)
        with pytest.raises(ShopUnavailable):
            await shop.get_order("ORD-1002", customer_id="cus_alice")
        await shop.close()


# ------------------------------------------------------------------ by hand


async def test_a_task_is_the_same_however_often_it_is_made() -> None:
    manual = ManualPayments(link="https://bank.example/payments/{payment_ref}")
    order = RefundOrder("act_1", "ch_1", 500, "EUR", "")

    first, again = await manual.refund(order), await manual.refund(order)

    assert (first.ref, first.status) == ("manual:act_1", RefundStatus.REQUIRES_ACTION)
    assert again.ref == first.ref
    assert manual.task("ch_1") == "https://bank.example/payments/ch_1"
    with pytest.raises(ValueError, match="by hand"):
        manual.parse_webhook({}, b"")
