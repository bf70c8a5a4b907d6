"""Once a night our books are held against the provider's, both ways; each difference is a card."""

from datetime import timedelta

from sqlmodel import Session, col, select

from bot.actions.refund_paths import as_credit, result_of
from bot.actions.results import apply_result
from bot.audit import record
from bot.backends.errors import BackendUnavailable
from bot.backends.payments import Refund, TakesTheShopsWord
from bot.desk import Desk
from bot.errors import RetryLater
from bot.policy.money import say
from bot.staff.escalations import escalate
from storage.models import Action, ActionState, Ticket

LOOK_BACK = timedelta(days=4)
"""Each night looks at the last four days, so that a night that was missed is made up for; cards are made once."""

PAID = frozenset({ActionState.SUBMITTED, ActionState.DONE})
NOT_PAID = frozenset(
    {ActionState.DENIED, ActionState.WITHDRAWN, ActionState.EXPIRED, ActionState.SUPERSEDED, ActionState.REFUSED}
)


async def reconcile(desk: Desk, day: str) -> None:
    """Compare every refund of the last days; `day` only names the job."""
    if isinstance(desk.payments, TakesTheShopsWord):
        return
    since = desk.now() - LOOK_BACK
    try:
        theirs = await desk.payments.list_refunds(since=since)
    except BackendUnavailable as error:
        raise RetryLater(f"payments: {error}") from error
    await desk.db.write(lambda tx: _compare(tx, desk, day, theirs))


def _compare(tx: Session, desk: Desk, day: str, theirs: list[Refund]) -> None:
    by_key = {refund.key: refund for refund in theirs if refund.key}
    by_ref = {refund.ref for refund in theirs}
    since = desk.now() - LOOK_BACK
    for refund in theirs:
        _check_theirs(tx, desk, refund)
    ours = tx.exec(
        select(Action).where(Action.kind == "refund", col(Action.state).in_(PAID), col(Action.first_tried_at) >= since)
    ).all()
    for action in ours:
        if as_credit(action):
            continue
        if action.id not in by_key and not {action.result.get("refund"), action.result.get("reference")} & by_ref:
            what = f"{say(action.amount_minor, action.currency)} on {action.terms.get('payment_ref')}"
            _difference(
                tx,
                desk,
                f"ours:{action.id}",
                f"We say {action.id} paid back {what}; the provider has no such refund.",
                action,
            )
    record(tx, desk, "bot", "reconciled", None, {"day": day, "theirs": len(theirs), "ours": len(ours)})


def _check_theirs(tx: Session, desk: Desk, refund: Refund) -> None:
    """A refund of the provider's: is there an action that wanted exactly it?"""
    action = tx.get(Action, refund.key) if refund.key else _marked_by_hand(tx, refund)
    what = f"{say(refund.amount_minor, refund.currency)} on {refund.payment_ref} ({refund.ref}, {refund.status.value})"
    if action is None:
        _difference(tx, desk, f"theirs:{refund.ref}", f"The provider paid back {what}; we asked for no such refund.")
    elif (refund.amount_minor, refund.currency) != (action.amount_minor, action.currency):
        ours = say(action.amount_minor, action.currency)
        _difference(tx, desk, f"amount:{refund.ref}", f"The provider paid back {what}; {action.id} was {ours}.", action)
    elif action.state in NOT_PAID:
        words = f"The provider paid back {what}; {action.id} is {action.state.value} here."
        _difference(tx, desk, f"state:{refund.ref}", words, action)
    else:
        apply_result(tx, desk, action, result_of(refund))


def _marked_by_hand(tx: Session, refund: Refund) -> Action | None:
    """The action somebody marked as done with this refund."""
    done = tx.exec(select(Action).where(Action.kind == "refund", Action.state == ActionState.DONE)).all()
    return next((action for action in done if action.result.get("refund") == refund.ref), None)


def _difference(tx: Session, desk: Desk, cause: str, words: str, action: Action | None = None) -> None:
    ticket = tx.get(Ticket, action.ticket_id) if action else None
    reason = "Our books and the payment provider's differ"
    escalate(tx, desk, cause=f"books:{cause}", reason=reason, summary=words, priority="high", ticket=ticket)


async def give_up_reconciling(desk: Desk, day: str, why: str) -> None:
    """Nobody has compared the books tonight, and somebody should know."""

    def change(tx: Session) -> None:
        reason = "The books could not be compared with the payment provider's"
        escalate(tx, desk, cause=f"books:{day}", reason=reason, summary=why)

    await desk.db.write(change)
