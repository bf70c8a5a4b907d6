"""Lets the model look at the requester's own orders."""

from typing import Any

from agents_team.tools.answers import SHOP_DOWN, Context, money, said, tool, unknown_order, unproven
from agents_team.tools.shop import Order, ShopUnavailable


def _brief(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "status": order.status,
        "placed": order.placed_at.date().isoformat(),
        "total": money(order.total_minor, order.currency),
        "articles": [line.title for line in order.lines],
    }


def _delivery(order: Order) -> dict[str, Any]:
    return {
        "carrier": order.carrier,
        "tracking_number": order.tracking,
        "expected": order.expected_at.date().isoformat() if order.expected_at else None,
        "delivered": order.delivered_at.date().isoformat() if order.delivered_at else None,
    }


async def list_orders(context: Context) -> str:
    """List the requester's newest orders: id, status, date, total and articles."""
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    try:
        orders = await run.shop.list_orders(run.customer_id)
    except ShopUnavailable:
        return SHOP_DOWN
    return said(orders=[_brief(order) for order in orders], none="no orders" if not orders else None)


async def get_order(context: Context, order_id: str) -> str:
    """Show one of the requester's orders in full.

    Args:
        order_id: The order's id exactly as the requester or another tool wrote it, such as ORD-1001.
    """
    order = await own_order(context, order_id)
    if isinstance(order, str):
        return order
    lines = [
        {"title": line.title, "quantity": line.quantity, "amount": money(line.amount_minor, order.currency)}
        for line in order.lines
    ]
    return said(**_brief(order), lines=lines, charge_ids=list(order.charge_ids), **_delivery(order))


async def tracking(context: Context, order_id: str) -> str:
    """Show where the parcel of one of the requester's orders is: carrier, tracking number, expected or delivered day.

    Args:
        order_id: The order's id exactly as the requester or another tool wrote it, such as ORD-1001.
    """
    order = await own_order(context, order_id)
    if isinstance(order, str):
        return order
    return said(order_id=order.id, status=order.status, **_delivery(order))


async def own_order(context: Context, order_id: str) -> Order | str:
    """The order, or what to tell the model instead. An order of somebody else is not found, never "forbidden"."""
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    try:
        order = await run.shop.get_order(order_id.strip(), customer_id=run.customer_id)
    except ShopUnavailable:
        return SHOP_DOWN
    return order or unknown_order(order_id)


LIST_ORDERS = tool(list_orders)
GET_ORDER = tool(get_order)
TRACKING = tool(tracking)
