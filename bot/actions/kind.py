"""What an action must bring: the shared machinery (approval, expiry, execution, audit) knows only this."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from channels.cards import Field
from storage.models import Action, ActionState

if TYPE_CHECKING:
    from bot.desk import Desk


@dataclass(frozen=True, slots=True)
class Case:
    """What is wished for whom. `by_staff` names the fields of the wish that staff typed, not the requester."""

    ticket_id: str
    customer_id: str | None
    trust: int
    wish: Mapping[str, Any]
    reason: str = ""
    by_staff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A proposal with facts and verdict: ready to become a row.

    `state` is PENDING (`approvals` people decide), APPROVED (policy decided), REFUSED (policy said no) or
    NEEDS_PERSON (the facts allow no terms: somebody must look). `subject` names what it is about: there
    is one open action per kind and subject. `words` are for the requester. `tainted` names what only the
    requester says. `within` is whether plain policy covers it: approving more than that is an exception.
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
    wish: Mapping[str, Any] = field(default_factory=dict)
    trust: int = 0
    tainted: tuple[str, ...] = ()
    within: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an execution; `state` is DONE, SUBMITTED (the provider goes on) or FAILED."""

    state: ActionState
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fresh:
    """The facts of an action read again.

    `blocked` says why it is no longer possible as proposed ("" = it is). `changes` are what people have not
    seen yet, as (label, was, is). `done_as` is what somebody seems to have done elsewhere, for "mark as done".
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    blocked: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    done_as: Mapping[str, Any] = field(default_factory=dict)


class BadInput(Exception):
    """What staff typed into a form makes no sense; the text says why, to them."""


def plain(facts: Any) -> dict[str, Any]:
    """A dataclass of facts as JSON would give it back, so that rows and fresh facts can be compared."""
    kept: dict[str, Any] = json.loads(json.dumps(asdict(facts)))
    return kept


def by_when(action: Action) -> str:
    """ "within 24 hours", or by which day when people are not there round the clock."""
    if action.expires_at is None:
        return "as soon as possible"
    hours = (action.expires_at - action.created_at).total_seconds() / 3600
    return f"within {hours:.0f} hours" if 1 <= hours <= 48 else f"by {action.expires_at:%A, %-d %B, %H:%M} UTC"


Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ActionKind:
    """One kind of action, one file.

    `prepare` gathers facts from backends and asks the policy. `again` re-reads the facts, at the click and
    right before execution. `look` finds what an earlier try already did, `do` does it with the action's
    id as key (only the act step calls it), `follow` asks where a submitted one stands. All of them raise
    BackendUnavailable or ShopUnavailable, `do` also BackendRefused. A claim lasts longer than `call_limit`;
    past `key_lifetime` nothing is repeated without a person. `fields` are what staff may change; `amend`
    turns what they typed into a new wish or raises BadInput. The rest is wording, from the row alone;
    `told` is for the requester.
    """

    name: str
    prepare: Callable[["Desk", Case], Awaitable[Prepared]]
    again: Callable[["Desk", Action], Awaitable[Fresh]]
    look: Callable[["Desk", Action], Awaitable[Result | None]]
    do: Callable[["Desk", Action], Awaitable[Result]]
    follow: Callable[["Desk", Action], Awaitable[Result | None]]
    call_limit: Callable[["Desk"], timedelta]
    key_lifetime: Callable[["Desk"], timedelta]
    summary: Callable[[Action], str]
    card_facts: Callable[[Action], Facts]
    told: Callable[[Action], str]
    fields: Callable[[Action], tuple[Field, ...]] = lambda _: ()
    amend: Callable[[Action, Mapping[str, Any]], Mapping[str, Any]] = lambda _, typed: dict(typed)
