"""A shop in memory with two customers, for the team's tests."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agents_team.tools.shop import Charge, Customer, Order, OrderLine, ShopUnavailable

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ALICE, BOB = "cus_alice", "cus_bob"


def order(order_id: str, customer_id: str, *, days_ago: float, total_minor: int, status: str = "delivered") -> Order:
    placed = NOW - timedelta(days=days_ago)
    return Order(
        id=order_id,
        customer_id=customer_id,
        status=status,
        placed_at=placed,
        total_minor=total_minor,
        currency="USD",
        lines=(OrderLine("Headphones", 1, total_minor),),
        charge_ids=(f"ch_{order_id}",),
        carrier="DHL",
        tracking=f"TRK{order_id}",
        delivered_at=placed + timedelta(days=2) if status == "delivered" else None,
        expected_at=NOW + timedelta(days=2) if status == "shipped" else None,
    )


def charge_of(paid: Order) -> Charge:
    return Charge(
        id=f"ch_{paid.id}",
        customer_id=paid.customer_id,
        order_id=paid.id,
        amount_minor=paid.total_minor,
        currency=paid.currency,
        created_at=paid.placed_at,
        description="Headphones",
        method="card ending 4242",
    )


class SmallShop:
    """Alice was charged twice on the same day and has an older order and one on its way; ORD-2001 is Bob's."""

    def __init__(self) -> None:
        self.customers = [Customer(ALICE, "Alice", "alice@example.com"), Customer(BOB, "Bob", "bob@example.com")]
        self.orders = [
            order("ORD-1004", ALICE, days_ago=1, total_minor=2500, status="shipped"),
            order("ORD-1002", ALICE, days_ago=3, total_minor=9900),
            order("ORD-1001", ALICE, days_ago=3.1, total_minor=9900),
            order("ORD-1003", ALICE, days_ago=20, total_minor=4999),
            order("ORD-2001", BOB, days_ago=2, total_minor=15000),
        ]
        self.charges = [charge_of(each) for each in self.orders]
        self.down = False

    def keep_only(self, order_ids: Iterable[str]) -> None:
        """Forget every other order."""
        self.orders = [each for each in self.orders if each.id in order_ids]
        self.charges = [charge_of(each) for each in self.orders]

    def charge_again(self, order_id: str) -> None:
        """A second charge for the same order, an hour later."""
        first = next(each for each in self.charges if each.order_id == order_id)
        again = replace(first, id=f"{first.id}-again", created_at=first.created_at + timedelta(hours=1))
        self.charges.insert(self.charges.index(first), again)

    async def find_customer(self, *, email: str | None = None, slack: tuple[str, str] | None = None) -> Customer | None:
        return next((each for each in self.customers if email and each.email == email), None)

    async def get_customer(self, customer_id: str) -> Customer | None:
        return next((each for each in self.customers if each.id == customer_id), None)

    async def list_orders(self, customer_id: str, *, limit: int = 10) -> list[Order]:
        self._check()
        return [each for each in self.orders if each.customer_id == customer_id][:limit]

    async def get_order(self, order_id: str, *, customer_id: str) -> Order | None:
        self._check()
        return next((o for o in self.orders if (o.id, o.customer_id) == (order_id, customer_id)), None)

    async def list_charges(self, customer_id: str, *, limit: int = 20) -> list[Charge]:
        self._check()
        return [each for each in self.charges if each.customer_id == customer_id][:limit]

    async def get_charge(self, charge_id: str, *, customer_id: str) -> Charge | None:
        self._check()
        return next((c for c in self.charges if (c.id, c.customer_id) == (charge_id, customer_id)), None)

    def _check(self) -> None:
        if self.down:
            raise ShopUnavailable("the shop is down")
