"""A shop with a customer for every message: customer n owns order "ORD-<n>", paid by charge "ch_<n>"."""

from datetime import UTC, datetime, timedelta

from agents_team.tools.shop import Charge, Customer, Order, OrderLine

AMOUNT = 4200


def address_of(number: int) -> str:
    """The mail address of customer `number`."""
    return f"c{number}@example.com"


def slack_id_of(number: int) -> str:
    """Their user id in Slack."""
    return f"U0C{number}"


class ManyCustomers:
    """Everybody bought one chair two days ago."""

    def __init__(self) -> None:
        self._placed = datetime.now(UTC) - timedelta(days=2)

    async def find_customer(self, *, email: str | None = None, slack: tuple[str, str] | None = None) -> Customer | None:
        known = slack[1].removeprefix("U0C") if slack else (email or "").removeprefix("c").partition("@")[0]
        return _customer(int(known)) if known.isdigit() else None

    async def get_customer(self, customer_id: str) -> Customer | None:
        return _customer(int(customer_id.removeprefix("cus_")))

    async def list_orders(self, customer_id: str, *, limit: int = 10) -> list[Order]:
        return [self._order(customer_id)]

    async def get_order(self, order_id: str, *, customer_id: str) -> Order | None:
        order = self._order(customer_id)
        return order if order.id == order_id.upper() else None

    async def list_charges(self, customer_id: str, *, limit: int = 20) -> list[Charge]:
        return [self._charge(customer_id)]

    async def get_charge(self, charge_id: str, *, customer_id: str) -> Charge | None:
        charge = self._charge(customer_id)
        return charge if charge.id == charge_id else None

    def _order(self, customer_id: str) -> Order:
        number = customer_id.removeprefix("cus_")
        return Order(
            id=f"ORD-{number}",
            customer_id=customer_id,
            status="delivered",
            placed_at=self._placed,
            total_minor=AMOUNT,
            currency="USD",
            lines=(OrderLine("Chair", 1, AMOUNT),),
            charge_ids=(f"ch_{number}",),
        )

    def _charge(self, customer_id: str) -> Charge:
        number = customer_id.removeprefix("cus_")
        return Charge(f"ch_{number}", customer_id, f"ORD-{number}", AMOUNT, "USD", self._placed)


def _customer(number: int) -> Customer:
    return Customer(f"cus_{number}", f"Customer {number}", address_of(number))
