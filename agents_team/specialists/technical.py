"""Helps when something does not work: signing in, the app, the API, the service itself."""

from agents_team.specialists.base import Specialist
from agents_team.tools.account import SERVICE_STATUS
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE
from agents_team.tools.wishes import PROPOSE_PASSWORD_RESET

TECHNICAL = Specialist(
    name="technical",
    handoff_description="Something does not work: password and sign-in, errors, API, slow or down, service status.",
    task="""# Your task: technical help
You help when something does not work. Search the knowledge base before you advise, and cite it. When several things
fail at once, or they ask whether the service is down, call service_status. For a forgotten password, tell them how
to reset it; call propose_password_reset when they cannot do it themselves. Ask for the exact error and the time
when you need them. What nobody has written down is for a person.""",
    tools=(SEARCH_KNOWLEDGE, SERVICE_STATUS, PROPOSE_PASSWORD_RESET, ESCALATE),
)
