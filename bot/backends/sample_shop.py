"""A small shop in a data file, dated relative to now, for the demo and for tests."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from agents_team.tools.shop import Charge, Customer, Invoice, Order, OrderLine, Subscription
from bot.backends.sample_doing import Deed, Deeds, SampleDoer

Row = dict[str, Any]
T = TypeVar("T", Order, Charge)


class SampleShop(SampleDoer):
    """The shop in `file` (None: the one that ships). "days_ago" counts back from `now`, the moment it is opened.

    It can also act (SampleDoer) and remembers what it did in `state_file`; None: only until it is closed.
    """

    def __init__(
        self, *, file: str | Path | None = None, now: datetime | None = None, state_file: str | Path | None = None
    ):
        source = files("bot.backends").joinpath("sample_shop.json") if file is None else Path(file)
        data = json.loads(source.read_text(encoding="utf-8"))
        moment = now or datetime.now(UTC)
        self._rows: list[Row] = data["customers"]
        self._customers = {row["id"]: _customer(row, moment) for row in self._rows}
        self._charges = _newest_first([_charge(row, moment) for row in data["charges"]])
        self._orders = _newest_first([_order(row, moment) for row in data["orders"]])
        self._invoices = [_invoice(row, moment) for row in data.get("invoices", [])]
        self._subscriptions = [_subscription(row, moment) for row in data.get("subscriptions", [])]
        super().__init__(Deeds(Path(state_file) if state_file else None), self)

    async def find_customer(self, *, email: str | None = None, slack: tuple[str, str] | None = None) -> Customer | None:
        """The single account that fits everything given; None when there is none or more than one."""
        if email is None and slack is None:
            return None
        fits = [row for row in self._rows if _fits(row, email, slack)]
        return self._customers[fits[0]["id"]] if len(fits) == 1 else None

    def customer(self, customer_id: str) -> Customer | None:
        """The account by id."""
        return self._customers.get(customer_id)

    @property
    def accounts(self) -> Sequence[Row]:
        """The accounts as they stand in the file."""
        return self._rows

    def address(self, customer_id: str) -> str:
        """Where their parcels go."""
        return next((str(row.get("address", "")) for row in self._rows if row["id"] == customer_id), "")

    def order(self, order_id: str, customer_id: str) -> Order | None:
        """The order, if it is this customer's."""
        return _one(self._orders, order_id, customer_id)

    def apply(self, deed: Deed) -> None:
        """Make orders and accounts say what was done."""
        if deed.kind == "change_plan":
            self._customers[deed.customer_id] = replace(self._customers[deed.customer_id], plan=deed.details["plan"])
            self._subscriptions = [_moved(each, deed) for each in self._subscriptions]
        order = self.order(deed.subject, deed.customer_id)
        if order is not None and deed.kind == "cancel_order":
            self._orders[self._orders.index(order)] = replace(order, status="cancelled")
        if order is not None and deed.kind == "reship":
            self._orders.insert(0, replace(order, id=deed.ref, status="processing", charge_ids=(), tracking=""))

    async def get_customer(self, customer_id: str) -> Customer | None:
        """The account by id."""
        return self._customers.get(customer_id)

    async def list_orders(self, customer_id: str, *, limit: int = 10) -> list[Order]:
        """Newest first."""
        return [order for order in self._orders if order.customer_id == customer_id][:limit]

    async def get_order(self, order_id: str, *, customer_id: str) -> Order | None:
        """The order, if it is this customer's. People write ids in lower case too."""
        return _one(self._orders, order_id, customer_id)

    async def list_charges(self, customer_id: str, *, limit: int = 20) -> list[Charge]:
        """Newest first."""
        return [charge for charge in self._charges if charge.customer_id == customer_id][:limit]

    async def get_charge(self, charge_id: str, *, customer_id: str) -> Charge | None:
        """The charge, if it is this customer's."""
        return _one(self._charges, charge_id, customer_id)

    async def list_invoices(self, customer_id: str, *, limit: int = 20) -> list[Invoice]:
        """Newest first."""
        own = [invoice for invoice in self._invoices if invoice.customer_id == customer_id]
        return sorted(own, key=lambda invoice: invoice.issued_at, reverse=True)[:limit]

    async def list_subscriptions(self, customer_id: str) -> list[Subscription]:
        """Those that run and those that ended."""
        return [each for each in self._subscriptions if each.customer_id == customer_id]


def _moved(subscription: Subscription, deed: Deed) -> Subscription:
    """The price of the other plan stands in the next invoice, as in real shops."""
    theirs = subscription.customer_id == deed.customer_id
    return replace(subscription, plan=deed.details["plan"]) if theirs else subscription


def _invoice(row: Row, now: datetime) -> Invoice:
    issued = now - timedelta(days=row["days_ago"])
    link = f"https://shop.example/invoices/{row['id']}.pdf"
    return Invoice(
        row["id"], row["customer"], row["order"], row["amount"], row["currency"], issued, row["status"], link
    )


def _subscription(row: Row, now: datetime) -> Subscription:
    renews = now + timedelta(days=row["renews_in_days"])
    price = (row["amount"], row["currency"], row["every"], renews)
    return Subscription(row["id"], row["customer"], row["plan"], row["status"], *price)


def _fits(row: Row, email: str | None, slack: tuple[str, str] | None) -> bool:
    same_email = email is None or row["email"].casefold() == email.strip().casefold()
    return same_email and (slack is None or list(slack) in row["slack"])


def _one(rows: Sequence[T], ident: str, customer_id: str) -> T | None:
    for row in rows:
        if row.id.casefold() == ident.strip().casefold() and row.customer_id == customer_id:
            return row
    return None


def _newest_first(rows: Sequence[T]) -> list[T]:
    return sorted(rows, key=lambda row: row.placed_at if isinstance(row, Order) else row.created_at, reverse=True)


def _customer(row: Row, now: datetime) -> Customer:
    since = now - timedelta(days=row["since_days_ago"])
    return Customer(id=row["id"], name=row["name"], email=row["email"], plan=row["plan"], since=since)


def _charge(row: Row, now: datetime) -> Charge:
    return Charge(
        id=row["id"],
        customer_id=row["customer"],
        order_id=row.get("order"),
        amount_minor=row["amount"],
        currency=row["currency"],
        created_at=now - timedelta(days=row["days_ago"]),
        description=row["description"],
        method=f"{row['brand']} •• {row['last4']}",
    )


def _order(row: Row, now: datetime) -> Order:
    delivered, expected = row.get("delivered_days_ago"), row.get("expected_in_days")
    lines = tuple(OrderLine(title, quantity, amount) for title, quantity, amount in row["lines"])
    return Order(
        id=row["id"],
        customer_id=row["customer"],
        status=row["status"],
        placed_at=now - timedelta(days=row["days_ago"]),
        total_minor=sum(line.amount_minor for line in lines),
        currency=row["currency"],
        lines=lines,
        charge_ids=tuple(row["charges"]),
        carrier=row.get("carrier", ""),
        tracking=row.get("tracking", ""),
        delivered_at=None if delivered is None else now - timedelta(days=delivered),
        expected_at=None if expected is None else now + timedelta(days=expected),
    )
