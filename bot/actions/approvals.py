"""Who may decide about an action, and who won: one conditional update, every press of a button a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from bot.actions.words import tell_requester
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import put_up_card
from storage.models import Action, ActionState, Decision

VERBS: Mapping[str, ActionState] = {
    "approve": ActionState.APPROVED,
    "deny": ActionState.DENIED,
}
"""What a decision makes of a pending action."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants to decide. `source` is unique to this press; `refusal` says why they may not ("" = they may)."""

    verb: str
    action_id: str
    terms_hash: str
    by: str
    by_name: str
    source: str
    refusal: str = ""
    reason: str = ""
    answer_to: Mapping[str, Any] | None = None


def button_value(action: Action) -> str:
    """What a card's button carries: which action in which terms. Nothing in it decides anything."""
    return f"{action.id}:{action.version}:{action.terms_hash[:16]}"


def decide(tx: Session, desk: Desk, wish: Wish) -> Decision:
    """Record the press and, if it may and is the first, make it so. The row's `answer` says what happened."""
    known = tx.exec(select(Decision).where(Decision.source == wish.source)).first()
    if known is not None:
        return known
    action = tx.get(Action, wish.action_id)
    refusal = wish.refusal or _not_now(tx, desk, action, wish)
    won = False
    if action is not None and not refusal:
        won = _win(tx, desk, action, wish)
        refusal = "" if won else _late(action)
    decision = Decision(
        action_id=action.id if action else None,
        source=wish.source,
        verb=wish.verb,
        by=wish.by,
        by_name=wish.by_name,
        won=won,
        answer=refusal or f"Recorded: {wish.verb}.",
        reason=wish.reason,
        terms_hash=action.terms_hash if action else "",
        answer_to=dict(wish.answer_to or {}),
        at=desk.now(),
    )
    tx.add(decision)
    tx.flush()
    record(tx, desk, wish.by, f"{wish.verb}_{'won' if won else 'lost'}", wish.action_id, {"answer": decision.answer})
    if decision.answer_to and not won:
        desk.jobs.defer(tx, "tell", decision.id, lane=decision.id)
    return decision


def approvers_so_far(tx: Session, action: Action) -> set[str]:
    """Who approved these very terms."""
    return set(
        tx.exec(
            select(Decision.by).where(
                Decision.action_id == action.id,
                Decision.verb == "approve",
                col(Decision.won).is_(True),
                Decision.terms_hash == action.terms_hash,
            )
        )
    )


def _not_now(tx: Session, desk: Desk, action: Action | None, wish: Wish) -> str:
    """Why this press decides nothing whoever made it; "" when it may."""
    if action is None or wish.verb not in VERBS:
        return "This card is not known here any more, so nothing happened."
    if not action.terms_hash.startswith(wish.terms_hash) or not wish.terms_hash:
        return "The terms changed after this card was posted. Please decide on the newest card."
    if action.state is not ActionState.PENDING:
        return _late(action)
    if action.expires_at is not None and desk.now() >= action.expires_at:
        return "This request has expired, so nothing happened."
    if wish.verb == "approve" and wish.by in approvers_so_far(tx, action):
        return "You have approved this already; a second person must approve it too."
    return ""


def _late(action: Action) -> str:
    when = f" at {action.ended_at:%H:%M} UTC" if action.ended_at else ""
    return f"This is already {action.state.value}{when}, decided by {action.decided_by or 'nobody'}."


def _win(tx: Session, desk: Desk, action: Action, wish: Wish) -> bool:
    """First commit wins: the update only finds the row while it is still pending in the terms that were shown."""
    state = VERBS[wish.verb]
    if state is ActionState.APPROVED and len(approvers_so_far(tx, action)) + 1 < action.approvals_needed:
        put_up_card(tx, desk, action.id, action.ticket_id)
        return True
    changed = tx.execute(
        update(Action)
        .where(
            col(Action.id) == action.id,
            col(Action.state) == ActionState.PENDING,
            col(Action.terms_hash) == action.terms_hash,
        )
        .values(state=state, decided_by=wish.by_name or wish.by)
    )
    tx.refresh(action)
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    if state is ActionState.APPROVED:
        desk.jobs.defer(tx, "act", action.id, lane=action.ticket_id)
    else:
        end(tx, desk, action, state, note=wish.reason)
    put_up_card(tx, desk, action.id, action.ticket_id)
    return True


def end(tx: Session, desk: Desk, action: Action, state: ActionState, *, note: str = "") -> None:
    """Close an action in a final state: its subject is free again, the card and the requester are told."""
    action.state, action.open_key, action.ended_at = state, None, desk.now()
    action.note = note or action.note
    tx.add(action)
    tell_requester(tx, desk, action)
    put_up_card(tx, desk, action.id, action.ticket_id)


def expire_due(tx: Session, desk: Desk) -> int:
    """End every approval nobody gave in time; the requester is told honestly. Returns how many."""
    due = tx.exec(select(Action).where(Action.state == ActionState.PENDING, col(Action.expires_at) <= desk.now())).all()
    for action in due:
        action.decided_by = "nobody"
        end(tx, desk, action, ActionState.EXPIRED)
    return len(due)
