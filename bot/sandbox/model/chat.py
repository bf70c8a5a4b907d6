"""The Chat Completions API: requests read and checked, answers written whole or in chunks."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from bot.sandbox.model.checks import (
    CHAT_PARAMETERS,
    check_asked,
    check_model,
    check_parameters,
    needed,
    read_tool,
    text_of,
)
from bot.sandbox.model.conversation import (
    Asked,
    Called,
    Json,
    Offered,
    Refused,
    Returned,
    Said,
    Spoken,
    tokens_asked,
    tokens_in,
)


def read_request(body: Json, models: frozenset[str]) -> Asked:
    """The request in our words. Raises Refused."""
    check_parameters(body, CHAT_PARAMETERS, ("model", "messages"))
    model = check_model(body["model"], models)
    turns: list[Spoken | Called | Returned] = []
    for number, message in enumerate(body["messages"]):
        turns += _read_message(message, f"messages[{number}]")
    _check_order(turns)
    tools = [_read_tool(tool, f"tools[{number}]") for number, tool in enumerate(body.get("tools") or [])]
    asked = Asked(model, tuple(turns), tuple(tools), must_call=body.get("tool_choice") == "required")
    check_asked(asked)
    return asked


def _read_tool(tool: Any, where: str) -> Offered:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise Refused(400, f"Invalid value for '{where}.type': expected 'function'.", param=f"{where}.type")
    return read_tool(tool.get("function"), f"{where}.function")


def _read_message(message: Any, where: str) -> list[Spoken | Called | Returned]:
    role = message.get("role") if isinstance(message, dict) else None
    if role == "tool":
        return [Returned(needed(message, "tool_call_id", where), text_of(message.get("content"), where))]
    if role not in ("system", "developer", "user", "assistant"):
        raise Refused(400, f"Invalid value: '{role}'.", code="invalid_value", param=f"{where}.role")
    calls = [_read_call(call, f"{where}.tool_calls[{n}]") for n, call in enumerate(message.get("tool_calls") or [])]
    if message.get("content") is None and calls:
        return [*calls]
    return [Spoken(role, text_of(message.get("content"), where)), *calls]


def _read_call(call: Any, where: str) -> Called:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        raise Refused(400, f"Missing required parameter: '{where}.function'.", param=where)
    return Called(needed(call, "id", where), needed(function, "name", where), str(function.get("arguments")))


def _check_order(turns: list[Spoken | Called | Returned]) -> None:
    """Results follow their calls at once, before anybody speaks."""
    open_calls: set[str] = set()
    for turn in turns:
        if isinstance(turn, Called):
            open_calls.add(turn.call_id)
        elif isinstance(turn, Returned):
            open_calls.discard(turn.call_id)
        elif open_calls:
            message = (
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. These did not have response messages: {', '.join(sorted(open_calls))}"
            )
            raise Refused(400, message, param="messages")


def write_answer(asked: Asked, said: Said) -> Json:
    """The answer as one chat.completion object."""
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.model,
        "choices": [{"index": 0, "message": _message(said), "logprobs": None, "finish_reason": _finish(said)}],
        "usage": _usage(asked, said),
    }


def _finish(said: Said) -> str:
    if said.cut_off:
        return "length"
    return "tool_calls" if said.calls else "stop"


def _message(said: Said) -> Json:
    message: Json = {"role": "assistant", "content": said.text or None, "refusal": said.refusal or None}
    if not said.calls and not said.refusal:
        message["content"] = said.text
    if said.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{uuid.uuid4().hex[:24]}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for name, arguments in said.calls
        ]
    return message


def _usage(asked: Asked, said: Said) -> Json:
    spent_in = said.usage.get("input_tokens", tokens_asked(asked))
    spent_out = said.usage.get("output_tokens", tokens_in(said.text, *(arguments for _, arguments in said.calls)))
    return {
        "prompt_tokens": spent_in,
        "completion_tokens": spent_out,
        "total_tokens": spent_in + spent_out,
        "prompt_tokens_details": {"cached_tokens": said.usage.get("cached_tokens", 0)},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def write_events(answer: Json, *, with_usage: bool) -> Iterator[str]:
    """The same answer in chunks."""
    choice = answer["choices"][0]
    message = choice["message"]
    deltas: list[Json] = [{"role": "assistant", "content": "" if message["content"] else None}]
    deltas += [{"content": word} for word in _words(message["content"] or "")]
    deltas += [{"refusal": message["refusal"]}] if message["refusal"] else []
    deltas += [{"tool_calls": [{"index": n, **call}]} for n, call in enumerate(message.get("tool_calls", []))]
    base = {key: answer[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    for delta in deltas:
        yield _event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _event({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    if with_usage:
        yield _event({**base, "choices": [], "usage": answer["usage"]})
    yield "data: [DONE]\n\n"


def _words(text: str) -> list[str]:
    parts = text.split(" ")
    return [f"{part} " for part in parts[:-1]] + parts[-1:] if text else []


def _event(chunk: Json) -> str:
    return f"data: {json.dumps(chunk)}\n\n"
