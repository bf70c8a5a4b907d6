"""A model server over HTTP whose mind is the offline team's: what it is sent can be read in its log."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents.items import ModelResponse
from aiohttp import web
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage

from agents_team.models.offline.model import BRAINS
from agents_team.models.offline.moves import to_response
from agents_team.models.offline.reading import read
from agents_team.specialists import SPECIALISTS
from bot.sandbox.model.conversation import Asked, Called, Json, Said, Spoken
from bot.sandbox.model.server import ModelServer


def think(asked: Asked) -> Said:
    """The move of the offline specialist whose instructions were sent."""
    system = "\n".join(t.text for t in asked.turns if isinstance(t, Spoken) and t.role in ("system", "developer"))
    agent = next((name for name, each in SPECIALISTS.items() if each.task in system), "triage")
    items = [item for turn in asked.turns if (item := _item(turn)) is not None]
    return _said(to_response(BRAINS[agent](read(items, asked.tool_names)), json.dumps(items)))


def _item(turn: object) -> Json | None:
    if isinstance(turn, Spoken):
        return {"role": turn.role, "content": turn.text} if turn.role in ("user", "assistant") else None
    if isinstance(turn, Called):
        return {"type": "function_call", "call_id": turn.call_id, "name": turn.name, "arguments": turn.arguments}
    return {"type": "function_call_output", "call_id": turn.call_id, "output": turn.output}  # type: ignore[attr-defined]


def _said(response: ModelResponse) -> Said:
    calls = tuple((each.name, each.arguments) for each in response.output if isinstance(each, ResponseFunctionToolCall))
    words = [each for each in response.output if isinstance(each, ResponseOutputMessage)]
    text = "".join(str(getattr(part, "text", "")) for each in words for part in each.content)
    return Said(text=text, calls=calls)


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """Its base URL while the block runs."""
    runner = web.AppRunner(ModelServer(think=think).app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
