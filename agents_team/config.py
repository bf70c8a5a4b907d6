"""What the operator chooses about the team: which model answers, where it lives, what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agents_team.prices import ModelPrice

SAMPLE_KNOWLEDGE = Path(__file__).parent / "knowledge" / "sample"


@dataclass(frozen=True, slots=True)
class TeamConfig:
    """The `[model]`, `[knowledge]` and `[team]` settings as the team wants them.

    `provider` is a key of `agents_team.models.MODELS`. `name` is the model of the specialists,
    `router_name` that of triage (blank: the same). `api` is "responses" or "chat_completions".
    `prices` add to or replace those of `agents_team.prices`. `request_timeout` is seconds for one attempt.
    `knowledge_folder` None means the sample knowledge; `team_folder` is where an operator's own
    specialists live. `can` are the kinds of actions the desk can carry out. `fallback` is a second provider, asked when
    the first does not answer; after `offline_after` seconds without either the offline model looks up and escalates,
    and says so (None: never). `router_first` lets the router choose before the triage model where it is sure.
    `strict_pii` refuses a message with a card or account number instead of masking it. `embedding_name` turns on
    embeddings. `prompt_cache` sends a cache key for each agent (None: to OpenAI's own endpoint only, as others may
    refuse a field they do not know). `vector_store_ids` lets OpenAI's own file search look as well.
    """

    provider: str = "offline"
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    name: str = ""
    router_name: str = ""
    api: str = "responses"
    knowledge_folder: Path | None = None
    team_folder: Path | None = None
    prices: Mapping[str, ModelPrice] = field(default_factory=dict)
    request_timeout: float = 30.0
    can: frozenset[str] = frozenset({"refund"})
    fallback: "TeamConfig | None" = None
    offline_after: float | None = None
    router_first: bool = True
    strict_pii: bool = False
    prompt_cache: bool | None = None
    embedding_name: str = ""
    embedding_base_url: str | None = None
    embedding_api_key: str | None = field(default=None, repr=False)
    vector_store_ids: tuple[str, ...] = ()
