"""A subscription moves to another plan, one of those the shop sells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.actions.by_shop import ShopThing, by_shop
from bot.backends.doing import ShopState
from storage.models import ActionState


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """From which plan to which."""

    kind: ClassVar[str] = "change_plan"

    customer_id: str
    plan: str
    instead_of: str


def _terms(wish: Mapping[str, Any], customer_id: str, state: ShopState) -> PlanTerms:
    return PlanTerms(customer_id, _wished(wish), state.facts.get("plan", ""))


def _wished(wish: Mapping[str, Any]) -> str:
    return str(wish.get("plan") or "").strip().casefold()


def _choose(wish: Mapping[str, Any], state: ShopState) -> str:
    wished = _wished(wish)
    if wished not in state.options:
        return f"There is no such plan; there are {', '.join(state.options)}."
    return f"The plan is {wished} already." if wished == state.facts.get("plan", "").casefold() else ""


CHANGE_PLAN = by_shop(
    ShopThing(
        name="change_plan",
        subject=lambda wish: "",
        terms=_terms,
        choose=_choose,
        summary=lambda terms: f"Change the plan from {terms['instead_of'] or 'none'} to {terms['plan']}",
        told={ActionState.DONE: "The plan is {plan} now (before: {instead_of})."},
    )
)
