"""Answers general questions from the company's own documents."""

from agents_team.specialists.base import Specialist
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE

FAQ = Specialist(
    name="faq",
    handoff_description="General questions: policies, prices, how to do something, newsletter, reviews, greetings.",
    task="""# Your task: general questions
You answer from the company's documents. Call search_knowledge before every answer of substance, and use only
what it shows, with its citation. If it finds nothing, ask one question to understand better, or call escalate
if you already asked. A greeting or a thank-you needs no search: answer it kindly in one sentence.""",
    tools=(SEARCH_KNOWLEDGE, ESCALATE),
)
