"""The model calls every figure about answers is made of: triage hands over, one tool, one answer; no time is lost."""

from collections.abc import Mapping
from typing import Any

from agents import Model, ModelProvider, ModelSettings
from agents.testing import ModelCall, ModelStep, ScriptedModel, assistant_message, function_call

from agents_team.models import Backend

QUESTION = "Hello, where is my order ORD-1002? I have been waiting for some days now."
ORDER_ID = "ORD-1002"
ANSWER = "Your order ORD-1002 was delivered by the carrier. If you cannot find the parcel, please write again."
NOTE: Mapping[str, Any] = {
    "reason": "asks where an order is",
    "priority": "medium",
    "sentiment": "neutral",
    "language": "en",
    "summary": "Where is order ORD-1002?",
    "order_ids": [ORDER_ID],
    "amount_minor": None,
}


def script() -> ScriptedModel:
    """The three calls of one answer, in their order."""
    return ScriptedModel([_hand_over(), _look_up(), [assistant_message(ANSWER)]])


def any_number(answers: int) -> ScriptedModel:
    """The same for conversations side by side: each step is chosen by what its caller has seen."""
    return ScriptedModel([ModelStep.respond(_next_step)] * (3 * answers))


def _next_step(call: ModelCall) -> list[Any]:
    if any(handoff.tool_name == "transfer_to_order_status" for handoff in call.handoffs):
        return _hand_over()
    seen = any(item.get("type") == "function_call" and item.get("name") == "get_order" for item in call.input)
    return [assistant_message(ANSWER)] if seen else _look_up()


def _hand_over() -> list[Any]:
    return [function_call("transfer_to_order_status", dict(NOTE), call_id="call_1")]


def _look_up() -> list[Any]:
    return [function_call("get_order", {"order_id": ORDER_ID}, call_id="call_2")]


class Replaceable(ModelProvider):
    """Whatever model is asked for, the one that was put in last."""

    def __init__(self, model: Model):
        self.model = model

    def get_model(self, model_name: str | None) -> Model:
        return self.model


def backend_of(provider: ModelProvider) -> Backend:
    """All agents of a team on one provider."""
    return Backend(
        provider=provider,
        model_name=lambda role, _: f"scripted-{role}",
        settings=lambda _: ModelSettings(parallel_tool_calls=False),
        handled_by="model",
    )
