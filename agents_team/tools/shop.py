"""The read-only port to customers, orders and charges. Scoping is an argument the model never sees."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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
