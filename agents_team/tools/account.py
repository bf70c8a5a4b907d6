"""Lets the model look at the requester's own account and at the state of the service."""

from agents_team.status import StatusUnavailable
from agents_team.tools.answers import SHOP_DOWN, Context, refused, said, tool, unproven
from agents_team.tools.shop import ShopUnavailable

NO_STATUS = refused(
    "status_unknown", "Nobody can say right now whether the service is up. Do not guess; escalate if they cannot work."
)


async def get_account(context: Context) -> str:
    """Show the requester's account: name, plan and since when they are a customer."""
    run = context.context
    if run.customer_id is None:
        return unproven(run.turn)
    try:
        customer = await run.shop.get_customer(run.customer_id)
    except ShopUnavailable:
        return SHOP_DOWN
    if customer is None:
        return unproven(run.turn)
    since = customer.since.date().isoformat() if customer.since else None
    return said(name=customer.name, plan=customer.plan or "none", customer_since=since)


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
