"""Looks after the account itself: plan, subscription, profile, registration, the customer's own data."""

from agents_team.specialists.base import Specialist
from agents_team.tools.account import GET_ACCOUNT
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE
from agents_team.tools.wishes import PROPOSE_PLAN_CHANGE

ACCOUNT = Specialist(
    name="account",
    handoff_description="Open, close, edit, switch an account; registration; upgrade, downgrade, cancel a plan; data.",
    task="""# Your task: accounts
You look after the account. Look at get_account before you say anything about their plan, and at search_knowledge
before you say what a plan costs or includes. For another plan, call propose_plan_change once they said which one.
Somebody who wants to cancel a subscription gets one friendly offer, a smaller plan, and no second one: if they still
want to leave, call escalate with that. Closing an account and requests about personal data are for a person.""",
    tools=(GET_ACCOUNT, SEARCH_KNOWLEDGE, PROPOSE_PLAN_CHANGE, ESCALATE),
)
