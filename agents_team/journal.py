"""Pays for each model response once: it is stored before anybody acts on it, and a repeated run gets it again."""

import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

from agents import Handoff, ModelSettings, Tool
from agents.agent_output import AgentOutputSchemaBase
from agents.items import ModelResponse, TResponseInputItem, TResponseOutputItem
from agents.models.interface import Model, ModelProvider, ModelTracing
from agents.tool import FunctionTool
from agents.usage import Usage as SdkUsage
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseReasoningItem
from openai.types.responses.response_prompt_param import ResponsePromptParam
from openai.types.responses.response_usage import InputTokensDetails
from pydantic import BaseModel, TypeAdapter

from agents_team.current import CurrentRun
from agents_team.meter import Meter
from agents_team.models.base import WholeModel
from agents_team.prices import FREE, ModelPrice, cost_micros, price_of
from agents_team.turn import PaidCall, RunLog, Usage

log = logging.getLogger(__name__)


@cache
def _warn_once(model: str) -> None:
    log.warning("no price is known for model %s: its calls count as free; set model.prices", model)


# By type first: the union of all item types is slow to try one after the other.
_ITEM_TYPES: dict[str, type[BaseModel]] = {
    "message": ResponseOutputMessage,
    "function_call": ResponseFunctionToolCall,
    "reasoning": ResponseReasoningItem,
}
_ANY_ITEM: TypeAdapter[TResponseOutputItem] = TypeAdapter(TResponseOutputItem)

# What changes an answer. Timeouts, retries, cache keys and headers do not.
_SETTINGS = (
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "tool_choice", "parallel_tool_calls",
    "truncation", "max_tokens", "verbosity",
)  # fmt: skip


class JournalProvider(ModelProvider):
    """Models that remember. One for each attempt at a run shares the `Journal` of the run."""

    def __init__(self, inner: ModelProvider, journal: "Journal", run: CurrentRun):
        self._inner = inner
        self._journal = journal
        self._run = run
        self._models: dict[str, Model] = {}

    def get_model(self, model_name: str | None) -> Model:
        """The journalled model of this name; None is refused because every agent names its model."""
        if not model_name:
            raise ValueError("every agent names its model")
        if model_name not in self._models:
            self._models[model_name] = JournalModel(
                self._inner.get_model(model_name), model_name, self._journal, self._run
            )
        return self._models[model_name]


class Journal:
    """What one run has asked so far. `n` tells equal questions apart, also over a second attempt."""

    def __init__(self, kept: RunLog, meter: Meter, prices: Mapping[str, ModelPrice]):
        self.kept = kept
        self.meter = meter
        self._prices = prices
        self._asked: Counter[str] = Counter()

    def next_n(self, request_hash: str) -> int:
        """How often this question was asked before in this run."""
        self._asked[request_hash] += 1
        return self._asked[request_hash] - 1

    async def result_once(self, agent: str, tool: str, arguments: str, ask: Callable[[], Awaitable[str]]) -> str:
        """What a tool outside said the first time, so that a repeated run asks the model the same questions again."""
        key = hashlib.sha256(json.dumps(["tool", tool, arguments]).encode()).hexdigest()
        n = self.next_n(key)
        call = await self.kept.replay(key, n)
        if call is None:
            started = time.monotonic()
            said = {"arguments": arguments, "result": await ask()}
            call = PaidCall(key, n, agent, tool, said, Usage(), time.monotonic() - started, kind="tool")
            await self.kept.keep(call)
        return str(call.response["result"])

    def price(self, model: str, used: SdkUsage) -> Usage:
        """The usage of one call in our words. A model nobody has a price for costs 0 and is named in the log."""
        price = price_of(model, self._prices)
        if price is None:
            _warn_once(model)
            price = FREE
        tokens = {
            "input_tokens": used.input_tokens,
            "cached_tokens": used.input_tokens_details.cached_tokens,
            "output_tokens": used.output_tokens,
        }
        return Usage(requests=max(used.requests, 1), cost_micros=cost_micros(price, **tokens), **tokens)


