"""Tells whoever pressed a button what became of it."""

from datetime import timedelta

from sqlmodel import Session, select

from bot.actions.versions import newest
from bot.audit import record
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from channels.base import PermanentChannelError, TemporaryChannelError
from storage.models import Action, ActionState, Card, Decision


async def tell_decision(desk: Desk, decision_id: str) -> None:
    """Whisper the answer to the presser. After a crash it may be said twice, but never to anybody else."""
    decision, card = await desk.db.read(lambda tx: _to_tell(tx, decision_id))
    if decision.told_at is not None or desk.staff_room is None:
        return
    try:
        await desk.staff_room.whisper(decision.answer_to, decision.answer, card=card)
    except TemporaryChannelError as error:
        after = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        raise RetryLater(str(error), after=after) from error
    except PermanentChannelError as error:
        raise NeedsAPerson(str(error)) from error
    await desk.db.write(lambda tx: _told(tx, desk, decision_id))


def _to_tell(tx: Session, decision_id: str) -> tuple[Decision, str]:
    """The decision, and the card to look at instead when the terms have changed since: the newest one's."""
    decision = tx.get_one(Decision, decision_id)
    action = tx.get(Action, decision.action_id) if decision.action_id else None
    if action is None or action.state is not ActionState.SUPERSEDED:
        return decision, ""
    shown = select(Card.external_id).where(Card.subject_id == newest(tx, action).id)
    return decision, tx.exec(shown).first() or ""


def _told(tx: Session, desk: Desk, decision_id: str) -> None:
    decision = tx.get_one(Decision, decision_id)
    decision.told_at = desk.now()
    tx.add(decision)


async def give_up_telling(desk: Desk, decision_id: str, why: str) -> None:
    """The presser cannot be reached; the card and the audit log still say what happened."""
    await desk.db.write(lambda tx: record(tx, desk, "bot", "not_told", decision_id, {"why": why}))
