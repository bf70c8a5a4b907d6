"""One press of a button or one command: who wants what, and what was looked up before deciding about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from bot.actions.kind import Fresh, Prepared
from bot.desk import Desk
from storage.models import Action, ActionState, Decision


class No(Exception):
    """This press changes nothing it asked for; the text says why, to whoever pressed."""


class Stale(Exception):
    """The facts are no longer those people saw: nothing is decided, and what is known now must be shown."""

    def __init__(self, fresh: Fresh):
        super().__init__()
        self.fresh = fresh


@dataclass(frozen=True, slots=True)
class Looked:
    """What the world outside said right before the press was decided about.

    `approvers` may decide at all; `members` says who is behind each name in policy.refund.roles. `fresh` are
    the facts read again, `prepared` the terms that would take the old ones' place; None: not asked, or no answer.
    `trouble` is why what was typed makes no sense. `form_shown` is set when the press opened a form. `staff` are
    the people in the staff room. `room` is why no press there counts now; "" when it does.
    """

    approvers: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fresh: Fresh | None = None
    prepared: Prepared | None = None
    trouble: str = ""
    room: str = ""
    form_shown: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants to decide. `source` is unique to this press; `refusal` says why they may not ("" = they may).

    `version` and `terms_hash` are what they saw; a version of 0 means whatever is current.
    """

    verb: str
    action_id: str
    terms_hash: str
    by: str
    by_name: str
    source: str
    version: int = 0
    refusal: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    answer_to: Mapping[str, Any] | None = None
    looked: Looked = field(default_factory=Looked)

    @property
    def reason(self) -> str:
        return str(self.inputs.get("reason") or "").strip()


def button_value(action: Action) -> str:
    """What a card's button carries: which action in which terms and version. Nothing in it decides anything."""
    return f"{action.id}:{action.version}:{action.terms_hash[:16]}"


def read_value(value: str) -> tuple[str, int, str]:
    """(action id, version, beginning of the hash) of a button's value; what is not ours gives no hash."""
    action_id, _, rest = value.partition(":")
    version, _, terms_hash = rest.partition(":")
    return action_id, int(version) if version.isdecimal() and len(version) < 9 else -1, terms_hash


def win(
    tx: Session, desk: Desk, action: Action, press: Wish, state: ActionState, *, frm: frozenset[ActionState]
) -> None:
    """First commit wins: the update only finds the row while it still is what the presser saw. Raises No."""
    changed = tx.execute(
        update(Action)
        .where(
            col(Action.id) == action.id,
            col(Action.state).in_(frm),
            col(Action.version) == action.version,
            col(Action.terms_hash) == action.terms_hash,
        )
        .values(state=state, decided_by=press.by_name or press.by, decided_at=desk.now())
    )
    tx.refresh(action)
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise No(late(tx, action, press.by))


def late(tx: Session, action: Action, by: str = "") -> str:
    """What somebody hears who comes after it was decided."""
    last = tx.exec(
        select(Decision)
        .where(Decision.action_id == action.id, col(Decision.won).is_(True))
        .order_by(col(Decision.at).desc())
    ).first()
    who = "you" if last is not None and last.by == by else action.decided_by or "nobody"
    when: datetime | None = action.decided_at or action.ended_at
    at = f" at {when:%H:%M} UTC" if when else ""
    return f"This is already {action.state.value.replace('_', ' ')}, decided by {who}{at}."


def approvers_so_far(tx: Session, action: Action) -> set[str]:
    """Who approved these very terms with these very facts."""
    return set(
        tx.exec(
            select(Decision.by).where(
                Decision.action_id == action.id,
                Decision.verb == "approve",
                col(Decision.won).is_(True),
                Decision.terms_hash == action.terms_hash,
                Decision.version == action.version,
            )
        )
    )
