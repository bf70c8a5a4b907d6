"""Other terms are another action: the old one is superseded, its approvals are void, and its card says so."""

from sqlmodel import Session, select

from bot.actions.endings import deadline
from bot.actions.kind import Prepared
from bot.actions.press import No, Wish, win
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import put_up_card
from storage.models import Action, ActionState


def replace(
    tx: Session, desk: Desk, old: Action, prepared: Prepared, press: Wish, *, frm: frozenset[ActionState]
) -> Action:
    """Version n+1 of `old`, waiting for people. Raises No when the new terms are not possible or somebody was first."""
    if prepared.state in (ActionState.REFUSED, ActionState.NEEDS_PERSON):
        raise No(f"That is not possible: {prepared.verdict.get('for_staff', '')} Nothing was changed.")
    win(tx, desk, old, press, ActionState.SUPERSEDED, frm=frm)
    old.open_key, old.ended_at = None, desk.now()
    tx.add(old)
    tx.flush()
    key = f"{prepared.kind}:{prepared.subject}"
    if tx.exec(select(Action.id).where(Action.open_key == key)).first() is not None:
        raise No("The same thing is being decided about on another card already. Nothing was changed.")
    new = row_of(desk, prepared, old.ticket_id, old.run_id, ActionState.PENDING)
    new.open_key, new.version, new.previous_id = key, old.version + 1, old.id
    # Whoever raised it stays the one who did, through every later version: another person must approve it.
    new.edited_by = old.edited_by
    tx.add(new)
    tx.flush()
    old.note = f"Replaced by v{new.version} ({new.id})."
    record(tx, desk, press.by, "superseded", old.id, {"by": new.id})
    put_up_card(tx, desk, old.id, old.ticket_id)
    put_up_card(tx, desk, new.id, new.ticket_id)
    return new


def row_of(desk: Desk, wish: Prepared, ticket_id: str, run_id: str | None, state: ActionState) -> Action:
    """A new action with these terms in this state."""
    return Action(
        ticket_id=ticket_id,
        run_id=run_id,
        kind=wish.kind,
        customer_id=wish.customer_id,
        terms=dict(wish.terms),
        terms_hash=wish.terms_hash,
        facts=dict(wish.facts),
        verdict={**wish.verdict, "within": wish.within},
        wish=dict(wish.wish),
        trust=wish.trust,
        tainted=list(wish.tainted),
        reason=wish.reason,
        amount_minor=wish.amount_minor,
        currency=wish.currency,
        approvals_needed=wish.approvals,
        state=state,
        created_at=desk.now(),
        expires_at=deadline(desk),
    )


def newest(tx: Session, action: Action) -> Action:
    """The version that took this one's place, or this one."""
    while (follower := tx.exec(select(Action).where(Action.previous_id == action.id)).first()) is not None:
        action = follower
    return action
