"""How actions end, and what time does to them: expiry, reminders, and other facts than those people saw."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from bot.actions.kind import Fresh
from bot.actions.words import tell_requester
from bot.audit import record
from bot.desk import Desk
from bot.policy.hours import after_open_hours
from bot.staff.escalations import close_escalation, escalate, put_up_card
from storage.models import Action, ActionState, Ticket


def end(tx: Session, desk: Desk, action: Action, state: ActionState, *, note: str = "") -> None:
    """Close an action in a final state: its subject is free again, the card and the requester are told."""
    action.state, action.open_key, action.ended_at = state, None, desk.now()
    action.claimed_at = action.hold_until = None
    action.note = note or action.note
    tx.add(action)
    tell_requester(tx, desk, action)
    put_up_card(tx, desk, action.id, action.ticket_id)
    close_escalation(tx, desk, f"remind:{action.id}")


def block(tx: Session, desk: Desk, action: Action, fresh: Fresh) -> None:
    """It is no longer possible as it was proposed: close it, and fetch a person who decides what to do instead."""
    action.result = {**action.result, **({"found": dict(fresh.done_as)} if fresh.done_as else {})}
    action.facts, action.changes = dict(fresh.facts) or action.facts, _listed(fresh)
    end(tx, desk, action, ActionState.BLOCKED, note=fresh.blocked)
    fetch_person(tx, desk, action, fresh.blocked)


def ask_again(tx: Session, desk: Desk, action: Action, *, note: str, facts: Mapping[str, Any] | None = None) -> None:
    """Back to the people, as something they have not seen: approvals given so far no longer count."""
    action.state, action.decided_by, action.decided_at = ActionState.PENDING, None, None
    action.hold_until = action.claimed_at = action.first_tried_at = None
    action.version += 1
    action.note, action.facts = note, dict(facts) if facts is not None else action.facts
    action.expires_at = deadline(desk)
    tx.add(action)
    put_up_card(tx, desk, action.id, action.ticket_id)
    tell_requester(tx, desk, action)


def show_changes(tx: Session, desk: Desk, action: Action, fresh: Fresh) -> str:
    """Other facts than those on the card: the card shows the difference, and people decide again."""
    action.changes = _listed(fresh)
    words = "; ".join(f"{label}: {was or '—'} → {now or '—'}" for label, was, now in fresh.changes)
    note = f"Something changed since this was proposed ({words})."
    ask_again(tx, desk, action, note=note, facts=fresh.facts)
    record(tx, desk, "bot", "facts_changed", action.id, {"changes": action.changes})
    return f"{note} The card shows it now; please decide again."


def _listed(fresh: Fresh) -> list[list[str]]:
    return [list(change) for change in fresh.changes]


def deadline(desk: Desk) -> Any:
    """When an approval that nobody gives from now on ends: counted in hours when people are there."""
    policy = desk.settings.policy
    return after_open_hours(desk.now(), timedelta(hours=policy.refund.expires_hours), policy.hours.calendar)


def fetch_person(tx: Session, desk: Desk, action: Action, why: str) -> None:
    """An escalation for this action in this state; what failed after all reopens the ticket for a person."""
    ticket = tx.get_one(Ticket, action.ticket_id)
    reason = f"A {action.kind.replace('_', ' ')} could not be carried out"
    cause = f"action:{action.id}:{action.state.value}"
    escalate(tx, desk, cause=cause, reason=reason, summary=why, priority="high", ticket=ticket)


def expire_due(tx: Session, desk: Desk) -> int:
    """End every approval nobody gave in time; the requester is told honestly. Returns how many."""
    due = tx.exec(select(Action).where(Action.state == ActionState.PENDING, col(Action.expires_at) <= desk.now())).all()
    for action in due:
        action.decided_by = "nobody"
        end(tx, desk, action, ActionState.EXPIRED)
    return len(due)


def remind_due(tx: Session, desk: Desk) -> int:
    """Put a second card in the staff room for each approval that soon ends without a decision. Returns how many."""
    rules = desk.settings.policy.refund
    # A reminder right after the question would only be noise: it comes in the second half of the time at the earliest.
    hours = min(rules.remind_hours, rules.expires_hours / 2)
    if not hours:
        return 0
    soon = after_open_hours(desk.now(), timedelta(hours=hours), desk.settings.policy.hours.calendar)
    due = tx.exec(
        select(Action).where(
            Action.state == ActionState.PENDING, col(Action.expires_at) <= soon, col(Action.reminded_at).is_(None)
        )
    ).all()
    for action in due:
        action.reminded_at = desk.now()
        tx.add(action)
        summary = f"{action.id} ends at {action.expires_at:%Y-%m-%d %H:%M} UTC; its card is above."
        escalate(tx, desk, cause=f"remind:{action.id}", reason="A decision is waiting", summary=summary)
    return len(due)
