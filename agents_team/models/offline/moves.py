"""What the offline model can do with its turn: say something, or call tools."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.items import ModelResponse, TResponseOutputItem
from agents.models.fake_id import FAKE_RESPONSES_ID
from agents.usage import Usage
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from agents_team.models.offline.reading import Reading


@dataclass(frozen=True, slots=True)
class Say:
    """The final answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A tool or a handoff."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


Move = Say | Sequence[Call]
Brain = Callable[[Reading], Move]
"""One specialist's rules: pure, so the same conversation always gets the same answer."""


def escalate(reason: str, priority: str, summary: str) -> list[Call]:
    """Ask for a person."""
    return [Call("escalate", {"reason": reason, "priority": priority, "summary": summary})]


def to_response(move: Move, seed: str) -> ModelResponse:
    """The move in the SDK's terms. `seed` makes call ids unique in the run and equal when the run is repeated."""
    items: list[TResponseOutputItem] = (
        [_message(move.text)] if isinstance(move, Say) else [_call(call, f"{seed}/{n}") for n, call in enumerate(move)]
    )
    return ModelResponse(output=items, usage=Usage(requests=1), response_id=None)


def _message(text: str) -> ResponseOutputMessage:
    words = ResponseOutputText(type="output_text", text=text, annotations=[], logprobs=[])
    return ResponseOutputMessage(
        id=FAKE_RESPONSES_ID, type="message", role="assistant", status="completed", content=[words]
    )


def _call(call: Call, seed: str) -> ResponseFunctionToolCall:
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    unique = hashlib.sha256(f"{seed}/{call.name}/{arguments}".encode()).hexdigest()[:20]
    return ResponseFunctionToolCall(
        id=FAKE_RESPONSES_ID,
        type="function_call",
        call_id=f"call_{unique}",
        name=call.name,
        arguments=arguments,
        status="completed",
    )
