"""The read-only port to customers, orders and charges. Scoping is an argument the model never sees."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Customer:
    """An account in the shop."""

    id: str
    name: str
    email: str
    plan: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One article of an order."""

    title: str
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Order:
    """One order. Amounts are integer minor units of `currency` (ISO 4217, upper case)."""

    id: str
    customer_id: str
    status: str
    placed_at: datetime
    total_minor: int
    currency: str
    lines: tuple[OrderLine, ...] = ()
    charge_ids: tuple[str, ...] = ()
    carrier: str = ""
    tracking: str = ""
    delivered_at: datetime | None = None
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """One payment as the shop knows it. The payment provider stays the judge of what is refundable."""

    id: str
    customer_id: str
    order_id: str | None
    amount_minor: int
    currency: str
    created_at: datetime
    description: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """One bill. `status` in the shop's own word, such as paid, open or credited; `link` is for the customer alone."""

    id: str
    customer_id: str
    order_id: str | None
    total_minor: int
    currency: str
    issued_at: datetime
    status: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What runs until somebody ends it; `every` is the period one amount is for, such as month."""

    id: str
    customer_id: str
    plan: str
    status: str
    amount_minor: int
    currency: str
    every: str = ""
    renews_at: datetime | None = None


class ShopUnavailable(Exception):
    """The shop did not answer; say so honestly, never guess."""


class Shop(Protocol):
    """Facts about one proven customer. Every call is scoped: a foreign id is simply not found."""

    async def find_customer(self, *, email: str | None = None, slack: tuple[str, str] | None = None) -> Customer | None:
        """The single account with this address or (team, user); None when there is none or more than one."""

    async def get_customer(self, customer_id: str) -> Customer | None:
        """The account by id."""

    async def list_orders(self, customer_id: str, *, limit: int = 10) -> list[Order]:
        """Newest first."""

    async def get_order(self, order_id: str, *, customer_id: str) -> Order | None:
        """The order, if it is this customer's."""

    async def list_charges(self, customer_id: str, *, limit: int = 20) -> list[Charge]:
        """Newest first."""

    async def get_charge(self, charge_id: str, *, customer_id: str) -> Charge | None:
        """The charge, if it is this customer's."""


@runtime_checkable
class KeepsBooks(Protocol):
    """A shop that also knows bills and subscriptions. One that does not simply has none; scoped like the rest."""

    async def list_invoices(self, customer_id: str, *, limit: int = 20) -> list[Invoice]:
        """Newest first."""

    async def list_subscriptions(self, customer_id: str) -> list[Subscription]:
        """Those that run and those that ended; [] when there are none."""
