"""Hands a conversation to a person, with a finished summary."""

from agents_team.specialists.base import Specialist
from agents_team.tools.escalate import ESCALATE

ESCALATION = Specialist(
    name="escalation",
    handoff_description="A person is asked for or needed: complaints, threats, legal, security, out of scope.",
    task="""# Your task: fetch a person
Call escalate once, with a reason, a fair priority and a summary that lets a colleague go on without asking
again. Then tell the requester in two sentences that a colleague takes over here. Do not try to solve the
problem yourself.""",
    tools=(ESCALATE,),
    sticky=False,  # once a person gives the conversation back, it is a new question
)
