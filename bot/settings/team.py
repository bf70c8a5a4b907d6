"""The models, the team made of them, and the tools of other programs it may use."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from pydantic import Field, SecretStr

from bot.settings.section import Names, Section


class FallbackModelSettings(Section):
    """The second provider."""

    base_url: str | None = Field(None, description="any OpenAI-compatible endpoint; None: OpenAI's own")
    api_key: SecretStr = Field(description="its key; any text where it asks for none")
    name: str = Field(description="its model for the specialists")
    router_name: str = Field("", description="its model for triage; blank: the same")
    api: Literal["responses", "chat_completions"] = Field("responses", description="what the endpoint speaks")


class PriceSettings(Section):
    """What a model costs, in dollars for a million tokens; before the table that ships."""

    input: Decimal = Field(ge=0, description='tokens sent, as "0.25"')
    cached: Decimal | None = Field(None, ge=0, description="of these, served from the provider's cache; None: as input")
    output: Decimal = Field(ge=0, description="tokens written")


class ModelSettings(Section):
    """Who thinks."""

    provider: Literal["openai", "offline"] = Field("offline", description="offline needs no key and says less")
    base_url: str | None = Field(None, description="any OpenAI-compatible endpoint; None: OpenAI's own")
    api_key: SecretStr | None = Field(None, description="the endpoint's key; any text where it asks for none")
    name: str = Field("gpt-5.6", description="model of the specialists")
    router_name: str = Field("gpt-5.6-luna", description="model of triage")
    api: Literal["responses", "chat_completions"] = Field("responses", description="what the endpoint speaks")
    timeout_seconds: float = Field(60.0, gt=0, description="longest wait for one model call")
    prompt_cache: bool | None = Field(None, description="send prompt_cache_key; None: to OpenAI's own endpoint only")
    fallback: FallbackModelSettings | None = Field(None, description="a second provider, asked when the first is down")
    offline_after_seconds: float | None = Field(
        120.0, ge=0, description="a provider down this long: the offline model looks up and escalates; None: never"
    )
    embedding_name: str | None = Field(None, description="embedding model for routing and knowledge; None: words only")
    embedding_base_url: str | None = Field(None, description="its endpoint; None: base_url")
    embedding_api_key: SecretStr | None = Field(None, description="its key; None: api_key")
    prices: Mapping[str, PriceSettings] = Field(default_factory=dict, description="by the model's name, in quotes")


class McpSettings(Section):
    """One program whose tools the team may use (Model Context Protocol); set url or command, and name its tools."""

    url: str = Field("", description="streamable HTTP, such as https://crm.example.com/mcp")
    command: str = Field("", description="or a program that is started and spoken to over its stdin (stdio)")
    args: Names = Field((), description="its arguments")
    env: dict[str, SecretStr] = Field(default_factory=dict, description="variables it gets beside PATH and HOME")
    token: SecretStr | None = Field(None, description="sent as Authorization: Bearer")
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="further headers of each request")
    header_files: dict[str, str] = Field(
        default_factory=dict, description="headers whose value is in a file, read again at each connection"
    )
    reads: Names = Field((), description="tools that only look; no other tool of the server is ever used")
    changes: Names = Field((), description="tools that change something: each call waits for a person")
    automatic: Names = Field((), description="tools that change something and need nobody")
    specialists: Names = Field((), description="who may use them; empty: all")
    bind: dict[str, str] = Field(
        default_factory=dict, description="arguments we fill in: customer_id, customer_email or ticket_id"
    )
    trust: int = Field(1, ge=0, le=4, description="least proof of the requester: 0 nobody's, 1 aligned mail, up to 4")
    connect_seconds: float = Field(10.0, gt=0, description="a server that takes longer is left out for now")
    call_seconds: float = Field(20.0, gt=0, description="longest wait for one answer")
    most_characters: int = Field(8_000, ge=100, description="a longer result is cut before the model sees it")


class TeamSettings(Section):
    """The team, and what one run may use before a person takes over."""

    folder: str | None = Field(None, description="an operator's own specialists, one Markdown file each")
    router_first: bool = Field(True, description="where the router is sure, the triage model is not asked")
    pii: Literal["mask", "block"] = Field("mask", description="block: a message with a card number is not worked on")
    status_url: str | None = Field(None, description="status page as JSON (…/api/v2/status.json); None: nobody knows")
    mcp: Mapping[str, McpSettings] = Field(
        default_factory=dict, description="other programs' tools, by a name of yours"
    )
    max_turns: int = Field(12, ge=1, description="model calls in one run")
    max_tool_calls: int = Field(20, ge=1, description="looks into shop and knowledge in one run")
    max_seconds: float = Field(120.0, gt=0, description="longest time one run may take")
    max_tokens: int = Field(60_000, ge=1, description="tokens in and out together")
    max_cost_micros: int = Field(500_000, ge=0, description="millionths of a dollar one run may cost")
    max_ticket_micros: int = Field(2_000_000, ge=0, description="the same for all runs of one ticket")
    max_ticket_tokens: int = Field(400_000, ge=1, description="tokens of all runs of one ticket")
    requester_runs_per_hour: int = Field(30, ge=1, description="one requester is answered so often in an hour")
    channel_runs_per_hour: int = Field(300, ge=1, description="the same for everybody in one Slack channel")
