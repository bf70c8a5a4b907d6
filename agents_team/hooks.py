"""Writes down what happens in a run while it happens: who holds the conversation, which tools, what they said."""

import time
from typing import Any

from agents import Agent, RunContextWrapper, RunHooks, Tool
from agents.items import TResponseInputItem
from agents.tool_context import ToolContext

from agents_team.current import CurrentRun
from agents_team.turn import RunLog, TraceStep

LONGEST_RESULT = 4_000


class TraceHooks(RunHooks[CurrentRun]):
    """Notes every handoff and tool in the run's log, and keeps route and tools in the run's context."""

    def __init__(self, log: RunLog):
        self._log = log
        self._started: dict[str, float] = {}

    async def on_llm_start(
        self,
        context: RunContextWrapper[CurrentRun],
        agent: Agent[CurrentRun],
        system_prompt: str | None,
        input_items: list[TResponseInputItem],
    ) -> None:
        """Who is about to speak: the journal names them, the route holds them."""
        run = context.context
        run.agent = agent.name
        if not run.route or run.route[-1] != agent.name:
            run.route.append(agent.name)

    async def on_handoff(self, context: RunContextWrapper[CurrentRun], from_agent: Any, to_agent: Any) -> None:
        """One trace step with the typed note."""
        note = context.context.handoff
        data = note.model_dump() if note is not None else {}
        await self._log.note(TraceStep(kind="handoff", agent=from_agent.name, name=to_agent.name, data=data))

    async def on_tool_start(self, context: RunContextWrapper[CurrentRun], agent: Any, tool: Tool) -> None:
        """Remember the tool and when it began."""
        context.context.tools.append(tool.name)
        if isinstance(context, ToolContext):
            self._started[context.tool_call_id] = time.monotonic()

    async def on_tool_end(self, context: RunContextWrapper[CurrentRun], agent: Any, tool: Tool, result: object) -> None:
        """One trace step with arguments, result and time; none where the journal has it already."""
        if isinstance(context, ToolContext) and context.tool_call_id in context.context.journalled:
            return
        data: dict[str, Any] = {"result": str(result)[:LONGEST_RESULT]}
        seconds = 0.0
        if isinstance(context, ToolContext):
            data = {"call_id": context.tool_call_id, "arguments": context.tool_arguments, **data}
            seconds = time.monotonic() - self._started.pop(context.tool_call_id, time.monotonic())
        await self._log.note(TraceStep(kind="tool", agent=agent.name, name=tool.name, data=data, seconds=seconds))
