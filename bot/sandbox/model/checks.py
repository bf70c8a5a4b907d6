"""Refuses malformed requests the way the real service does, so that the desk learns about its mistakes here."""

import re
from collections.abc import Iterable
from typing import Any

from bot.sandbox.model.conversation import Asked, Called, Json, Offered, Refused, Returned

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

RESPONSES_PARAMETERS = frozenset(
    {
        "background", "context_management", "conversation", "include", "input", "instructions", "max_output_tokens",
        "max_tool_calls", "metadata", "model", "parallel_tool_calls", "previous_response_id", "prompt",
        "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier",
        "service_tier", "store", "stream", "stream_options", "temperature", "text", "tool_choice", "tools",
        "top_logprobs", "top_p", "truncation", "user", "verbosity",
    }
)  # fmt: skip
CHAT_PARAMETERS = frozenset(
    {
        "audio", "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "messages",
        "metadata", "modalities", "model", "n", "parallel_tool_calls", "prediction", "presence_penalty",
        "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort", "response_format",
        "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options", "temperature",
        "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
    }
)  # fmt: skip


def check_parameters(body: Json, known: frozenset[str], needed: Iterable[str]) -> None:
    """Every parameter is known, none that is needed is missing."""
    for name in body:
        if name not in known:
            raise Refused(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    for name in needed:
        if body.get(name) in (None, ""):
            message = f"Missing required parameter: '{name}'."
            raise Refused(400, message, code="missing_required_parameter", param=name)


def check_model(model: Any, known: Iterable[str]) -> str:
    """The model's name, if there is such a model."""
    if model not in known:
        message = f"The model `{model}` does not exist or you do not have access to it."
        raise Refused(404, message, code="model_not_found")
    return str(model)


def read_tool(function: Any, where: str) -> Offered:
    """One function as it was offered; `where` is its path in the request."""
    if not isinstance(function, dict):
        raise Refused(400, f"Invalid type for '{where}': expected an object.", code="invalid_type", param=where)
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        message = f"Invalid '{where}.name': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'."
        raise Refused(400, message, code="invalid_value", param=f"{where}.name")
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    _check_schema(name, parameters, strict=bool(function.get("strict")), where=where)
    return Offered(name, str(function.get("description") or ""), parameters)


def _check_schema(name: str, schema: Any, *, strict: bool, where: str) -> None:
    problem = None
    if not isinstance(schema, dict) or schema.get("type") != "object":
        problem = "schema must be a JSON Schema of 'type: \"object\"'"
    elif strict and schema.get("additionalProperties") is not False:
        problem = "'additionalProperties' is required to be supplied and to be false"
    elif strict and set(schema.get("required", [])) != set(schema.get("properties", {})):
        problem = "'required' is required to be supplied and to be an array including every key in properties"
    if problem:
        message = f"Invalid schema for function '{name}': {problem}."
        raise Refused(400, message, code="invalid_function_parameters", param=f"{where}.parameters")


def check_asked(asked: Asked) -> None:
    """Tools are distinct, and every call of the conversation has exactly one result."""
    if len(asked.tool_names) != len(asked.tools):
        raise Refused(400, "Tool names must be unique.", param="tools")
    if asked.must_call and not asked.tools:
        message = "Tool choice 'required' must be specified with 'tools' parameter."
        raise Refused(400, message, param="tool_choice")
    calls = {turn.call_id for turn in asked.turns if isinstance(turn, Called)}
    results = {turn.call_id for turn in asked.turns if isinstance(turn, Returned)}
    for call_id in results - calls:
        raise Refused(400, f"No tool call found for function call output with call_id {call_id}.", param="input")
    for call_id in calls - results:
        raise Refused(400, f"No tool output found for function call {call_id}.", param="input")


def needed(item: Json, name: str, where: str) -> str:
    """The text under `name`. Refused without it."""
    if not isinstance(item.get(name), str) or not item[name]:
        message = f"Missing required parameter: '{where}.{name}'."
        raise Refused(400, message, code="missing_required_parameter", param=f"{where}.{name}")
    return str(item[name])


def text_of(content: Any, where: str) -> str:
    """Content as words, whether it is one text or a list of parts. Refused when it is neither."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text") or part.get("refusal") or "") for part in content)
    raise Refused(400, f"Invalid type for '{where}.content'.", code="invalid_type", param=f"{where}.content")
