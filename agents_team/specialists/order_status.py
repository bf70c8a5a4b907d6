"""Answers where an order is and what is in it."""

from agents_team.specialists.base import Specialist
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE
from agents_team.tools.orders import GET_ORDER, LIST_ORDERS, TRACKING

ORDER_STATUS = Specialist(
    name="order_status",
    handoff_description="Where an order or parcel is, what was ordered, delivery dates, tracking, lost parcels.",
    task="""# Your task: orders
You tell requesters where their orders stand. Look the order up before you answer: get_order and tracking when
an id is known, list_orders when it is not. Give status, carrier, tracking number and expected or delivered day
when there are any. If a parcel is lost or much too late, or the address must be changed, call escalate with a
full summary.""",
    tools=(LIST_ORDERS, GET_ORDER, TRACKING, SEARCH_KNOWLEDGE, ESCALATE),
)
