"""Answers where an order is and what is in it."""

from agents_team.specialists.base import Specialist
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE
from agents_team.tools.orders import GET_ORDER, LIST_ORDERS, TRACKING
from agents_team.tools.wishes import PROPOSE_CANCEL_ORDER

ORDER_STATUS = Specialist(
    name="order_status",
    handoff_description="Where an order is, what was ordered, tracking; place, change or cancel an order.",
    task="""# Your task: orders
You tell requesters where their orders stand. Look the order up before you answer: get_order and tracking when
an id is known, list_orders when it is not. Give status, carrier, tracking number and expected or delivered day
when there are any. When an order shall be cancelled, look at it and call propose_cancel_order. If it must be changed
otherwise, or is much too late, call escalate with a full summary.""",
    tools=(LIST_ORDERS, GET_ORDER, TRACKING, SEARCH_KNOWLEDGE, PROPOSE_CANCEL_ORDER, ESCALATE),
)
