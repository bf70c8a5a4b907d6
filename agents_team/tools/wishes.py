"""Lets the model propose what is not about money back: send again, cancel, another plan, a reset link."""

from agents_team.current import ALIGNED_MAIL, CurrentRun
from agents_team.facts import standing
from agents_team.tools.answers import SHOP_DOWN, Context, refused, said, tool, unproven
from agents_team.tools.orders import own_order
from agents_team.tools.propose import CLOSED
from agents_team.tools.shop import ShopUnavailable
from agents_team.turn import PendingAction, Proposal

RESHIP, CANCEL_ORDER, CHANGE_PLAN, RESET_PASSWORD = "reship", "cancel_order", "change_plan", "reset_password"

# The shop decides about the rest; these can never work, and the requester should hear it at once.
TOO_LATE_TO_CANCEL = frozenset({"shipped", "delivered", "late", "cancelled", "canceled", "refunded", "returned"})
NOT_SENT_YET = frozenset({"processing", "new", "paid", "packed", "cancelled", "canceled"})

_CHECKED = "Say in one sentence that it has been asked for and is being checked. Promise no result and no date."


async def propose_reship(context: Context, order_id: str, reason: str) -> str:
    """Ask for one of the requester's orders to be sent again because it was lost, broken or wrong.

    Args:
        order_id: The order's id, such as ORD-1001.
        reason: What went wrong, in the requester's sense, in one sentence.
    """
    order = await own_order(context, order_id)
    if isinstance(order, str):
        return order
    if order.status.lower() in NOT_SENT_YET:
        return refused(
            "not_sent_yet", f"Order {order.id} is {order.status}: it has not been sent, so not again either."
        )
    return _propose(context.context, RESHIP, order.id, {"order_id": order.id, "reason": reason}, reason)


async def propose_cancel_order(context: Context, order_id: str, reason: str) -> str:
    """Ask for one of the requester's orders to be cancelled before it leaves.

    Args:
        order_id: The order's id, such as ORD-1001.
        reason: Why, in the requester's sense, in one sentence.
    """
    order = await own_order(context, order_id)
    if isinstance(order, str):
        return order
    if order.status.lower() in TOO_LATE_TO_CANCEL:
        say = (
            f"Order {order.id} is {order.status} and can no longer be cancelled; a return or a refund may be possible."
        )
        return refused("too_late", say)
    return _propose(context.context, CANCEL_ORDER, order.id, {"order_id": order.id, "reason": reason}, reason)


async def propose_plan_change(context: Context, plan: str, reason: str) -> str:
    """Ask for the requester's subscription to be moved to another plan.

    Args:
        plan: The plan they want, by the name the price list gives it.
        reason: Why, in the requester's sense, in one sentence.
    """
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    try:
        customer = await run.shop.get_customer(run.customer_id)
    except ShopUnavailable:
        return SHOP_DOWN
    if customer is not None and customer.plan.casefold() == plan.strip().casefold():
        return refused("same_plan", f"Their plan is {customer.plan} already.")
    return _propose(run, CHANGE_PLAN, plan.strip(), {"plan": plan.strip(), "reason": reason}, reason)


async def propose_password_reset(context: Context) -> str:
    """Ask for a reset link to be sent to the address on file; it never goes anywhere else."""
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    return _propose(run, RESET_PASSWORD, "", {}, "forgot the password")


def _propose(run: CurrentRun, kind: str, about: str, wish: dict[str, str], reason: str) -> str:
    """Once for each kind and thing: what stands is not asked for again, and the latest terms of a run win."""
    earlier = _standing(run.turn.pending, kind, about)
    if earlier is not None:
        return refused("already_asked", f"Not asked again, it stands already: {standing(earlier)}.")
    run.proposals[:] = [p for p in run.proposals if (p.kind, p.wish.get("order_id")) != (kind, wish.get("order_id"))]
    run.proposals.append(Proposal(kind=kind, wish=wish, reason=reason))
    return said(ok="proposed", about=about, say=_CHECKED)


def _standing(pending: tuple[PendingAction, ...], kind: str, about: str) -> PendingAction | None:
    fitting = (a for a in pending if a.kind == kind and a.state.lower() not in {*CLOSED, "done"} and about in a.summary)
    return next(fitting, None)


PROPOSE_RESHIP = tool(propose_reship, trust=ALIGNED_MAIL, kind=RESHIP)
PROPOSE_CANCEL_ORDER = tool(propose_cancel_order, trust=ALIGNED_MAIL, kind=CANCEL_ORDER)
PROPOSE_PLAN_CHANGE = tool(propose_plan_change, trust=ALIGNED_MAIL, kind=CHANGE_PLAN)
PROPOSE_PASSWORD_RESET = tool(propose_password_reset, trust=ALIGNED_MAIL, kind=RESET_PASSWORD)
