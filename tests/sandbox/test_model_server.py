"""The model server is as strict as the real one, answers in both APIs, and does what a script or a fault says."""

import math
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import openai
import pytest
import pytest_asyncio
from openai import AsyncOpenAI

from bot.sandbox.model.client import ModelTown

TOOL = {
    "type": "function",
    "name": "get_order",
    "description": "Show an order.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"order_id": {"type": "string"}},
        "required": ["order_id"],
        "additionalProperties": False,
    },
}
CHAT_TOOL = {"type": "function", "function": {key: value for key, value in TOOL.items() if key != "type"}}


@pytest_asyncio.fixture(loop_scope="module")
async def client(model_town: ModelTown) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=model_town.base_url, api_key=model_town.key, max_retries=0) as client:
        yield client


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(client: AsyncOpenAI, **changed: Any) -> Any:
    return await client.responses.create(**{"model": "sandbox-large", "input": "hello", **changed})


async def chat(client: AsyncOpenAI, **changed: Any) -> Any:
    messages = [{"role": "user", "content": "hello"}]
    return await client.chat.completions.create(**{"model": "sandbox-large", "messages": messages, **changed})


# ------------------------------------------------------------------ as strict as the real thing


async def test_a_wrong_key_is_refused(model_town: ModelTown) -> None:
    async with AsyncOpenAI(base_url=model_town.base_url, api_key="sk-wrong", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
            await ask(stranger)
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.list()


@pytest.mark.parametrize("call", [ask, chat])
async def test_an_unknown_model_is_not_found(client: AsyncOpenAI, call: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="does not exist") as refused:
        await call(client, model="gpt-17")

    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"tools": [{**TOOL, "name": "no spaces please"}]}, "does not match pattern"),
        ({"tools": [{**TOOL, "parameters": {"type": "string"}}]}, "Invalid schema"),
        ({"tools": [{**TOOL, "parameters": {**TOOL["parameters"], "required": []}}]}, "every key"),  # type: ignore[dict-item]
        ({"tools": [TOOL, TOOL]}, "unique"),
        ({"tools": [{"type": "function", "function": TOOL}]}, "name"),
        ({"tool_choice": "required"}, "must be specified with 'tools'"),
        ({"extra_body": {"temprature": 1}}, "Unknown parameter"),
        ({"input": [{"role": "robot", "content": "x"}]}, "Invalid value"),
        ({"input": [{"type": "function_call_output", "call_id": "c1", "output": "x"}]}, "No tool call found"),
        (
            {"input": [{"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}]},
            "No tool output found",
        ),
        ({"input": [{"id": "item_1", "role": "user", "content": "x"}]}, "begins with 'msg'"),
    ],
)
async def test_a_malformed_responses_request_is_refused(client: AsyncOpenAI, changed: Any, why: str) -> None:
    with pytest.raises(openai.BadRequestError, match=why):
        await ask(client, **changed)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"tools": [TOOL]}, "tools"),
        ({"tools": [{**CHAT_TOOL, "type": "custom"}]}, "expected 'function'"),
        ({"messages": [{"role": "tool", "tool_call_id": "c1", "content": "x"}]}, "No tool call found"),
        (
            {
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                    },
                    {"role": "user", "content": "and?"},
                ]
            },
            "must be followed by tool messages",
        ),
        ({"messages": [{"role": "user", "content": None}]}, "Invalid type"),
        ({"extra_body": {"input": "x"}}, "Unknown parameter"),
    ],
)
async def test_a_malformed_chat_request_is_refused(client: AsyncOpenAI, changed: Any, why: str) -> None:
    with pytest.raises(openai.BadRequestError, match=why):
        await chat(client, **changed)


async def test_a_body_that_is_no_json_is_refused(model_town: ModelTown) -> None:
    key = {"Authorization": f"Bearer {model_town.key}"}
    async with aiohttp.request("POST", f"{model_town.base_url}/responses", data=b"{broken", headers=key) as response:
        assert response.status == 400


# ------------------------------------------------------------------ what it answers


async def test_without_a_script_it_greets(client: AsyncOpenAI) -> None:
    assert "help" in (await ask(client)).output_text
    assert "help" in (await chat(client)).choices[0].message.content


async def test_it_calls_a_tool_that_fits_and_tells_the_result(client: AsyncOpenAI) -> None:
    first = await ask(client, input="where is ORD-1001?", tools=[TOOL])
    [call] = first.output
    assert (call.name, call.arguments) == ("get_order", '{"order_id": "ORD-1001"}')

    result = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": '{"order_id":"ORD-1001","status":"shipped"}',
    }
    items = [{"role": "user", "content": "where is ORD-1001?"}, call.model_dump(exclude_none=True), result]
    second = await ask(client, input=items, tools=[TOOL])
    assert second.output_text == "Order ORD-1001: shipped."