class JournalModel(WholeModel):
    """One model behind the journal."""

    def __init__(self, inner: Model, name: str, journal: Journal, run: CurrentRun):
        self._inner = inner
        self._name = name
        self._journal = journal
        self._run = run

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff[Any, Any]],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> ModelResponse:
        """The stored response to this question, or a new one that is stored before it is returned."""
        key = request_hash(self._name, system_instructions, input, model_settings, tools, handoffs, output_schema)

        def ask() -> Awaitable[ModelResponse]:
            return self._inner.get_response(
                system_instructions=system_instructions,
                input=input,
                model_settings=model_settings,
                tools=tools,
                output_schema=output_schema,
                handoffs=handoffs,
                tracing=tracing,
                previous_response_id=previous_response_id,
                conversation_id=conversation_id,
                prompt=prompt,
            )

        return await self._once(key, ask)

    async def _once(self, key: str, ask: Callable[[], Awaitable[ModelResponse]]) -> ModelResponse:
        """Look, else pay and keep; count either way, so that a repeated run ends at the same bound."""
        meter = self._journal.meter
        meter.check_budget()
        meter.count_turn()
        n = self._journal.next_n(key)
        call = await self._journal.kept.replay(key, n)
        if call is None:
            started = time.monotonic()
            response = await ask()
            call = self._paid(key, n, response, time.monotonic() - started)
            await self._journal.kept.keep(call)
        meter.count_usage(call.usage)
        # The stored round trip also the first time: an explicit null more would change the hash of the next question.
        response = load_response(call.response)
        meter.count_calls(_calls_of(response))
        return response

    def _paid(self, key: str, n: int, response: ModelResponse, seconds: float) -> PaidCall:
        return PaidCall(
            request_hash=key,
            n=n,
            agent=self._run.agent,
            model=self._name,
            response=dump_response(response),
            usage=self._journal.price(self._name, response.usage),
            seconds=seconds,
        )


def _calls_of(response: ModelResponse) -> list[tuple[str, str]]:
    return [(item.name, item.arguments) for item in response.output if isinstance(item, ResponseFunctionToolCall)]


def request_hash(
    model: str,
    instructions: str | None,
    input: str | list[TResponseInputItem],
    settings: ModelSettings,
    tools: list[Tool],
    handoffs: list[Handoff[Any, Any]],
    output_schema: AgentOutputSchemaBase | None,
) -> str:
    """The same text for the same question, in any process: everything that can change the answer, and nothing else."""
    question = {
        "model": model,
        "instructions": instructions,
        "input": input,
        "settings": {name: getattr(settings, name) for name in _SETTINGS},
        "reasoning": settings.reasoning.model_dump(exclude_none=True) if settings.reasoning else None,
        "tools": [_tool_words(tool) for tool in tools],
        "handoffs": [[h.tool_name, h.tool_description, h.input_json_schema] for h in handoffs],
        "output": None if output_schema is None or output_schema.is_plain_text() else output_schema.json_schema(),
    }
    text = json.dumps(question, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _tool_words(tool: Tool) -> list[Any]:
    if isinstance(tool, FunctionTool):
        return [tool.name, tool.description, tool.params_json_schema]
    return [tool.name]


def dump_response(response: ModelResponse) -> dict[str, Any]:
    """A response as JSON. What the provider left out stays out: explicit nulls would change the next question."""
    usage = response.usage
    return {
        "output": [item.model_dump(mode="json", exclude_unset=True) for item in response.output],
        "requests": usage.requests,
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.input_tokens_details.cached_tokens,
        "output_tokens": usage.output_tokens,
        "response_id": response.response_id,
    }


def load_response(stored: Mapping[str, Any]) -> ModelResponse:
    """The response that `dump_response` stored, the first time and every time."""
    usage = SdkUsage(
        requests=stored["requests"],
        input_tokens=stored["input_tokens"],
        input_tokens_details=InputTokensDetails(cached_tokens=stored["cached_tokens"], cache_write_tokens=0),
        output_tokens=stored["output_tokens"],
        total_tokens=stored["input_tokens"] + stored["output_tokens"],
    )
    output = [_load_item(item) for item in stored["output"]]
    return ModelResponse(output=output, usage=usage, response_id=stored["response_id"])


def _load_item(item: Mapping[str, Any]) -> Any:
    known = _ITEM_TYPES.get(str(item.get("type")))
    return known.model_validate(item) if known else _ANY_ITEM.validate_python(item)
