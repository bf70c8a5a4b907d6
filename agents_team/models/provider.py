"""Any OpenAI-compatible endpoint through the official client."""

from typing import Any

from agents import Model, ModelProvider, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel
from agents.exceptions import ModelBehaviorError
from openai import AsyncOpenAI, Timeout
from openai.types.chat import ChatCompletion
from openai.types.chat.chat_completion import Choice
from openai.types.responses import Response

from agents_team.config import TeamConfig
from agents_team.hosted_search import file_search
from agents_team.models.base import Backend
from agents_team.models.patience import SteadyModel
from agents_team.router import Router

OPENAI = "https://api.openai.com/v1"
CONNECT_SECONDS = 5.0

APIS = {"responses": OpenAIResponsesModel, "chat_completions": OpenAIChatCompletionsModel}


class CheckedClient(AsyncOpenAI):
    """The official client, which also looks at what came back with status 200.

    Proxies answer with web pages and half answers, and the Chat Completions API marks a text that hit the
    token limit in a field the SDK drops: such an answer must not look like a whole one.
    """

    async def post(self, *arguments: Any, **options: Any) -> Any:
        """As the client's own; raises ModelBehaviorError when the answer is none."""
        answer = await super().post(*arguments, **options)
        problem = _problem_of(answer)
        if problem:
            raise ModelBehaviorError(problem)
        return answer


def _problem_of(answer: object) -> str | None:
    match answer:
        case Response(output=list()):
            return None
        case ChatCompletion(choices=[Choice() as choice, *_]):
            cut_off = choice.finish_reason in ("length", "content_filter")
            return f"the answer was cut off ({choice.finish_reason})" if cut_off else None
    return "the provider's answer cannot be read"


class EndpointModels(ModelProvider):
    """The models of one endpoint, by the names it gives them."""

    def __init__(self, config: TeamConfig):
        self._model_type = APIS[config.api]
        self._client = CheckedClient(
            base_url=config.base_url or OPENAI,
            api_key=config.api_key or "none",
            max_retries=0,  # see patience.py
            timeout=Timeout(config.request_timeout, connect=CONNECT_SECONDS),
        )
        self._models: dict[str, Model] = {}

    def get_model(self, model_name: str | None) -> Model:
        """The model of this name; one object for each name, as they share the client."""
        if not model_name:
            raise ValueError("every agent names its model")
        if model_name not in self._models:
            self._models[model_name] = SteadyModel(self._model_type(model_name, self._client))
        return self._models[model_name]

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.close()


def openai_backend(config: TeamConfig, _: Router) -> Backend:
    """Triage on `router_name`, specialists on `name`. Raises ValueError when a setting is missing or unknown."""
    if not config.name:
        raise ValueError("model.name is missing: which model should the specialists use?")
    if config.api not in APIS:
        raise ValueError(f"model.api is {config.api!r} but must be one of {', '.join(APIS)}")
    if not config.api_key and not config.base_url:
        raise ValueError("model.api_key is missing: OpenAI's own endpoint answers nobody without a key")
    names = {"router": config.router_name or config.name, "specialist": config.name}
    models = EndpointModels(config)

    def settings(agent: str) -> ModelSettings:
        return ModelSettings(parallel_tool_calls=False, extra_args=_cache_key(config, agent))

    hosted = file_search(config.vector_store_ids)
    if hosted and config.api != "responses":
        raise ValueError("knowledge.vector_store_ids needs model.api = responses: Chat Completions has no file search")
    return Backend(models, lambda role, _: names[role], settings, "model", models.aclose, hosted)


def _cache_key(config: TeamConfig, agent: str) -> dict[str, str] | None:
    """One cache entry for each agent, not for each ticket. Other servers may refuse a field they do not know."""
    wanted = config.prompt_cache
    if wanted or (wanted is None and (config.base_url or OPENAI).startswith(OPENAI)):
        return {"prompt_cache_key": f"helpdesk:{agent}"}
    return None
