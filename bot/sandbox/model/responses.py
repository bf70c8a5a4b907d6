"""The Responses API: requests read and checked, answers written whole or as events."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from bot.sandbox.model.checks import (
    RESPONSES_PARAMETERS,
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
    Refused,
    Returned,
    Said,
    Spoken,
    tokens_asked,
    tokens_in,
)

_ID_STARTS = {"message": "msg", "function_call": "fc", "reasoning": "rs"}


def read_request(body: Json, models: frozenset[str]) -> Asked:
    """The request in our words. Raises Refused."""
    check_parameters(body, RESPONSES_PARAMETERS, ("model", "input"))
    model = check_model(body["model"], models)
    turns = [Spoken("system", body["instructions"])] if body.get("instructions") else []
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    read = [_read_item(item, number) for number, item in enumerate(items)]
    tools = [_read_tool(tool, number) for number, tool in enumerate(body.get("tools") or [])]
    asked = Asked(
        model,
        (*turns, *(turn for turn in read if turn is not None)),
        tuple(tools),
        must_call=body.get("tool_choice") == "required",
    )
    check_asked(asked)
    return asked


def _read_tool(tool: Any, number: int) -> Any:
    where = f"tools[{number}]"
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise Refused(400, f"Invalid value for '{where}.type': expected 'function'.", param=f"{where}.type")
    return read_tool(tool, where)


def _read_item(item: Any, number: int) -> Spoken | Called | Returned | None:
    where = f"input[{number}]"
    if not isinstance(item, dict):
        raise Refused(400, f"Invalid type for '{where}': expected an object.", param=where)
    kind = item.get("type", "message")
    start = _ID_STARTS.get(kind, "")
    if "id" in item and not str(item["id"]).startswith(start):
        message = f"Invalid '{where}.id': '{item['id']}'. Expected an ID that begins with '{start}'."
        raise Refused(400, message, code="invalid_value", param=f"{where}.id")
    match kind:
        case "message":
            return _read_message(item, where)
        case "function_call":
            return Called(needed(item, "call_id", where), needed(item, "name", where), str(item.get("arguments")))
        case "function_call_output":
            return Returned(needed(item, "call_id", where), text_of(item.get("output"), where))
        case "reasoning":
            return None
    raise Refused(400, f"Invalid value: '{kind}'.", code="invalid_value", param=f"{where}.type")


def _read_message(item: Json, where: str) -> Spoken:
    role = item.get("role")
    if role not in ("system", "developer", "user", "assistant"):
        raise Refused(400, f"Invalid value: '{role}'.", code="invalid_value", param=f"{where}.role")
    return Spoken(role, text_of(item.get("content"), where))


def write_answer(asked: Asked, said: Said) -> Json:
    """The answer as one Response object."""
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "incomplete" if said.cut_off else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if said.cut_off else None,
        "error": None,
        "instructions": None,
        "metadata": {},
        "model": asked.model,
        "output": _output(said),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": _usage(asked, said),
    }


def _output(said: Said) -> list[Json]:
    items: list[Json] = [
        {
            "id": f"fc_{uuid.uuid4().hex}",
            "type": "function_call",
            "call_id": f"call_{uuid.uuid4().hex[:24]}",
            "name": name,
            "arguments": arguments,
            "status": "completed",
        }
        for name, arguments in said.calls
    ]
    if said.text or said.refusal or not items:
        items.insert(0, _message(said))
    return items


def _message(said: Said) -> Json:
    part: Json = (
        {"type": "refusal", "refusal": said.refusal}
        if said.refusal
        else {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
    )
    status = "incomplete" if said.cut_off else "completed"
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [part],
    }


def _usage(asked: Asked, said: Said) -> Json:
    spent_in = said.usage.get("input_tokens", tokens_asked(asked))
    spent_out = said.usage.get("output_tokens", tokens_in(said.text, *(arguments for _, arguments in said.calls)))
    return {
        "input_tokens": spent_in,
        "input_tokens_details": {"cached_tokens": said.usage.get("cached_tokens", 0), "cache_write_tokens": 0},
        "output_tokens": spent_out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": spent_in + spent_out,
    }


def write_events(answer: Json) -> Iterator[str]:
    """The same answer as server-sent events, in the order the real service sends them."""
    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    events: list[Json] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for number, item in enumerate(answer["output"]):
        events += _item_events(number, item)
    events.append({"type": f"response.{answer['status']}", "response": answer})
    for number, event in enumerate(events):
        event["sequence_number"] = number
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def _item_events(number: int, item: Json) -> list[Json]:
    where = {"output_index": number, "item_id": item["id"]}
    empty: Json = {"content": []} if item["type"] == "message" else {"arguments": ""}
    opened = {**item, "status": "in_progress", **empty}
    inner = _call_events(item, where) if item["type"] == "function_call" else _text_events(item, where)
    return [
        {"type": "response.output_item.added", "output_index": number, "item": opened},
        *inner,
        {"type": "response.output_item.done", "output_index": number, "item": item},
    ]


def _call_events(item: Json, where: Json) -> list[Json]:
    arguments = item["arguments"]
    return [
        {"type": "response.function_call_arguments.delta", **where, "delta": arguments},
        {"type": "response.function_call_arguments.done", **where, "name": item["name"], "arguments": arguments},
    ]


def _text_events(item: Json, where: Json) -> list[Json]:
    part = item["content"][0]
    at = {**where, "content_index": 0}
    if part["type"] == "refusal":
        return [
            {"type": "response.refusal.delta", **at, "delta": part["refusal"]},
            {"type": "response.refusal.done", **at, "refusal": part["refusal"]},
        ]
    empty = {**part, "text": ""}
    words = [word + " " for word in part["text"].split(" ")[:-1]] + part["text"].split(" ")[-1:]
    return [
        {"type": "response.content_part.added", **at, "part": empty},
        *({"type": "response.output_text.delta", **at, "delta": word, "logprobs": []} for word in words),
        {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **at, "part": part},
    ]
