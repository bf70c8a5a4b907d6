"""A payment provider says that something changed: look there, and record what is true now."""

from datetime import timedelta

from sqlmodel import Session, col, select

from bot.actions import ACTIONS
from bot.actions.endings import block
from bot.actions.kind import Fresh
from bot.audit import record
from bot.backends.errors import BackendUnavailable
from bot.desk import Desk
from bot.errors import RetryLater
from storage.models import Action, ActionState, Delivery, Outcome

PAYMENTS = "payments"
"""The channel of deliveries that are a provider's webhooks; their envelope says where to look."""

# A webhook can overtake the record of the very call it is about.
SOON = timedelta(seconds=3)


def keep_news(tx: Session, desk: Desk, delivery: Delivery) -> Delivery:
    """One row per event, however often it is sent, and one job to look into it."""
    known = tx.exec(select(Delivery).where(Delivery.channel == PAYMENTS, Delivery.key == delivery.key)).first()
    if known is not None:
        known.receipts += 1
        tx.add(known)
        return known
    tx.add(delivery)
    tx.flush()
    desk.jobs.defer(tx, "news", delivery.id, lane=f"news:{delivery.key}")
    return delivery


async def hear_news(desk: Desk, delivery_id: str) -> None:
    """Find the actions it may be about, and let each be looked at: a refund followed, a disputed charge re-read."""
    delivery = await desk.db.read(lambda tx: tx.get_one(Delivery, delivery_id))
    if delivery.outcome is not None:
        return
    fresh = await _reread(desk, list(delivery.envelope.get("disputed", [])))
    await desk.db.write(lambda tx: _record(tx, desk, delivery_id, fresh))


async def _reread(desk: Desk, payment_refs: list[str]) -> dict[str, Fresh]:
    """What waits for people about these payments, with the facts as they are now."""
    waiting = await desk.db.read(lambda tx: _about(tx, payment_refs))
    try:
        return {action.id: await ACTIONS[action.kind].again(desk, action) for action in waiting}
    except BackendUnavailable as error:
        raise RetryLater(f"payments: {error}") from error


def _about(tx: Session, payment_refs: list[str]) -> list[Action]:
    waiting = tx.exec(select(Action).where(Action.state == ActionState.PENDING))
    return [action for action in waiting if action.terms.get("payment_ref") in payment_refs]


def _record(tx: Session, desk: Desk, delivery_id: str, fresh: dict[str, Fresh]) -> None:
    delivery = tx.get_one(Delivery, delivery_id)
    if delivery.outcome is not None:
        return
    ours = _follow(tx, desk, delivery)
    for action_id, facts in fresh.items():
        action = tx.get_one(Action, action_id)
        if facts.blocked and action.state is ActionState.PENDING:
            block(tx, desk, action, facts)
            ours.append(action_id)
    delivery.outcome = Outcome.CHANGE if ours else Outcome.IGNORED
    delivery.outcome_note = "" if ours else "about no action of ours"
    delivery.subject_id, delivery.done_at = (ours[0] if ours else None), desk.now()
    tx.add(delivery)
    record(tx, desk, PAYMENTS, "news", delivery.subject_id, {"delivery": delivery_id})


def _follow(tx: Session, desk: Desk, delivery: Delivery) -> list[str]:
    """Queue a look at each action whose refund was named; ids of those that are ours."""
    keys = [str(key) for key in delivery.envelope.get("keys", []) if key]
    ours = tx.exec(select(Action.id).where(col(Action.id).in_(keys))).all()
    for action_id in ours:
        desk.jobs.defer(tx, "follow", action_id, lane=f"follow:{action_id}", due=desk.now() + SOON)
    return list(ours)


async def quarantine_news(desk: Desk, delivery_id: str, why: str) -> None:
    """The nightly reconciliation finds what this would have told."""

    def change(tx: Session) -> None:
        delivery = tx.get_one(Delivery, delivery_id)
        delivery.outcome, delivery.outcome_note, delivery.done_at = Outcome.QUARANTINED, why[:500], desk.now()
        tx.add(delivery)

    await desk.db.write(change)
