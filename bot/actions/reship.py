"""An order is sent again: to the address on file, unless a person agrees to another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.actions.by_shop import ShopThing, by_shop
from bot.backends.doing import ShopState
from storage.models import ActionState


@dataclass(frozen=True, slots=True)
class ReshipTerms:
    """Which order goes where once more."""

    kind: ClassVar[str] = "reship"

    order_id: str
    items: str
    address: str


def _subject(wish: Mapping[str, Any]) -> str:
    return str(wish.get("order_id") or "").strip().upper()


def _terms(wish: Mapping[str, Any], customer_id: str, state: ShopState) -> ReshipTerms:
    address = str(wish.get("address") or "").strip() or state.facts.get("address", "")
    return ReshipTerms(_subject(wish), state.facts.get("items", ""), address)


def _taint(wish: Mapping[str, Any], state: ShopState) -> tuple[str, ...]:
    """An address the shop does not have on file is only the requester's word."""
    said = " ".join(str(wish.get("address") or "").split()).casefold()
    return ("address",) if said and said != " ".join(state.facts.get("address", "").split()).casefold() else ()


RESHIP = by_shop(
    ShopThing(
        name="reship",
        subject=_subject,
        terms=_terms,
        taint=_taint,
        summary=lambda terms: f"Send {terms['order_id']} again",
        told={ActionState.DONE: "{order_id} is being sent again to the address on file."},
    )
)
