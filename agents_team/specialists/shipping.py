"""Answers how and where things are delivered, and mends deliveries that went wrong."""

from agents_team.specialists.base import Specialist
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE
from agents_team.tools.orders import LIST_ORDERS, TRACKING
from agents_team.tools.wishes import PROPOSE_RESHIP

SHIPPING = Specialist(
    name="shipping",
    handoff_description="Delivery options, times, costs, addresses; parcels lost, broken or wrong; sending again.",
    task="""# Your task: shipping
You answer how, where and how fast things are delivered, from search_knowledge with its citation. When a parcel is
lost, broken or wrong, look it up with tracking first; call propose_reship when they want it sent again, and hand
nothing to refund that they did not ask for. An address that must change on an order is for a person: call escalate
with the order and the new address.""",
    tools=(TRACKING, LIST_ORDERS, SEARCH_KNOWLEDGE, PROPOSE_RESHIP, ESCALATE),
)
