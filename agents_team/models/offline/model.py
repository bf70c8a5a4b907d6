"""The model that needs no key: the same runner, handoffs and tools, driven by rules instead of a network."""

import hashlib
import json
from typing import Any

from agents import Handoff, ModelProvider, ModelSettings, Tool
from agents.agent_output import AgentOutputSchemaBase
from agents.items import ModelResponse, TResponseInputItem
from agents.models.interface import Model, ModelTracing
from openai.types.responses.response_prompt_param import ResponsePromptParam

from agents_team.config import TeamConfig
from agents_team.models.base import Backend, WholeModel
from agents_team.models.offline.account import account
from agents_team.models.offline.billing import billing
from agents_team.models.offline.escalation import escalation
from agents_team.models.offline.faq import faq
from agents_team.models.offline.moves import Brain, to_response
from agents_team.models.offline.order_status import order_status
from agents_team.models.offline.reading import read
from agents_team.models.offline.refund import refund
from agents_team.models.offline.shipping import shipping
from agents_team.models.offline.technical import technical
from agents_team.models.offline.triage import triage
from agents_team.router import Router

PREFIX = "offline/"

# A specialist without a line here answers from the knowledge base, which is all that can be done without a model.
BRAINS: dict[str, Brain] = {
    "triage": triage,
    "order_status": order_status,
    "shipping": shipping,
    "billing": billing,
    "refund": refund,
    "technical": technical,
    "account": account,
    "faq": faq,
    "escalation": escalation,
}


class OfflineModel(WholeModel):
    """One agent's rules as a model. The same conversation always gets the same response, call ids included."""

    def __init__(self, brain: Brain, router: Router):
        self._brain = brain
        self._router = router

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
        previous_response_id: str | None = None,
        conversation_id: str | None = None,
        prompt: ResponsePromptParam | None = None,
    ) -> ModelResponse:
        """One move: words, or calls of tools and handoffs that were offered."""
        items: Any = input
        reading = read(items, [tool.name for tool in tools] + [h.tool_name for h in handoffs], self._router)
        seed = hashlib.sha256(json.dumps(items, sort_keys=True, default=str).encode()).hexdigest()
        return to_response(self._brain(reading), seed)


class OfflineModels(ModelProvider):
    """One model for each agent, named offline/<agent>."""

    def __init__(self, router: Router) -> None:
        self._models = {f"{PREFIX}{name}": OfflineModel(brain, router) for name, brain in BRAINS.items()}

    def get_model(self, model_name: str | None) -> Model:
        """The agent's own rules, or those of the FAQ for an agent we do not know."""
        return self._models.get(model_name or "", self._models[f"{PREFIX}faq"])


def offline_backend(_: TeamConfig, router: Router) -> Backend:
    """Needs nothing: no key, no network, no money."""
    return Backend(
        provider=OfflineModels(router),
        model_name=lambda _role, agent: f"{PREFIX}{agent}",
        settings=lambda _agent: ModelSettings(parallel_tool_calls=False),
        handled_by="offline",
    )
