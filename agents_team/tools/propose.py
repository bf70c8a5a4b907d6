"""Lets the model propose a refund; nothing happens here, a colleague or the policy decides."""

import re

from agents_team.current import ALIGNED_MAIL, CurrentRun
from agents_team.facts import standing
from agents_team.tools.answers import SHOP_DOWN, Context, money, refused, said, tool, unknown_order, unproven
from agents_team.tools.shop import Charge, Order, ShopUnavailable
from agents_team.turn import PendingAction, Proposal

REFUND = "refund"

# States in which an earlier wish no longer stands in the way of a new one.
CLOSED = frozenset({"denied", "refused", "rejected", "expired", "withdrawn", "failed", "canceled", "cancelled"})

Wish = dict[str, str]

_WORD = re.compile(r"[\w-]+")


async def propose_refund(
    context: Context,
    order_id: str,
    charge_id: str | None,
    amount_minor: int | None,
    reason: str,
    as_store_credit: bool = False,
) -> str:
    """Ask for a refund of one of the requester's charges. A colleague or the policy decides, not you.

    Args:
        order_id: The order's id, such as ORD-1001.
        charge_id: The charge to refund when the order has several, else null.
        amount_minor: The amount in minor units (cents) for a partial refund; null for the whole charge.
        reason: Why, in the requester's sense, in one sentence.
        as_store_credit: True only when they asked for credit in the shop instead of the money.
    """
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    try:
        order = await run.shop.get_order(order_id.strip(), customer_id=run.customer_id)
        charges = await run.shop.list_charges(run.customer_id) if order else []
    except ShopUnavailable:
        return SHOP_DOWN
    if order is None:
        return unknown_order(order_id)
    charge = _pick(order, charges, charge_id)
    if isinstance(charge, str):
        return charge
    return _propose(run, order, charge, amount_minor, reason, {"to": "store_credit"} if as_store_credit else {})


def _pick(order: Order, charges: list[Charge], charge_id: str | None) -> Charge | str:
    """The one charge that is meant, or what to tell the model instead."""
    own = [charge for charge in charges if charge.order_id == order.id or charge.id in order.charge_ids]
    if charge_id is not None:
        own = [charge for charge in own if charge.id == charge_id.strip()]
    if not own:
        return refused("charge_not_found", f"Order {order.id} has no such charge. Look at list_charges again.")
    if len(own) > 1:
        return refused("which_charge", f"Order {order.id} has several charges: name the charge_id.")
    return own[0]


def _propose(run: CurrentRun, order: Order, charge: Charge, amount_minor: int | None, reason: str, to: Wish) -> str:
    if amount_minor is not None and not 0 < amount_minor <= charge.amount_minor:
        paid = money(charge.amount_minor, charge.currency)
        return refused("bad_amount", f"The charge was {paid} ({charge.amount_minor} minor units); ask what they mean.")
    earlier = standing_refund(run.turn.pending, order.id, charge.id, part=amount_minor is not None)
    if earlier is not None:
        return refused("already_asked", f"Not asked again, it stands already: {standing(earlier)}.")
    _remember(run, order, charge, amount_minor, reason, to)
    return said(
        ok="proposed",
        order_id=order.id,
        amount=money(charge.amount_minor if amount_minor is None else amount_minor, charge.currency),
        say="The helpdesk itself tells them what was asked for, who decides and by when. Do not say it as well, and "
        "promise neither money nor a date; one kind sentence is enough, and what else they asked.",
    )


def _remember(run: CurrentRun, order: Order, charge: Charge, amount_minor: int | None, reason: str, to: Wish) -> None:
    """One proposal for each charge in a run: the latest terms win."""
    wish = {"order_id": order.id, "charge_id": charge.id, "amount_minor": amount_minor, "reason": reason, **to}
    run.proposals[:] = [p for p in run.proposals if (p.kind, p.wish.get("charge_id")) != (REFUND, charge.id)]
    run.proposals.append(Proposal(kind=REFUND, wish=wish, reason=reason))


def standing_refund(
    pending: tuple[PendingAction, ...], order_id: str, charge_id: str, *, part: bool = False
) -> PendingAction | None:
    """An earlier refund of the same thing that still stands; one that was made does not stand in the way of a `part`.

    One whose summary names another order is about something else; one that names no order at all may
    be about this one, so it counts.
    """
    for action in pending:
        # Of the same charge more may be left, and policy knows how much.
        if REFUND not in action.kind or action.state.lower() in (CLOSED | {"done"} if part else CLOSED):
            continue
        names = set(_WORD.findall(action.summary))
        looks_foreign = any(_like(name, order_id) or _like(name, charge_id) for name in names)
        if {order_id, charge_id} & names or not looks_foreign:
            return action
    return None


def _like(name: str, other: str) -> bool:
    """Whether two words have the shape of the same kind of id: ORD-1 and ORD-27."""
    return bool(re.search(r"\d", name)) and re.sub(r"\d+", "0", name) == re.sub(r"\d+", "0", other)


PROPOSE_REFUND = tool(propose_refund, trust=ALIGNED_MAIL, kind=REFUND)
