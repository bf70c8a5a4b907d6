"""Payments made by hand: the desk decides and keeps the books, finance pays back and says when it is done."""

from collections.abc import Mapping
from datetime import UTC, datetime

from agents_team.tools.shop import Charge
from bot.backends.none import NoPayments
from bot.backends.payments import Payment, PaymentEvent, Refund, RefundOrder, RefundStatus

PREFIX = "manual:"


class ManualPayments(NoPayments):
    """Takes the shop's word for what was paid, and makes each refund a task with a link.

    A task has the action's id in its reference, so it is the same task however often it is made; it waits
    (requires_action) until a person marks it as done on the card. Nobody but ourselves has books: by reference nothing
    is found, and a task is made anew without harm.
    """

    def __init__(self, *, link: str = ""):
        self._link = link

    def payment_of(self, charge: Charge) -> Payment:
        """What the shop says was paid; what went back already is only in our own books."""
        return Payment(
            charge.id, charge.amount_minor, 0, charge.currency, False, charge.method or "by hand", charge.created_at
        )

    async def refund(self, order: RefundOrder) -> Refund:
        """A task for finance; the same one for the same key."""
        return Refund(
            f"{PREFIX}{order.key}",
            order.payment_ref,
            order.amount_minor,
            order.currency,
            RefundStatus.REQUIRES_ACTION,
            order.key,
            datetime.now(UTC),
        )

    def task(self, payment_ref: str) -> str:
        """Where finance finds the payment."""
        return self._link.replace("{payment_ref}", payment_ref) or f"pay back {payment_ref} by hand"

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> list[PaymentEvent]:
        """Nobody signs for us: always ValueError."""
        raise ValueError("payments are made by hand")
