"""Decisions about actions: every press of a button a row, one winner, and an answer for each."""

from sqlmodel import Session, select

from bot.actions import ACTIONS
from bot.actions.endings import block, show_changes
from bot.actions.press import No, Stale, Wish
from bot.actions.verbs import VERBS, carry
from bot.actions.versions import newest
from bot.audit import record
from bot.desk import Desk
from storage.models import Action, ActionState, Decision

UNKNOWN = "This card is not known here any more, so nothing happened."


def decide(tx: Session, desk: Desk, press: Wish) -> Decision:
    """Record the press and, if it may and is the first, make it so. The row's `answer` says what happened."""
    known = tx.exec(select(Decision).where(Decision.source == press.source)).first()
    if known is not None:
        return known
    action = tx.get(Action, press.action_id)
    seen = (action.terms_hash, action.version) if action else ("", 1)
    answer, won = _outcome(tx, desk, action, press)
    decision = Decision(
        action_id=action.id if action else None,
        source=press.source,
        verb=press.verb,
        by=press.by,
        by_name=press.by_name,
        won=won,
        answer=answer,
        reason=press.reason,
        terms_hash=seen[0],
        version=seen[1],
        inputs=dict(press.inputs),
        answer_to=dict(press.answer_to or {}),
        at=desk.now(),
    )
    tx.add(decision)
    tx.flush()
    record(tx, desk, press.by, f"{press.verb}_{'won' if won else 'lost'}", press.action_id, {"answer": answer})
    if decision.answer_to and (not won or not answer.endswith(f"{press.verb}.")):
        desk.jobs.defer(tx, "tell", decision.id, lane=decision.id)
    return decision


def _outcome(tx: Session, desk: Desk, action: Action | None, press: Wish) -> tuple[str, bool]:
    """What the presser hears, and whether the press did what it asked. A refused press leaves nothing behind."""
    try:
        with tx.begin_nested():
            return _carried(tx, desk, action, press), True
    except No as no:
        return str(no), False
    except Stale as stale:
        assert action is not None
        if not stale.fresh.blocked:
            return show_changes(tx, desk, action, stale.fresh), False
        block(tx, desk, action, stale.fresh)
        return f"This is no longer possible: {stale.fresh.blocked}", False


def _carried(tx: Session, desk: Desk, action: Action | None, press: Wish) -> str:
    if press.refusal:
        raise No(press.refusal)
    if action is None or press.verb not in VERBS:
        raise No(UNKNOWN)
    _check_is_current(tx, action, press)
    return carry(tx, desk, action, press)


def _check_is_current(tx: Session, action: Action, press: Wish) -> None:
    """The presser must have seen the terms and the facts that are decided about."""
    if not press.terms_hash or not action.terms_hash.startswith(press.terms_hash):
        raise No("The terms changed after this card was posted. Please decide on the newest card.")
    if action.state is ActionState.SUPERSEDED:
        now = newest(tx, action)
        what = ACTIONS[now.kind].summary(now)
        raise No(f"The terms changed after this card was posted: it is {what} (v{now.version}) now, on a newer card.")
    if press.version not in (0, action.version):
        raise No(f"This changed after the card was posted. {action.note} Please look at the card again.")
