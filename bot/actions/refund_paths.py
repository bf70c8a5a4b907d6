"""Where a refund lands: back the way it was paid, through the payment provider, or as credit kept by the shop."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.actions.kind import Result
from bot.backends.doing import ShopDoer, ShopDone, ShopTask, doer_of
from bot.backends.errors import BackendRefused
from bot.backends.payments import Refund, RefundOrder, RefundStatus, TakesTheShopsWord
from bot.policy.terms import STORE_CREDIT
from storage.models import Action, ActionState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.desk import Desk

RESULTS: "Mapping[RefundStatus, ActionState]" = {
    RefundStatus.SUCCEEDED: ActionState.DONE,
    RefundStatus.PENDING: ActionState.SUBMITTED,
    RefundStatus.REQUIRES_ACTION: ActionState.SUBMITTED,
    RefundStatus.FAILED: ActionState.FAILED,
    RefundStatus.CANCELED: ActionState.FAILED,
}


def as_credit(action: Action) -> bool:
    """Whether it becomes credit in the shop instead of money on the card."""
    return action.terms.get("destination") == STORE_CREDIT


async def look(desk: "Desk", action: Action) -> Result | None:
    """What an earlier try under this action's id already moved."""
    if as_credit(action):
        done = await _credit(desk).find_done(action.id)
        return _given(done) if done else None
    refund = await desk.payments.find_refund(str(action.terms["payment_ref"]), action.id)
    return result_of(refund) if refund else None


async def do(desk: "Desk", action: Action) -> Result:
    """Pay back, with the action's id as key. Raises BackendRefused, PaymentsUnavailable or ShopUnavailable."""
    if as_credit(action):
        return _given(await _credit(desk).carry_out(_task(action)))
    order = RefundOrder(
        key=action.id,
        payment_ref=str(action.terms["payment_ref"]),
        amount_minor=action.amount_minor,
        currency=action.currency,
        # Providers know three reasons; "duplicate" is only said where both charges are proven.
        reason="duplicate" if action.facts.get("duplicate_of") else "requested_by_customer",
    )
    result = result_of(await desk.payments.refund(order))
    if not isinstance(desk.payments, TakesTheShopsWord):
        return result
    return replace(result, data={**result.data, "task": desk.payments.task(order.payment_ref)})


async def follow(desk: "Desk", action: Action) -> Result | None:
    """Where it stands now; None when nobody knows anything. Credit is given at once."""
    if as_credit(action):
        return await look(desk, action)
    refund = await desk.payments.get_refund(str(action.result.get("refund") or ""))
    return result_of(refund) if refund else None


def result_of(refund: Refund) -> Result:
    """What a refund of the provider's means for us."""
    data = {"refund": refund.ref, "status": refund.status.value, "amount_minor": refund.amount_minor}
    return Result(RESULTS[refund.status], data)


def call_limit(desk: "Desk") -> timedelta:
    """The longest call of either way."""
    doer = doer_of(desk.shop, STORE_CREDIT)
    return max(desk.payments.call_limit, doer.call_limit) if doer else desk.payments.call_limit


def key_lifetime(desk: "Desk") -> timedelta:
    """The shorter memory of both ways."""
    doer = doer_of(desk.shop, STORE_CREDIT)
    return min(desk.payments.key_lifetime, doer.key_lifetime) if doer else desk.payments.key_lifetime


def _credit(desk: "Desk") -> ShopDoer:
    doer = doer_of(desk.shop, STORE_CREDIT)
    if doer is None:
        raise BackendRefused("not_allowed", "The shop that is connected now gives no store credit.")
    return doer


def _task(action: Action) -> ShopTask:
    details = {
        "amount_minor": str(action.amount_minor),
        "currency": action.currency,
        "charge_id": str(action.terms["charge_id"]),
    }
    about = str(action.terms.get("order_id") or action.terms["charge_id"])
    return ShopTask(action.id, STORE_CREDIT, str(action.customer_id), about, details)


def _given(done: ShopDone) -> Result:
    return Result(ActionState.DONE, {"credit": done.ref})
