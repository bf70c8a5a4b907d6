"""Lets the model ask for a person."""

from typing import Literal

from agents_team.tools.answers import Context, said, tool
from agents_team.turn import EscalationWish

ESCALATED = said(
    ok="a colleague is asked to take over",
    say="Tell the requester kindly that a colleague will answer here. Promise no result and no exact time.",
)


async def escalate(
    context: Context, reason: str, priority: Literal["low", "medium", "high", "critical"], summary: str
) -> str:
    """Ask a person on staff to take over this conversation.

    Args:
        reason: Why a person is needed, in a few words.
        priority: How much it hurts: critical only for danger, fraud or a customer about to be lost.
        summary: What a colleague must know to go on without asking again.
    """
    context.context.escalation = EscalationWish(reason=reason, priority=priority, summary=summary)
    return ESCALATED


ESCALATE = tool(escalate)
