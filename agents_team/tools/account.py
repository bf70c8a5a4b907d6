"""Lets the model look at the requester's own account and at the state of the service."""

from typing import Any

from agents_team.status import StatusUnavailable
from agents_team.tools.answers import SHOP_DOWN, Context, money, refused, said, tool, unproven
from agents_team.tools.shop import KeepsBooks, ShopUnavailable, Subscription

NO_STATUS = refused(
    "status_unknown", "Nobody can say right now whether the service is up. Do not guess; escalate if they cannot work."
)


async def get_account(context: Context) -> str:
    """Show the requester's account: name, plan, since when they are a customer, and what they subscribe to."""
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    try:
        customer = await run.shop.get_customer(run.customer_id)
        running = await run.shop.list_subscriptions(run.customer_id) if isinstance(run.shop, KeepsBooks) else []
    except ShopUnavailable:
        return SHOP_DOWN
    if customer is None:
        return unproven(run.turn)
    since = customer.since.date().isoformat() if customer.since else None
    return said(
        name=customer.name, plan=customer.plan or "none", customer_since=since, subscriptions=[*map(_brief, running)]
    )


def _brief(subscription: Subscription) -> dict[str, Any]:
    """What is left out is not known."""
    brief = {
        "subscription_id": subscription.id,
        "plan": subscription.plan,
        "status": subscription.status,
        "price": money(subscription.amount_minor, subscription.currency),
        "every": subscription.every,
        "renews": subscription.renews_at.date().isoformat() if subscription.renews_at else "",
    }
    return {name: value for name, value in brief.items() if value}


async def service_status(context: Context) -> str:
    """Say whether the service is up right now, as the company's status page states it."""
    page = context.context.status
    if page is None:
        return NO_STATUS
    try:
        return said(status=await page.service_status())
    except StatusUnavailable:
        return NO_STATUS


GET_ACCOUNT = tool(get_account)
SERVICE_STATUS = tool(service_status)
