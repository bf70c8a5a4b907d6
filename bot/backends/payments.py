"""The port to whoever moves money, in integer minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from agents_team.tools.shop import Charge
from bot.backends.errors import BackendRefused, BackendUnavailable


class PaymentsUnavailable(BackendUnavailable):
    """The provider did not answer, or not clearly: it may have acted. Look (`find_refund`) before doing it again."""


class RefundRefused(BackendRefused):
    """The provider said no and nothing moved.

    Codes: already_refunded, disputed, too_much, unknown_charge, key_reused, not_allowed.
    """


class RefundStatus(StrEnum):
    """Where a refund stands with the provider."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Payment:
    """One charge as the provider sees it now."""

    ref: str
    amount_minor: int
    refunded_minor: int
    currency: str
    disputed: bool
    method: str
    created_at: datetime

    @property
    def refundable_minor(self) -> int:
        return 0 if self.disputed else self.amount_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What to do. `key` is our action id: idempotency key and metadata at the provider, made once, never rebuilt."""

    key: str
    payment_ref: str
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refund:
    """What the provider did. `key` is empty when it was not made by us."""

    ref: str
    payment_ref: str
    amount_minor: int
    currency: str
    status: RefundStatus
    key: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """The provider tells us something changed later: a refund as it was then, or a payment that is disputed.

    Events may come late, twice and in any order, so they only say where to look.
    """

    refund: Refund | None = None
    disputed: str = ""


class Payments(Protocol):
    """Reading is free; `refund` is called by the act step alone."""

    key_lifetime: timedelta
    call_limit: timedelta  # the longest one call can take, all retries counted

    async def get_payment(self, ref: str) -> Payment | None:
        """The charge as it is now; None when the provider does not know it."""

    async def refund(self, order: RefundOrder) -> Refund:
        """Pay back once per key. Raises RefundRefused (nothing moved) or PaymentsUnavailable (it may have)."""

    async def find_refund(self, payment_ref: str, key: str) -> Refund | None:
        """The refund made under `key`, also after the provider forgot the key (by metadata)."""

    async def get_refund(self, ref: str) -> Refund | None:
        """The refund as it is now."""

    async def list_refunds(self, *, since: datetime, payment_ref: str | None = None) -> list[Refund]:
        """Every refund made since then, ours and others', newest first; of one payment when it is named."""

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> list[PaymentEvent]:
        """Events of a signed webhook. Raises ValueError when the signature is wrong."""

    async def close(self) -> None:
        """Give connections back."""


@runtime_checkable
class TakesTheShopsWord(Protocol):
    """A provider nobody can ask: what was paid is what the shop says, and what went back is in our own books."""

    def payment_of(self, charge: Charge) -> Payment:
        """The payment behind a charge of the shop."""

    def task(self, payment_ref: str) -> str:
        """Where a person finds the payment, or what they have to do."""
