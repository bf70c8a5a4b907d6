"""A reset link is sent, only ever to the address on file: whoever asks learns nothing they could not learn before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.actions.by_shop import ShopThing, by_shop
from bot.backends.doing import ShopState
from storage.models import ActionState


@dataclass(frozen=True, slots=True)
class ResetTerms:
    """Whose password, and where the link goes."""

    kind: ClassVar[str] = "reset_password"

    customer_id: str
    sent_to: str


def _terms(wish: Mapping[str, Any], customer_id: str, state: ShopState) -> ResetTerms:
    return ResetTerms(customer_id, state.facts.get("address_on_file", ""))


RESET_PASSWORD = by_shop(
    ShopThing(
        name="reset_password",
        subject=lambda wish: "",
        terms=_terms,
        summary=lambda terms: "Send a password reset link to the address on file",
        told={ActionState.DONE: "A link to set a new password is on its way to the address we have on file."},
    )
)
