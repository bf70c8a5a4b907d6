"""The port to a shop that can do things: what is possible now, do it once per key, find what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class ShopState:
    """What the shop says about the thing right now.

    `possible` with `why` it is not (for the requester); `facts` are what people see and decide by, such as status
    and address on file; `options` are the values that may be chosen, such as plans.
    """

    possible: bool
    why: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopTask:
    """What to do. `key` is our action id, made once; `subject` is the order or the customer it is about."""

    key: str
    kind: str
    customer_id: str
    subject: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShopDone:
    """What the shop did under `key`. `ref` is its own reference, such as the number of the new parcel."""

    key: str
    kind: str
    ref: str


@runtime_checkable
class ShopDoer(Protocol):
    """A shop that can also act. One that cannot simply is no ShopDoer, and such wishes go to a person.

    Everything may raise ShopUnavailable; `carry_out` is called by the act step alone.
    """

    can: frozenset[str]
    key_lifetime: timedelta
    call_limit: timedelta

    async def state_of(self, kind: str, subject: str, *, customer_id: str) -> ShopState | None:
        """Whether this customer's thing allows it now; None when it is not theirs."""

    async def carry_out(self, task: ShopTask) -> ShopDone:
        """Do it once per key, also after a restart of the shop. Raises BackendRefused when nothing was done."""

    async def find_done(self, key: str) -> ShopDone | None:
        """What was done under this key; None when nothing was."""


NOTHING = timedelta(0)


def doer_of(shop: object, kind: str) -> ShopDoer | None:
    """The shop as one that can do `kind`; None when it cannot."""
    return shop if isinstance(shop, ShopDoer) and kind in shop.can else None
