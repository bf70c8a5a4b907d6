"""The terms of an action: what exactly people agree to, frozen, and a hash that changes when anything in it does."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

STORE_CREDIT = "store_credit"
"""The destination of a refund that the shop keeps as credit; every other one is the way it was paid, in words."""


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """One refund. `amount_minor` is at least 1; `destination` is where it lands, in words or STORE_CREDIT."""

    kind: ClassVar[str] = "refund"

    payment_ref: str
    charge_id: str
    order_id: str
    amount_minor: int
    currency: str
    reason: str
    destination: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int or self.amount_minor < 1:
            raise ValueError(f"a refund is a positive whole number of minor units, not {self.amount_minor!r}")


class Terms(Protocol):
    """Any frozen dataclass of plain values with the kind of its action."""

    kind: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


def terms_hash(terms: Terms) -> str:
    """SHA-256 over the canonical JSON of kind and values: equal for equal terms, in every process and release."""
    said = {"kind": terms.kind, "terms": asdict(terms)}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