async def test_a_script_answers_first_and_counts_down(client: AsyncOpenAI, model_town: ModelTown) -> None:
    usage = {"input_tokens": 321, "output_tokens": 17, "cached_tokens": 300}
    await model_town.script({"match": {"user": "HELLO"}, "respond": {"text": "scripted", "usage": usage}, "times": 1})

    first, second = await ask(client), await ask(client)

    assert first.output_text == "scripted"
    assert (first.usage.input_tokens, first.usage.input_tokens_details.cached_tokens) == (321, 300)
    assert second.output_text != "scripted"


async def test_a_script_can_call_refuse_and_break_off(client: AsyncOpenAI, model_town: ModelTown) -> None:
    await model_town.script(
        {"respond": {"calls": [{"name": "f", "arguments": "{not json"}]}, "times": 2},
        {"respond": {"refusal": "I cannot."}, "times": 2},
        {"respond": {"text": "Your refund of", "cut_off": True}, "times": 2},
    )

    assert (await ask(client)).output[0].arguments == "{not json"
    assert (await chat(client)).choices[0].message.tool_calls[0].function.arguments == "{not json"
    assert (await ask(client)).output[0].content[0].refusal == "I cannot."
    assert (await chat(client)).choices[0].message.refusal == "I cannot."
    assert (await ask(client)).status == "incomplete"
    assert (await chat(client)).choices[0].finish_reason == "length"


async def test_a_script_can_be_an_error_or_any_bytes(client: AsyncOpenAI, model_town: ModelTown) -> None:
    error = {"message": "slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
    await model_town.script({"respond": {"status": 429, "error": error}, "times": 1})

    with pytest.raises(openai.RateLimitError, match="slow down"):
        await ask(client)


async def test_a_rule_with_a_typing_error_is_refused(model_town: ModelTown) -> None:
    with pytest.raises(ValueError, match="usr"):
        await model_town.script({"match": {"usr": "x"}, "respond": {"text": "y"}})


async def test_answers_can_be_streamed(client: AsyncOpenAI, model_town: ModelTown) -> None:
    await model_town.script({"respond": {"text": "one two three"}})

    events = [event async for event in await ask(client, stream=True)]
    chunks = [chunk async for chunk in await chat(client, stream=True, stream_options={"include_usage": True})]

    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == "one two three"
    assert events[-1].type == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "one two three"
    assert chunks[-1].usage.completion_tokens > 0


async def test_calls_can_be_streamed(client: AsyncOpenAI, model_town: ModelTown) -> None:
    await model_town.script({"respond": {"calls": [{"name": "f", "arguments": {"a": 1}}]}})

    events = [event async for event in await ask(client, stream=True)]
    chunks = [chunk async for chunk in await chat(client, stream=True)]

    assert events[-1].response.output[0].arguments == '{"a": 1}'
    [call] = [c.choices[0].delta.tool_calls[0] for c in chunks if c.choices[0].delta.tool_calls]
    assert (call.function.name, call.function.arguments) == ("f", '{"a": 1}')


async def test_models_are_listed(client: AsyncOpenAI) -> None:
    assert "sandbox-large" in [model.id async for model in client.models.list()]


async def test_vectors_are_repeatable_and_near_for_shared_words(client: AsyncOpenAI) -> None:
    texts = ["export data to csv", "how to export my data", "penguins like fish"]
    made = await client.embeddings.create(model="sandbox-embedding", input=texts)
    plain = await client.embeddings.create(model="sandbox-embedding", input=texts, encoding_format="float")

    one, near, far = (row.embedding for row in made.data)
    assert math.isclose(sum(value * value for value in one), 1.0, rel_tol=1e-5)
    assert _dot(one, near) > _dot(one, far) + 0.2
    assert plain.data[0].embedding == pytest.approx(one, abs=1e-6)
    with pytest.raises(openai.BadRequestError):
        await client.embeddings.create(model="sandbox-embedding", input=[""])


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


# ------------------------------------------------------------------ faults and the log


async def test_faults_happen_as_often_as_planned(client: AsyncOpenAI, model_town: ModelTown) -> None:
    await model_town.fault("responses", "429")
    await model_town.fault("chat.completions", "500")
    await model_town.fault("responses", "reset")

    with pytest.raises(openai.RateLimitError):
        await ask(client)
    with pytest.raises(openai.InternalServerError):
        await chat(client)
    with pytest.raises(openai.APIConnectionError):
        await ask(client)
    assert (await ask(client)).output_text


async def test_the_log_holds_everything_that_arrived_also_what_was_never_answered(
    client: AsyncOpenAI, model_town: ModelTown
) -> None:
    await model_town.fault("responses", "apply_then_reset")
    with pytest.raises(openai.APIConnectionError):
        await ask(client, input="the lost one")
    await chat(client)

    rows = await model_town.log()

    assert [(row["operation"], row["status"]) for row in rows] == [("responses", 200), ("chat.completions", 200)]
    assert rows[0]["body"]["input"] == "the lost one"
