"""What an action must bring: the shared machinery (approval, expiry, execution, audit) knows only this."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agents_team.turn import Proposal, Turn
from storage.models import Action, ActionState

if TYPE_CHECKING:
    from bot.desk import Desk


@dataclass(frozen=True, slots=True)
class Prepared:
    """A proposal with facts and verdict: ready to become a row.

    `state` is PENDING (`approvals` people decide), APPROVED (policy decided), REFUSED (policy said no) or
    NEEDS_PERSON (the facts allow no terms: somebody must look). `subject` names what it is about: there
    is one open action per kind and subject. `words` are for the requester.
    """

    kind: str
    subject: str
    customer_id: str | None
    terms: Mapping[str, Any]
    terms_hash: str
    facts: Mapping[str, Any]
    verdict: Mapping[str, Any]
    state: ActionState
    words: str
    amount_minor: int = 0
    currency: str = ""
    reason: str = ""
    approvals: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an execution; `state` is DONE, SUBMITTED (the provider goes on) or FAILED."""

    state: ActionState
    data: Mapping[str, Any] = field(default_factory=dict)


class FactsChanged(Exception):
    """What was approved is no longer possible as approved; the text is for staff."""


@dataclass(frozen=True, slots=True)
class ActionKind:
    """One kind of action, one file.

    `prepare` gathers facts from backends and asks the policy. `check` re-reads the facts right before
    execution and raises FactsChanged. `look` finds what an earlier try already did. `do` does it, with
    the action's id as key; only the act step calls it. The rest is wording, from the row alone.
    """

    name: str
    prepare: Callable[["Desk", Turn, Proposal], Awaitable[Prepared]]
    check: Callable[["Desk", Action], Awaitable[None]]
    look: Callable[["Desk", Action], Awaitable[Result | None]]
    do: Callable[["Desk", Action], Awaitable[Result]]
    summary: Callable[[Action], str]
    card_facts: Callable[[Action], tuple[tuple[str, str], ...]]
    told: Callable[[Action], str]
