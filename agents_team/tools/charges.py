"""Lets the model look at what the requester paid and was billed."""

from typing import Any

from agents_team.tools.answers import SHOP_DOWN, Context, money, refused, said, tool, unproven
from agents_team.tools.shop import Charge, Invoice, KeepsBooks, ShopUnavailable


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


async def list_invoices(context: Context) -> str:
    """List the requester's newest invoices: number, order, amount, day, whether it is paid, and where to get it."""
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    if not isinstance(run.shop, KeepsBooks):
        return NO_INVOICES
    try:
        invoices = await run.shop.list_invoices(run.customer_id)
    except ShopUnavailable:
        return SHOP_DOWN
    return said(invoices=[_bill(each) for each in invoices], none="no invoices" if not invoices else None)


NO_INVOICES = refused("no_invoices_here", "Invoices cannot be looked up here; a colleague can send one. Escalate.")


def _bill(invoice: Invoice) -> dict[str, Any]:
    return {
        "invoice_id": invoice.id,
        "order_id": invoice.order_id,
        "amount": money(invoice.total_minor, invoice.currency),
        "day": invoice.issued_at.date().isoformat(),
        "status": invoice.status,
        "link": invoice.link,
    }


LIST_CHARGES = tool(list_charges)
LIST_INVOICES = tool(list_invoices)
