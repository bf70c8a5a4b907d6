"""An order is cancelled before it leaves; the money for it is a refund of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.actions.by_shop import ShopThing, by_shop
from bot.backends.doing import ShopState
from storage.models import ActionState


@dataclass(frozen=True, slots=True)
class CancelTerms:
    """Which order is cancelled."""

    kind: ClassVar[str] = "cancel_order"

    order_id: str


def _subject(wish: Mapping[str, Any]) -> str:
    return str(wish.get("order_id") or "").strip().upper()


def _terms(wish: Mapping[str, Any], customer_id: str, state: ShopState) -> CancelTerms:
    return CancelTerms(_subject(wish))


CANCEL_ORDER = by_shop(
    ShopThing(
        name="cancel_order",
        subject=_subject,
        terms=_terms,
        summary=lambda terms: f"Cancel {terms['order_id']}",
        told={ActionState.DONE: "{order_id} is cancelled and will not be sent. A refund is a request of its own."},
    )
)
