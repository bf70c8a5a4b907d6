"""Lets the model look at what the requester paid."""

from typing import Any

from agents_team.tools.answers import SHOP_DOWN, Context, money, said, tool, unproven
from agents_team.tools.shop import Charge, ShopUnavailable


def _brief(charge: Charge) -> dict[str, Any]:
    return {
        "charge_id": charge.id,
        "order_id": charge.order_id,
        "amount_minor": charge.amount_minor,
        "currency": charge.currency,
        "amount": money(charge.amount_minor, charge.currency),
        "at": charge.created_at.isoformat(timespec="minutes"),
        "description": charge.description,
        "method": charge.method,
    }


async def list_charges(context: Context) -> str:
    """List the requester's newest payments: charge id, order, amount, time, description and payment method."""
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    try:
        charges = await run.shop.list_charges(run.customer_id)
    except ShopUnavailable:
        return SHOP_DOWN
    return said(charges=[_brief(charge) for charge in charges], none="no charges" if not charges else None)


LIST_CHARGES = tool(list_charges)
