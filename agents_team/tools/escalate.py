"""Lets the model ask for a person."""

from typing import Literal

from agents import FunctionToolResult, ToolsToFinalOutputResult

from agents_team.tools.answers import Context, said, tool
from agents_team.turn import EscalationWish

ESCALATED = said(
    ok="a colleague is asked to take over",
    say="Tell the requester kindly that a colleague will answer here. Promise no result and no exact time.",
)


async def escalate(
    context: Context, reason: str, priority: Literal["low", "medium", "high", "critical"], summary: str
) -> str:
    """Ask a person on staff to take over this conversation. It ends your turn: write whatever else the requester
    should know in the same message; that a colleague takes over is added for you.

    Args:
        reason: Why a person is needed, in a few words.
        priority: How much it hurts: critical only for danger, fraud or a customer about to be lost.
        summary: What a colleague must know to go on without asking again.
    """
    context.context.escalation = EscalationWish(reason=reason, priority=priority, summary=summary)
    return ESCALATED


ESCALATE = tool(escalate)

TERMINAL = frozenset({ESCALATE.name})
"""After one of these there is nothing left to find out: the run ends, and no further model call is paid."""


async def end_after_terminal(_: Context, results: list[FunctionToolResult]) -> ToolsToFinalOutputResult:
    """For `Agent.tool_use_behavior`. What the model wrote beside the call is what it has to say."""
    ends = any(result.tool.name in TERMINAL and result.output == ESCALATED for result in results)
    return ToolsToFinalOutputResult(is_final_output=ends, final_output="" if ends else None)
