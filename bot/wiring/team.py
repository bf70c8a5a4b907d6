"""The team: its settings, prices, tools of other programs, knowledge and shop."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.knowledge import Floor, Knowledge, PassageStore
from agents_team.knowledge.library import Articles
from agents_team.mcp.config import McpConfig
from agents_team.prices import ModelPrice
from agents_team.routing.examples import ExampleStore
from agents_team.tools.shop import Shop
from bot.actions import ACTIONS
from bot.backends.sample_shop import SampleShop
from bot.backends.status import HttpStatusPage
from bot.errors import SettingsError
from bot.settings import (
    FallbackModelSettings,
    McpSettings,
    ModelSettings,
    PriceSettings,
    Settings,
    ShopSettings,
)
from bot.wiring.backends import folder_of, make_shop
from bot.wiring.secrets import open_secret

if TYPE_CHECKING:
    from agents_team.mcp.servers import McpServers
    from agents_team.team import Team

# What the tools can propose, whether or not this desk can do it: cases look at the team, not at the desk.
EVERY_KIND = frozenset({"refund", "reship", "cancel_order", "change_plan", "reset_password"})


def team_config(settings: Settings) -> TeamConfig:
    """The team's part. Raises SettingsError when the provider needs a key and there is none."""
    model = settings.model
    if model.provider == "openai" and model.api_key is None:
        raise SettingsError('model.api_key: must be set, or set model.provider = "offline", which needs none')
    return TeamConfig(
        provider=model.provider,
        base_url=model.base_url,
        api_key=open_secret(model.api_key) or None,
        name=model.name,
        router_name=model.router_name,
        api=model.api,
        knowledge_folder=folder_of("knowledge.folder", settings.knowledge.folder),
        team_folder=folder_of("team.folder", settings.team.folder),
        request_timeout=model.timeout_seconds,
        can=frozenset(ACTIONS),
        prices=model_prices(model),
        fallback=_fallback(model.fallback, model.timeout_seconds),
        offline_after=model.offline_after_seconds,
        router_first=settings.team.router_first,
        strict_pii=settings.team.pii == "block",
        prompt_cache=model.prompt_cache,
        embedding_name=model.embedding_name or "",
        embedding_base_url=model.embedding_base_url or model.base_url,
        embedding_api_key=open_secret(model.embedding_api_key or model.api_key) or None,
        vector_store_ids=settings.knowledge.vector_store_ids,
    )


def model_prices(settings: ModelSettings) -> dict[str, ModelPrice]:
    """The operator's own prices, in millionths of a dollar for a million tokens."""
    return {name: _price(chosen) for name, chosen in settings.prices.items()}


def _price(chosen: PriceSettings) -> ModelPrice:
    cached = chosen.input if chosen.cached is None else chosen.cached
    return ModelPrice(*(int(dollars * 1_000_000) for dollars in (chosen.input, cached, chosen.output)))


def _fallback(second: FallbackModelSettings | None, timeout: float) -> TeamConfig | None:
    if second is None:
        return None
    return TeamConfig(
        provider="openai",
        base_url=second.base_url,
        api_key=open_secret(second.api_key),
        name=second.name,
        router_name=second.router_name,
        api=second.api,
        request_timeout=timeout,
    )


def make_mcp(settings: Settings) -> "McpServers | None":
    """The programs whose tools the team may use; nothing is connected yet. None without any. Raises SettingsError."""
    if not settings.team.mcp:
        return None
    from agents_team.mcp.servers import McpServers
    from agents_team.specialists.folder import specialists_of

    unknown = {name for chosen in settings.team.mcp.values() for name in chosen.specialists} - specialists_of(
        folder_of("team.folder", settings.team.folder)
    ).keys()
    if unknown:
        raise SettingsError(f"team.mcp: specialists: there is no {', '.join(sorted(unknown))}")
    try:
        return McpServers([_mcp_config(name, chosen) for name, chosen in settings.team.mcp.items()])
    except ValueError as error:
        raise SettingsError(f"team.mcp.{error}") from error


def _mcp_config(name: str, settings: McpSettings) -> McpConfig:
    headers = {header: open_secret(value) for header, value in settings.headers.items()}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {open_secret(settings.token)}"
    return McpConfig(
        name=name,
        url=settings.url,
        command=settings.command,
        args=settings.args,
        env={variable: open_secret(value) for variable, value in settings.env.items()},
        headers=headers,
        header_files=settings.header_files,
        reads=settings.reads,
        changes=settings.changes,
        automatic=settings.automatic,
        specialists=settings.specialists,
        bind=settings.bind,
        trust=settings.trust,
        connect_seconds=settings.connect_seconds,
        call_seconds=settings.call_seconds,
        most_characters=settings.most_characters,
    )


def make_team(
    settings: Settings,
    *,
    sample_shop: bool = False,
    examples: ExampleStore | None = None,
    passages: PassageStore | None = None,
    articles: Articles | None = None,
    mcp: "McpServers | None" = None,
    shop: Shop | None = None,
) -> tuple[Shop, "Team"]:
    """The shop and the team that looks into it. `sample_shop`: use the sample when no shop is set.

    `examples` are those staff make by moving tickets, `articles` those they approved; `passages` is where documents
    are indexed (None: in memory); `shop` is one that is made already. Raises SettingsError.
    """
    from agents_team.team import Team  # with the SDK: seconds, which most commands need not spend

    chosen = settings.shop
    if sample_shop and chosen.backend == "none":
        chosen = ShopSettings(backend="sample")
    shop = shop or make_shop(chosen)
    config = team_config(settings)
    status = HttpStatusPage(settings.team.status_url) if settings.team.status_url else None
    floor = Floor(settings.knowledge.word_floor, settings.knowledge.meaning_floor)
    folder = config.knowledge_folder or SAMPLE_KNOWLEDGE
    knowledge = Knowledge(folder, store=passages, articles=articles, floor=floor)
    try:
        return shop, Team(config, shop, knowledge, status=status, examples=examples, mcp=mcp)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def team_for_eval(
    settings: Settings, knowledge: Knowledge | None, strict_pii: bool, shop_file: Path | None = None
) -> tuple[Shop, "Team"]:
    """A team over the sample shop and the sample knowledge, unless a case brings its own: cases rely on both.

    Everything else, the model above all, is as the settings say.
    """
    from agents_team.team import Team

    shop: Shop = SampleShop(file=shop_file)
    config = replace(team_config(settings), can=EVERY_KIND, strict_pii=strict_pii, offline_after=None)
    return shop, Team(config, shop, knowledge or Knowledge(SAMPLE_KNOWLEDGE))
