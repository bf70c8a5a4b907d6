"""The only place where something is done to the world: after an approval, once, and never without looking first."""

from datetime import datetime, timedelta

from sqlmodel import Session

from agents_team.tools.shop import ShopUnavailable
from bot.actions import ACTIONS
from bot.actions.endings import block, end, fetch_person, show_changes
from bot.actions.kind import ActionKind, Fresh, Result
from bot.actions.results import apply_result, reopen
from bot.actions.words import tell_requester
from bot.backends.errors import BackendNotReached, BackendRefused, BackendUnavailable
from bot.controls import money_paused
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.staff.escalations import put_up_card
from storage.models import Action, ActionState

# Added to the backend's longest call, so that two workers are never in the same call.
MARGIN = timedelta(seconds=2)
# Past this part of a key's lifetime a repeat could meet a provider that has just forgotten it.
YOUNG = 0.95


async def execute_action(desk: Desk, action_id: str) -> None:
    """Claim, look whether it is done, check that it is still true, do it with its id as key, record."""
    action, tried_before = await desk.db.write(lambda tx: _claim(tx, desk, action_id))
    if action is None:
        return
    kind = ACTIONS[action.kind]
    try:
        done = await kind.look(desk, action) if tried_before else None
        fresh = Fresh() if done else await _still_true(desk, kind, action)
        if done is None and not (fresh.blocked or fresh.changes):
            action.claimed_at = await desk.db.write(lambda tx: _still_mine(tx, desk, action))
            done = await kind.do(desk, action)
    except (BackendUnavailable, ShopUnavailable) as error:
        untouched = isinstance(error, BackendNotReached) and not tried_before
        await desk.db.write(lambda tx: _unclaim(tx, action, untouched=untouched))
        raise RetryLater(f"{action.kind}: {error}", after=_settle(desk)) from error
    except BackendRefused as refusal:
        why = f"{refusal.code}: {refusal.why}"
        await desk.db.write(lambda tx: _fail(tx, desk, action_id, why))
        return
    await desk.db.write(lambda tx: _record(tx, desk, action_id, done, fresh))


async def _still_true(desk: Desk, kind: ActionKind, action: Action) -> Fresh:
    """The facts right before doing it. Raises NeedsAPerson when the backend may have forgotten a first try's key."""
    _check_key_is_young(desk, kind, action)
    return await kind.again(desk, action)


def _claim(tx: Session, desk: Desk, action_id: str) -> tuple[Action | None, bool]:
    """Take an approved action. One claimed by somebody else is left alone until the claim is old."""
    action = tx.get_one(Action, action_id)
    if action.state not in (ActionState.APPROVED, ActionState.EXECUTING):
        return None, False
    if money_paused(tx):
        raise RetryLater("money actions are paused", after=timedelta(seconds=15), patient=True)
    now = desk.now()
    if action.hold_until is not None and now < action.hold_until:
        raise RetryLater("on hold: it can still be undone", after=action.hold_until - now, patient=True)
    free_at = (action.claimed_at or now) + ACTIONS[action.kind].call_limit(desk) + MARGIN
    if action.claimed_at is not None and now < free_at:
        raise RetryLater("claimed by another worker", after=free_at - now, patient=True)
    tried_before = action.first_tried_at is not None
    action.state, action.claimed_at = ActionState.EXECUTING, now
    action.first_tried_at = action.first_tried_at or now
    tx.add(action)
    return action, tried_before


def _still_mine(tx: Session, desk: Desk, mine: Action) -> datetime:
    """Looking may have taken longer than the claim: the doing starts with a fresh one, or not at all (RetryLater)."""
    action = tx.get_one(Action, mine.id)
    if action.state is not ActionState.EXECUTING or action.claimed_at != mine.claimed_at:
        raise RetryLater("claimed by another worker meanwhile", after=_settle(desk), patient=True)
    action.claimed_at = desk.now()
    tx.add(action)
    return action.claimed_at


def _unclaim(tx: Session, mine: Action, *, untouched: bool) -> None:
    """The call is over, however it ended: the next try may start. `untouched`: it never left, so it was no try."""
    action = tx.get_one(Action, mine.id)
    if action.claimed_at == mine.claimed_at:
        action.claimed_at = None
        action.first_tried_at = None if untouched else action.first_tried_at
        tx.add(action)


def _settle(desk: Desk) -> timedelta:
    return timedelta(seconds=desk.settings.desk.first_pause_seconds)


def _check_key_is_young(desk: Desk, kind: ActionKind, action: Action) -> None:
    """Past the backend's key lifetime a repeat is a new order: then a person decides."""
    if action.first_tried_at is None:
        return
    if desk.now() - action.first_tried_at > kind.key_lifetime(desk) * YOUNG:
        raise NeedsAPerson(
            "The backend may have forgotten the key of this order; look before paying or doing it again."
        )


def _record(tx: Session, desk: Desk, action_id: str, done: Result | None, fresh: Fresh) -> None:
    action = tx.get_one(Action, action_id)
    if done is not None:
        apply_result(tx, desk, action, done)
    elif action.state is not ActionState.EXECUTING:
        return
    elif fresh.blocked:
        block(tx, desk, action, fresh)
    else:
        show_changes(tx, desk, action, fresh)


def _fail(tx: Session, desk: Desk, action_id: str, why: str) -> None:
    """The backend said no: say so to the requester and fetch a person."""
    action = tx.get_one(Action, action_id)
    if action.state is not ActionState.EXECUTING:
        return
    end(tx, desk, action, ActionState.FAILED, note=why)
    fetch_person(tx, desk, action, why)
    reopen(tx, action)


async def leave_action_to_a_person(desk: Desk, action_id: str, why: str) -> None:
    """Nobody knows whether it was done, and trying again will not tell: the action stays open for a person."""

    def change(tx: Session) -> None:
        action = tx.get_one(Action, action_id)
        if action.state not in (ActionState.APPROVED, ActionState.EXECUTING):
            return
        action.state, action.note, action.claimed_at = ActionState.NEEDS_PERSON, why[:500], None
        tx.add(action)
        tell_requester(tx, desk, action)
        put_up_card(tx, desk, action.id, action.ticket_id)
        fetch_person(tx, desk, action, why)

    await desk.db.write(change)
