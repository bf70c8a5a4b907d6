"""Hands a conversation to a person, with a finished summary."""

from agents_team.specialists.base import Specialist
from agents_team.tools.escalate import ESCALATE

ESCALATION = Specialist(
    name="escalation",
    handoff_description="A person is asked for or needed: complaints, threats, legal, security, out of scope.",
    task="""# Your task: fetch a person
Call escalate once, with a reason, a fair priority and a summary that lets a colleague go on without asking
again. In the same message you may write one kind sentence that shows that you understood; that a colleague takes
over is added for you. Do not try to solve the problem yourself.""",
    tools=(ESCALATE,),
    sticky=False,  # once a person gives the conversation back, it is a new question
)
