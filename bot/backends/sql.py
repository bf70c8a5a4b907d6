"""A shop in your own tables: read-only, one named query each, bound parameters, bounded rows and time."""

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from agents_team.tools.shop import Charge, Customer, Invoice, Order, ShopUnavailable, Subscription
from bot.backends.rows import charge_of, customer_of, invoice_of, order_of, subscription_of

Row = Mapping[str, Any]

QUERIES = (
    "customer_by_email", "customer_by_slack", "customer", "orders", "order", "order_lines", "charges", "charge",
    "invoices", "subscriptions",
)  # fmt: skip


class SqlShop:
    """`queries` by name (see SqlShopSettings); a name without one finds nothing.

    The connection itself is read-only, so a query that writes fails. Rows of another customer than was asked
    for are dropped, whatever the query says.
    """

    def __init__(self, *, dsn: str, queries: Mapping[str, str], timeout_seconds: float = 5.0, row_limit: int = 200):
        unknown = sorted(set(queries) - set(QUERIES))
        if unknown:
            raise ValueError(f"shop.sql: there is no query {', '.join(unknown)}")
        self._queries = {name: text(query) for name, query in queries.items() if query.strip()}
        self._seconds, self._limit = timeout_seconds, row_limit
        self._engine = _read_only(make_url(dsn), timeout_seconds)

    async def find_customer(self, *, email: str | None = None, slack: tuple[str, str] | None = None) -> Customer | None:
        """The single account; None when there is none or more than one."""
        found: list[set[Customer]] = []
        if email is not None:
            rows = await self._rows("customer_by_email", email=email.strip())
            found.append({c for c in map(customer_of, rows) if c.email.casefold() == email.strip().casefold()})
        if slack is not None:
            found.append(set(map(customer_of, await self._rows("customer_by_slack", team=slack[0], user=slack[1]))))
        fits = set.intersection(*found) if found else set()
        return fits.pop() if len(fits) == 1 else None

    async def get_customer(self, customer_id: str) -> Customer | None:
        """The account by id."""
        fits = [
            c for c in map(customer_of, await self._rows("customer", customer_id=customer_id)) if c.id == customer_id
        ]
        return fits[0] if fits else None

    async def list_orders(self, customer_id: str, *, limit: int = 10) -> list[Order]:
        """Newest first."""
        rows = await self._rows("orders", customer_id=customer_id, limit=limit)
        orders = [await self._with_lines(row) for row in rows if row.get("customer_id") == customer_id]
        return sorted(orders, key=lambda order: order.placed_at, reverse=True)[:limit]

    async def get_order(self, order_id: str, *, customer_id: str) -> Order | None:
        """The order, if it is this customer's."""
        rows = await self._rows("order", order_id=order_id.strip(), customer_id=customer_id)
        own = [row for row in rows if row.get("customer_id") == customer_id]
        return await self._with_lines(own[0]) if own else None

    async def list_charges(self, customer_id: str, *, limit: int = 20) -> list[Charge]:
        """Newest first."""
        rows = await self._rows("charges", customer_id=customer_id, limit=limit)
        own = [charge_of(row) for row in rows if row.get("customer_id") == customer_id]
        return sorted(own, key=lambda charge: charge.created_at, reverse=True)[:limit]

    async def get_charge(self, charge_id: str, *, customer_id: str) -> Charge | None:
        """The charge, if it is this customer's."""
        rows = await self._rows("charge", charge_id=charge_id.strip(), customer_id=customer_id)
        own = [charge_of(row) for row in rows if row.get("customer_id") == customer_id]
        return own[0] if own else None

    async def list_invoices(self, customer_id: str, *, limit: int = 20) -> list[Invoice]:
        """Newest first."""
        rows = await self._rows("invoices", customer_id=customer_id, limit=limit)
        own = [invoice_of(row) for row in rows if row.get("customer_id") == customer_id]
        return sorted(own, key=lambda invoice: invoice.issued_at, reverse=True)[:limit]

    async def list_subscriptions(self, customer_id: str) -> list[Subscription]:
        """Those that run and those that ended."""
        rows = await self._rows("subscriptions", customer_id=customer_id)
        return [subscription_of(row) for row in rows if row.get("customer_id") == customer_id]

    async def close(self) -> None:
        """Give connections back."""
        await asyncio.to_thread(self._engine.dispose)

    async def _with_lines(self, row: Row) -> Order:
        return order_of(row, await self._rows("order_lines", order_id=row.get("id")))

    async def _rows(self, name: str, **parameters: Any) -> Sequence[Row]:
        """The rows of a named query. Raises ShopUnavailable when it fails or takes too long."""
        query = self._queries.get(name)
        # No text in a database holds a NUL, and PostgreSQL complains about one instead of not finding it.
        if query is None or any("\0" in value for value in parameters.values() if isinstance(value, str)):
            return ()
        wanted = {key: value for key, value in parameters.items() if f":{key}" in query.text}
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._ask, query, wanted), self._seconds + 1)
        except (SQLAlchemyError, sqlite3.Error, TimeoutError) as error:
            raise ShopUnavailable(f"shop.sql.{name}: {type(error).__name__}: {error}") from error

    def _ask(self, query: Any, parameters: Mapping[str, Any]) -> Sequence[Row]:
        with self._engine.connect() as connection, _bounded(connection, self._seconds):
            return [dict(row) for row in connection.execute(query, dict(parameters)).mappings().fetchmany(self._limit)]


def _read_only(url: URL, seconds: float) -> Engine:
    """An engine whose connections cannot write, and on PostgreSQL stop a query that takes too long."""
    if url.drivername.startswith("sqlite"):
        file = Path(str(url.database)).absolute()

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=seconds)

        return create_engine("sqlite://", creator=connect)
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    options = f"-c default_transaction_read_only=on -c statement_timeout={int(seconds * 1000)}"
    engine = create_engine(url, connect_args={"options": options, "connect_timeout": max(1, int(seconds))})
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET TRANSACTION READ ONLY"))
    return engine


class _bounded:
    """Stops a query on SQLite after some seconds; PostgreSQL does it by itself."""

    def __init__(self, connection: Connection, seconds: float):
        raw = connection.connection.driver_connection
        self._raw = raw if isinstance(raw, sqlite3.Connection) else None
        self._seconds = seconds

    def __enter__(self) -> None:
        if self._raw is not None:
            ends = time.monotonic() + self._seconds
            self._raw.set_progress_handler(lambda: int(time.monotonic() > ends), 10_000)

    def __exit__(self, *_: object) -> None:
        if self._raw is not None:
            self._raw.set_progress_handler(None, 0)
