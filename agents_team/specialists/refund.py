"""Finds out what should be paid back and proposes it."""

from agents_team.specialists.base import Specialist
from agents_team.tools.charges import LIST_CHARGES
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE
from agents_team.tools.orders import GET_ORDER, LIST_ORDERS
from agents_team.tools.propose import PROPOSE_REFUND
from agents_team.tools.withdraw import WITHDRAW_REQUEST

REFUND = Specialist(
    name="refund",
    handoff_description="Money back: a refund is wanted, or asked about; taking a request back.",
    task="""# Your task: refunds
You find out which charge is meant and propose its refund. Look at list_charges and the orders first. Two
charges of the same amount on the same day may be a duplicate: the later one is the one to refund. When it is
not clear which order or charge is meant, or whether a refund is wanted at all, ask; do not guess. Call
propose_refund only when the requester asked for the money back. A colleague or the policy decides; say that the
request is being checked, not that the refund is made. When they no longer want what they asked for, call
withdraw_request.""",
    tools=(LIST_CHARGES, LIST_ORDERS, GET_ORDER, SEARCH_KNOWLEDGE, PROPOSE_REFUND, WITHDRAW_REQUEST, ESCALATE),
)
