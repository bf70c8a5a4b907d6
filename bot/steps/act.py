"""The only place where something is done to the world: after an approval, once, and never without looking first."""

from datetime import timedelta

from sqlmodel import Session

from bot.actions import ACTIONS
from bot.actions.approvals import end
from bot.actions.kind import FactsChanged, Result
from bot.actions.words import tell_requester
from bot.audit import record
from bot.backends.payments import PaymentsUnavailable, RefundRefused
from bot.controls import money_paused
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.staff.escalations import escalate, put_up_card
from storage.models import Action, ActionState, Ticket

# Added to the provider's longest call, so that two workers are never in the same call.
MARGIN = timedelta(seconds=2)


async def execute_action(desk: Desk, action_id: str) -> None:
    """Claim, look whether it is done, check that it is still true, do it with its id as key, record."""
    action, tried_before = await desk.db.write(lambda tx: _claim(tx, desk, action_id))
    if action is None:
        return
    kind = ACTIONS[action.kind]
    try:
        result = await kind.look(desk, action) if tried_before else None
        if result is None:
            await _check_key_is_young(desk, action)
            await kind.check(desk, action)
            result = await kind.do(desk, action)
    except PaymentsUnavailable as error:
        await desk.db.write(lambda tx: _unclaim(tx, action_id))
        raise RetryLater(f"payments: {error}", after=_settle(desk)) from error
    except FactsChanged as change:
        await _end(desk, action_id, ActionState.BLOCKED, str(change))
        return
    except RefundRefused as refusal:
        await _end(desk, action_id, ActionState.FAILED, f"{refusal.code}: {refusal.why}")
        return
    done = result
    await desk.db.write(lambda tx: _record(tx, desk, action_id, done))


def _claim(tx: Session, desk: Desk, action_id: str) -> tuple[Action | None, bool]:
    """Take an approved action. One claimed by somebody else is left alone until the claim is old."""
    action = tx.get_one(Action, action_id)
    if action.state not in (ActionState.APPROVED, ActionState.EXECUTING):
        return None, False
    if money_paused(tx):
        raise RetryLater("money actions are paused", after=timedelta(seconds=15), patient=True)
    now = desk.now()
    free_at = (action.claimed_at or now) + desk.payments.call_limit + MARGIN
    if action.claimed_at is not None and now < free_at:
        raise RetryLater("claimed by another worker", after=free_at - now, patient=True)
    tried_before = action.first_tried_at is not None
    action.state, action.claimed_at = ActionState.EXECUTING, now
    action.first_tried_at = action.first_tried_at or now
    tx.add(action)
    return action, tried_before


def _unclaim(tx: Session, action_id: str) -> None:
    """The call is over, however it ended: the next try may start."""
    action = tx.get_one(Action, action_id)
    action.claimed_at = None
    tx.add(action)


def _settle(desk: Desk) -> timedelta:
    return timedelta(seconds=desk.settings.desk.first_pause_seconds)


async def _check_key_is_young(desk: Desk, action: Action) -> None:
    """Past the provider's key lifetime a repeat is a new order: then a person decides."""
    if action.first_tried_at is None:
        return
    margin = desk.payments.key_lifetime * 0.95
    if desk.now() - action.first_tried_at > margin:
        raise NeedsAPerson("The payment provider may have forgotten the key of this order; look before paying.")


async def _end(desk: Desk, action_id: str, state: ActionState, why: str) -> None:
    """It cannot be done as approved: say so to the requester and fetch a person."""

    def change(tx: Session) -> None:
        action = tx.get_one(Action, action_id)
        action.claimed_at = None
        end(tx, desk, action, state, note=why)
        _fetch_person(tx, desk, action, why)

    await desk.db.write(change)


def _record(tx: Session, desk: Desk, action_id: str, result: Result) -> None:
    action = tx.get_one(Action, action_id)
    action.result, action.claimed_at = dict(result.data), None
    record(tx, desk, "bot", f"{action.kind}_{result.state.value}", action.id, dict(result.data))
    if result.state is ActionState.SUBMITTED:
        action.state = ActionState.SUBMITTED
        tx.add(action)
        put_up_card(tx, desk, action.id, action.ticket_id)
        return
    end(tx, desk, action, result.state)
    if result.state is ActionState.FAILED:
        _fetch_person(tx, desk, action, "the provider says it failed")


def _fetch_person(tx: Session, desk: Desk, action: Action, why: str) -> None:
    ticket = tx.get_one(Ticket, action.ticket_id)
    reason = f"A {action.kind} could not be carried out"
    escalate(tx, desk, cause=f"action:{action.id}", reason=reason, summary=why, priority="high", ticket=ticket)


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
        _fetch_person(tx, desk, action, why)

    await desk.db.write(change)
