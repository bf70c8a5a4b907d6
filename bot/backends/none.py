"""No shop and no payments: the desk still answers, and a person does the rest."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from agents_team.tools.shop import Charge, Customer, Order
from bot.backends.payments import Payment, PaymentEvent, Refund, RefundOrder, RefundRefused


class NoShop:
    """A shop that knows nobody."""

    async def find_customer(self, *, email: str | None = None, slack: tuple[str, str] | None = None) -> Customer | None:
        """Nobody."""
        return None

    async def get_customer(self, customer_id: str) -> Customer | None:
        """Nobody."""
        return None

    async def list_orders(self, customer_id: str, *, limit: int = 10) -> list[Order]:
        """None."""
        return []

    async def get_order(self, order_id: str, *, customer_id: str) -> Order | None:
        """None."""
        return None

    async def list_charges(self, customer_id: str, *, limit: int = 20) -> list[Charge]:
        """None."""
        return []

    async def get_charge(self, charge_id: str, *, customer_id: str) -> Charge | None:
        """None."""
        return None


class NoPayments:
    """A provider that knows no payment and refuses every refund, so that a person makes it elsewhere."""

    key_lifetime = timedelta(days=3650)
    call_limit = timedelta(seconds=1)

    async def get_payment(self, ref: str) -> Payment | None:
        """None."""
        return None

    async def refund(self, order: RefundOrder) -> Refund:
        """Always refused: nothing can move."""
        raise RefundRefused("not_allowed", "No payment provider is connected (payments.backend is none).")

    async def find_refund(self, payment_ref: str, key: str) -> Refund | None:
        """None."""
        return None

    async def get_refund(self, ref: str) -> Refund | None:
        """None."""
        return None

    async def list_refunds(self, *, since: datetime, payment_ref: str | None = None) -> list[Refund]:
        """None."""
        return []

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> list[PaymentEvent]:
        """Nobody signs for us: always ValueError."""
        raise ValueError("no payment provider is connected")

    async def close(self) -> None:
        """There is nothing to give back."""
