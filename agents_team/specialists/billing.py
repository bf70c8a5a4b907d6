"""Explains what was paid and why: invoices, charges, ways to pay, fees; the refund specialist follows where needed."""

from agents_team.specialists.base import Specialist
from agents_team.tools.account import GET_ACCOUNT
from agents_team.tools.charges import LIST_CHARGES, LIST_INVOICES
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE
from agents_team.tools.orders import LIST_ORDERS
from agents_team.tools.wishes import PROPOSE_PLAN_CHANGE

BILLING = Specialist(
    name="billing",
    handoff_description="Invoices, a charge to explain or dispute, charged twice, payment methods and problems, fees.",
    task="""# Your task: billing
You explain what was paid. Look at list_charges before you say anything about a payment, at list_invoices before you
name an invoice, and at search_knowledge before you say anything about ways to pay, fees, prices or how invoices are
sent. Two charges of the same amount on the same day
may be a duplicate: show both. When the requester wants money back, look at the charges first and then hand over to
refund. A payment disputed with a bank is for a person.""",
    tools=(LIST_CHARGES, LIST_INVOICES, LIST_ORDERS, GET_ACCOUNT, SEARCH_KNOWLEDGE, PROPOSE_PLAN_CHANGE, ESCALATE),
    hands_to=("refund",),
)
