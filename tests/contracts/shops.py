"""The data of the sample shop in somebody else's hands: a SQL database, and an HTTP API on loopback."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, astuple
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import create_engine, text

from agents_team.tools.shop import Charge, Customer, Order
from bot.backends.http import HttpShop
from bot.backends.sample_shop import SampleShop
from bot.backends.sql import SqlShop

CUSTOMERS = ("cus_alice", "cus_bob", "cus_carol", "cus_dimitri")

TABLES = (
    "CREATE TABLE accounts (id TEXT, name TEXT, email TEXT, plan TEXT, team TEXT, person TEXT)",
    "CREATE TABLE purchases (id TEXT, customer_id TEXT, status TEXT, placed_at TEXT, total_minor BIGINT, "
    "currency TEXT, charge_ids TEXT)",
    "CREATE TABLE lines (order_id TEXT, title TEXT, quantity BIGINT, amount_minor BIGINT)",
    "CREATE TABLE payments (id TEXT, customer_id TEXT, order_id TEXT, amount_minor BIGINT, currency TEXT, "
    "created_at TEXT)",
    "CREATE TABLE bills (id TEXT, customer_id TEXT, order_id TEXT, total_minor BIGINT, currency TEXT, issued_at TEXT, "
    "status TEXT, link TEXT)",
    "CREATE TABLE plans (id TEXT, customer_id TEXT, plan TEXT, status TEXT, amount_minor BIGINT, currency TEXT, "
    "every TEXT, renews_at TEXT)",
)

QUERIES = {
    "customer_by_email": "SELECT id, name, email, plan FROM accounts WHERE lower(email) = lower(:email)",
    "customer_by_slack": "SELECT id, name, email, plan FROM accounts WHERE team = :team AND person = :user",
    "customer": "SELECT id, name, email, plan FROM accounts WHERE id = :customer_id",
    "orders": "SELECT * FROM purchases WHERE customer_id = :customer_id ORDER BY placed_at DESC LIMIT :limit",
    "order": "SELECT * FROM purchases WHERE upper(id) = upper(:order_id) AND customer_id = :customer_id",
    "order_lines": "SELECT title, quantity, amount_minor FROM lines WHERE order_id = :order_id",
    "charges": "SELECT * FROM payments WHERE customer_id = :customer_id ORDER BY created_at DESC LIMIT :limit",
    "charge": "SELECT * FROM payments WHERE id = :charge_id AND customer_id = :customer_id",
    "invoices": "SELECT * FROM bills WHERE customer_id = :customer_id ORDER BY issued_at DESC LIMIT :limit",
    "subscriptions": "SELECT * FROM plans WHERE customer_id = :customer_id",
}


async def fill(url: str) -> None:
    """Create the tables and put the sample shop into them."""
    shop = SampleShop()
    engine = create_engine(url)
    with engine.begin() as tx:
        for table in TABLES:
            tx.execute(text(table))
        for customer_id in CUSTOMERS:
            customer = await shop.get_customer(customer_id)
            assert customer is not None
            slack = {"cus_alice": ("T0ACME", "U0ALICE"), "cus_bob": ("T0ACME", "U0BOB")}.get(customer_id, ("", ""))
            row = (customer.id, customer.name, customer.email, customer.plan, *slack)
            tx.exec_driver_sql(f"INSERT INTO accounts VALUES ({_marks(engine, 6)})", row)
            for order in await shop.list_orders(customer_id):
                charges = ",".join(order.charge_ids)
                values: tuple[Any, ...] = (order.id, customer_id, order.status, order.placed_at.isoformat())
                values += (order.total_minor, order.currency, charges)
                tx.exec_driver_sql(f"INSERT INTO purchases VALUES ({_marks(engine, 7)})", values)
                for line in order.lines:
                    row = (order.id, line.title, line.quantity, line.amount_minor)
                    tx.exec_driver_sql(f"INSERT INTO lines VALUES ({_marks(engine, 4)})", row)
            for charge in await shop.list_charges(customer_id):
                values = (charge.id, customer_id, charge.order_id, charge.amount_minor, charge.currency)
                values += (charge.created_at.isoformat(),)
                tx.exec_driver_sql(f"INSERT INTO payments VALUES ({_marks(engine, 6)})", values)
            for table, kept in (
                ("bills", await shop.list_invoices(customer_id)),
                ("plans", await shop.list_subscriptions(customer_id)),
            ):
                for each in kept:
                    values = tuple(v.isoformat() if isinstance(v, datetime) else v for v in astuple(each))
                    tx.exec_driver_sql(f"INSERT INTO {table} VALUES ({_marks(engine, 8)})", values)
    engine.dispose()


def _marks(engine: Any, count: int) -> str:
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    return ", ".join([mark] * count)


async def sql_shop(folder: Path) -> SqlShop:
    """The sample shop in a SQLite file."""
    url = f"sqlite:///{folder}/shop.db"
    await fill(url)
    return SqlShop(dsn=url, queries=QUERIES)


# ------------------------------------------------------------------ over HTTP

PATHS = {
    "customer_by_email": "/customers?email={email}",
    "customer_by_slack": "/customers?team={team}&user={user}",
    "customer": "/customers/{customer_id}",
    "orders": "/customers/{customer_id}/orders?limit={limit}",
    "order": "/customers/{customer_id}/orders/{order_id}",
    "charges": "/customers/{customer_id}/charges?limit={limit}",
    "charge": "/customers/{customer_id}/charges/{charge_id}",
    "invoices": "/customers/{customer_id}/invoices?limit={limit}",
    "subscriptions": "/customers/{customer_id}/subscriptions",
}


@asynccontextmanager
async def http_server(token: str = "let-me-in", **more: Callable[..., Any]) -> AsyncIterator[str]:
    """The sample shop as an API that keeps totals under another name; `more` replaces handlers."""
    shop = SampleShop()

    async def find(request: web.Request) -> web.Response:
        slack = (request.query["team"], request.query["user"]) if "team" in request.query else None
        found = await shop.find_customer(email=request.query.get("email"), slack=slack)
        return _answer([found] if found else [])

    async def one(request: web.Request) -> web.Response:
        return _answer(await shop.get_customer(request.match_info["customer"]))

    async def several(request: web.Request) -> web.Response:
        look = shop.list_orders if request.match_info["what"] == "orders" else shop.list_charges
        return _answer(await look(request.match_info["customer"], limit=int(request.query["limit"])))

    async def kept(request: web.Request) -> web.Response:
        customer = request.match_info["customer"]
        return _answer([*await shop.list_invoices(customer, limit=int(request.query["limit"]))])

    async def subscribed(request: web.Request) -> web.Response:
        return _answer([*await shop.list_subscriptions(request.match_info["customer"])])

    async def single(request: web.Request) -> web.Response:
        look = shop.get_order if request.match_info["what"] == "orders" else shop.get_charge
        return _answer(await look(request.match_info["id"], customer_id=request.match_info["customer"]))

    @web.middleware
    async def guarded(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {token}":
            return web.json_response({"error": "no"}, status=401)
        answer: web.StreamResponse = await more.get("any", handler)(request)
        return answer

    app = web.Application(middlewares=[guarded])
    app.router.add_get("/customers", find)
    app.router.add_get("/customers/{customer}", one)
    app.router.add_get("/customers/{customer}/{what:orders|charges}", several)
    app.router.add_get("/customers/{customer}/invoices", kept)
    app.router.add_get("/customers/{customer}/subscriptions", subscribed)
    app.router.add_get("/customers/{customer}/{what:orders|charges}/{id}", single)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def http_shop(url: str, **more: Any) -> HttpShop:
    """The client for it."""
    options: dict[str, Any] = {
        "addresses": {name: f"{url}{path}" for name, path in PATHS.items()},
        "hosts": ["127.0.0.1"],
        "private_hosts": ["127.0.0.1"],
        "token": "let-me-in",
        "fields": {"order.total_minor": "totals.gross", "invoice.total_minor": "totals.gross"},
    }
    return HttpShop(**{**options, **more})


def _answer(found: Customer | Order | Charge | list[Any] | None) -> web.Response:
    if found is None:
        return web.json_response({"error": "not found"}, status=404)
    rows = [_row(each) for each in found] if isinstance(found, list) else _row(found)
    return web.json_response({"data": rows} if isinstance(rows, list) else rows)


def _row(found: Any) -> dict[str, Any]:
    row = json.loads(json.dumps(asdict(found), default=_plain))
    if "total_minor" in row:
        row["totals"] = {"gross": row.pop("total_minor")}
    return dict(row)


def _plain(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
