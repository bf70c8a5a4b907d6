"""The money: charges, refunds, and the rules by which they move."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.payments.refusal import Refusal, missing

MOVING = ("pending", "requires_action", "succeeded")
STATUSES = (*MOVING, "failed", "canceled")


@dataclass(slots=True)
class BookedCharge:
    """Money a customer paid. `refunds_become` is the status a new refund of it gets."""

    id: str
    amount: int
    currency: str
    customer: str | None = None
    payment_intent: str | None = None
    description: str = ""
    brand: str = "visa"
    last4: str = "4242"
    created: int = field(default_factory=lambda: int(time.time()))
    captured: bool = True
    disputed: bool = False
    refunds_become: str = "succeeded"


@dataclass(slots=True)
class BookedRefund:
    """Money on its way back."""

    id: str
    charge: str
    amount: int
    currency: str
    payment_intent: str | None
    metadata: dict[str, str]
    reason: str | None
    status: str
    failure_reason: str | None = None
    created: int = field(default_factory=lambda: int(time.time()))


Tell = Callable[[str, "BookedRefund | BookedCharge"], None]


def _nobody(event: str, about: "BookedRefund | BookedCharge") -> None:
    """Webhooks are off."""


class Books:
    """Everything the provider knows. Every change counts `version` up; refunds and disputes are also told to `tell`."""

    def __init__(self, tell: Tell = _nobody) -> None:
        self.charges: dict[str, BookedCharge] = {}
        self.refunds: dict[str, BookedRefund] = {}
        self.version = 0
        self.change = asyncio.Event()
        self.tell = tell

    def _changed(self) -> None:
        self.version += 1
        # Whoever waits for this change is woken; whoever comes now waits for the next.
        self.change.set()
        self.change = asyncio.Event()

    def book(self, charge: BookedCharge) -> BookedCharge:
        """A customer paid."""
        self.charges[charge.id] = charge
        self._changed()
        return charge

    def refunds_of(self, charge_id: str) -> list[BookedRefund]:
        return [refund for refund in self.refunds.values() if refund.charge == charge_id]

    def refunded(self, charge_id: str) -> int:
        """What has gone back or is on its way; failed and cancelled refunds came home again."""
        return sum(refund.amount for refund in self.refunds_of(charge_id) if refund.status in MOVING)

    def find_charge(self, charge_id: str | None, payment_intent: str | None) -> BookedCharge:
        if charge_id is not None:
            if charge_id not in self.charges:
                raise missing("charge", charge_id, "charge", executed=True)
            return self.charges[charge_id]
        for charge in self.charges.values():
            if charge.payment_intent == payment_intent:
                return charge
        raise missing("payment_intent", str(payment_intent), "payment_intent", executed=True)

    def refund(
        self, charge: BookedCharge, amount: int | None, *, reason: str | None, metadata: dict[str, str]
    ) -> BookedRefund:
        """Pay back `amount` (None: what is left), or refuse the way Stripe does."""
        left = charge.amount - self.refunded(charge.id)
        self._check_refundable(charge, left, amount)
        refund = BookedRefund(
            id=f"re_{secrets.token_hex(12)}",
            charge=charge.id,
            amount=left if amount is None else amount,
            currency=charge.currency,
            payment_intent=charge.payment_intent,
            metadata=metadata,
            reason=reason,
            status=charge.refunds_become,
        )
        self.refunds[refund.id] = refund
        self._changed()
        self.tell("refund.created", refund)
        return refund

    def _check_refundable(self, charge: BookedCharge, left: int, amount: int | None) -> None:
        if charge.disputed:
            message = f"Charge {charge.id} has been charged back; cannot issue a refund."
            raise Refusal(message, code="charge_disputed", executed=True)
        if not charge.captured:
            raise Refusal(f"Charge {charge.id} is not captured.", code="charge_not_refundable", executed=True)
        if left <= 0:
            message = f"Charge {charge.id} has already been refunded."
            raise Refusal(message, code="charge_already_refunded", executed=True)
        if amount is not None and amount > left:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            raise Refusal(message, param="amount", executed=True)

    def move(self, refund: BookedRefund, status: str, failure_reason: str | None = None) -> None:
        """The bank moved a refund on. One that failed or was cancelled stays so; money paid out can only fail."""
        allowed = STATUSES if refund.status in ("pending", "requires_action") else ("failed",)
        if refund.status not in MOVING or status not in allowed:
            raise Refusal(f"A {refund.status} refund cannot become {status}.", param="status")
        refund.status = status
        refund.failure_reason = (failure_reason or "unknown") if status == "failed" else None
        self._changed()
        self.tell("refund.failed" if status == "failed" else "refund.updated", refund)

    def dispute(self, charge: BookedCharge, disputed: bool) -> None:
        """The customer went to the bank; a refund that was still pending fails (Stripe support, pending refunds)."""
        charge.disputed = disputed
        self._changed()
        self.tell("charge.dispute.created" if disputed else "charge.dispute.closed", charge)
        if disputed:
            for refund in self.refunds_of(charge.id):
                if refund.status == "pending":
                    self.move(refund, "failed", "charge_for_pending_refund_disputed")
