"""Turns settings into the parts of a desk: one function a part, nothing started yet."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.knowledge import Floor, Knowledge, PassageStore
from agents_team.knowledge.library import Articles
from agents_team.mcp.config import McpConfig
from agents_team.prices import ModelPrice
from agents_team.routing.examples import ExampleStore
from agents_team.tools.shop import Shop
from bot.actions import ACTIONS
from bot.backends import open_payments, open_shop
from bot.backends.http import ADDRESSES
from bot.backends.payments import Payments
from bot.backends.sample_shop import SampleShop
from bot.backends.sql import QUERIES
from bot.backends.status import HttpStatusPage
from bot.errors import SettingsError
from bot.settings import (
    FallbackModelSettings,
    ImapSettings,
    MailSettings,
    McpSettings,
    ModelSettings,
    OAuthSettings,
    PaymentsSettings,
    PriceSettings,
    Settings,
    ShopSettings,
    SlackChannelSettings,
    SlackSettings,
    SmtpOutSettings,
)
from channels.mail.config import (
    DkimConfig,
    ImapConfig,
    MailConfig,
    OAuthConfig,
    RelayLogConfig,
    SentConfig,
    SmtpInConfig,
    SmtpOutConfig,
)
from channels.slack.config import ChannelMode, ChannelRules, SlackConfig, SocketPace

if TYPE_CHECKING:
    from agents_team.mcp.servers import McpServers
    from agents_team.team import Team

# What the tools can propose, whether or not this desk can do it: cases look at the team, not at the desk.
EVERY_KIND = frozenset({"refund", "reship", "cancel_order", "change_plan", "reset_password"})


def slack_config(settings: SlackSettings) -> SlackConfig | None:
    """None when the Slack door stays closed. Raises SettingsError when a needed secret is missing."""
    if settings.bot_token is None:
        return None
    if settings.mode == "socket" and settings.app_token is None:
        raise SettingsError("slack.app_token: must be set in socket mode (xapp-…, scope connections:write)")
    if settings.mode == "http" and settings.signing_secret is None:
        raise SettingsError("slack.signing_secret: must be set in http mode (Slack app, Basic Information)")
    return SlackConfig(
        bot_token=settings.bot_token.get_secret_value(),
        app_token=_open(settings.app_token),
        signing_secret=_open(settings.signing_secret),
        api_url=settings.api_url,
        mode=settings.mode,
        staff_channel=settings.staff_channel or "",
        approvers=settings.approvers,
        bots=frozenset(settings.bots),
        channels={channel: _channel_rules(chosen) for channel, chosen in settings.channels.items()},
        default_mode=ChannelMode(settings.default_mode),
        most_file_bytes=settings.most_file_bytes,
        doubt_seconds=settings.doubt_seconds,
        timeout=settings.timeout_seconds,
        pace=SocketPace(sockets=settings.sockets),
    )


def _channel_rules(settings: SlackChannelSettings) -> ChannelRules:
    return ChannelRules(
        mode=ChannelMode(settings.mode),
        group_seconds=settings.group_seconds,
        emoji=settings.emoji.strip(":"),
        staff=frozenset(settings.staff),
        customers=frozenset(settings.customers),
    )


def mail_config(settings: MailSettings, name: str, *, disk_path: str = ".") -> MailConfig | None:
    """None when the mail door stays closed. Raises SettingsError when parts do not fit together.

    `disk_path` is the disk the database is on.
    """
    if settings.address is None:
        return None
    if settings.secret is None:
        raise SettingsError("mail.secret: must be set, to any long random text; it signs thread tokens")
    key = settings.secret.get_secret_value()
    boxes = {box: _imap_config(box, imap, key) for box, imap in settings.imap.items()}
    sent = None
    if settings.sent is not None:
        if settings.sent.mailbox not in boxes:
            raise SettingsError(f"mail.sent.mailbox: there is no mail.imap.{settings.sent.mailbox}")
        sent = SentConfig(boxes[settings.sent.mailbox], settings.sent.folder, settings.sent.append)
    try:
        return MailConfig(
            address=settings.address,
            secret=settings.secret.get_secret_value(),
            name=name,
            aliases=settings.aliases,
            staff=settings.staff,
            trusted_authserv_ids=settings.trusted_authserv_ids,
            check_dkim=settings.check_dkim,
            edge=settings.edge,
            arc_sealers=settings.arc_sealers,
            dkim=_dkim_config(settings),
            subject_token=settings.subject_token,
            imap=boxes,
            smtp_in=_smtp_in_config(settings, disk_path),
            smtp_out=_smtp_out_config(settings.smtp_out, key),
            sent=sent,
            relay_log=_relay_log_config(settings),
            quote=settings.quote,
            doubt_seconds=settings.doubt_seconds,
        )
    except ValueError as error:
        raise SettingsError(f"mail: {error}") from error


def _relay_log_config(settings: MailSettings) -> RelayLogConfig | None:
    log = settings.relay_log
    if log is None:
        return None
    if bool(log.file) == bool(log.command):
        raise SettingsError("mail.relay_log: set either file or command")
    return RelayLogConfig(log.file, tuple(log.command))


def _imap_config(name: str, settings: ImapSettings, key: str) -> ImapConfig:
    if settings.auth == "password" and settings.password is None:
        raise SettingsError(f"mail.imap.{name}.password: must be set")
    return ImapConfig(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=_open(settings.password),
        tls=settings.tls,
        folder=settings.folder,
        auth=settings.auth,
        oauth=_oauth_config(f"mail.imap.{name}", settings.auth, settings.oauth, key),
        start=settings.start,
        idle=settings.idle,
        poll_seconds=settings.poll_seconds,
        done_folder=settings.done_folder,
    )


def _oauth_config(where: str, auth: str, settings: OAuthSettings | None, key: str) -> OAuthConfig | None:
    """`key` seals the file in which a token that changes is kept."""
    if auth == "password":
        return None
    if settings is None:
        raise SettingsError(f"{where}.oauth: must be set with auth = xoauth2")
    return OAuthConfig(
        token_url=settings.token_url,
        client_id=settings.client_id,
        client_secret=_open(settings.client_secret) or None,
        refresh_token=_open(settings.refresh_token) or None,
        refresh_token_file=settings.refresh_token_file,
        seal_key=key,
        scope=settings.scope,
    )


def _dkim_config(settings: MailSettings) -> DkimConfig | None:
    if settings.dkim is None:
        return None
    if not Path(settings.dkim.key_file).is_file():
        raise SettingsError(f"mail.dkim.key_file: there is no file {settings.dkim.key_file}")
    return DkimConfig(settings.dkim.selector, settings.dkim.domain, settings.dkim.key_file)


def _smtp_in_config(settings: MailSettings, disk_path: str) -> SmtpInConfig | None:
    door = settings.smtp_in
    if door is None:
        return None
    return SmtpInConfig(
        host=door.host,
        port=door.port,
        protocol=door.protocol,
        max_bytes=door.max_bytes,
        max_connections=door.max_connections,
        per_ip=door.max_connections_per_address,
        tls_certificate=door.tls_certificate,
        tls_key=door.tls_key,
        min_free_disk=door.min_free_disk,
        disk_path=door.disk_path or disk_path,
    )


def _smtp_out_config(settings: SmtpOutSettings | None, key: str) -> SmtpOutConfig | None:
    if settings is None:
        return None
    return SmtpOutConfig(
        host=settings.host,
        port=settings.port,
        tls=settings.tls,
        user=settings.user,
        password=_open(settings.password) or None,
        auth=settings.auth,
        oauth=_oauth_config("mail.smtp_out", settings.auth, settings.oauth, key),
        timeout=settings.timeout_seconds,
        verp=settings.verp,
        first_retry_seconds=settings.first_retry_seconds,
        give_up_seconds=settings.give_up_hours * 3600,
    )


def team_config(settings: Settings) -> TeamConfig:
    """The team's part. Raises SettingsError when the provider needs a key and there is none."""
    model = settings.model
    if model.provider == "openai" and model.api_key is None:
        raise SettingsError('model.api_key: must be set, or set model.provider = "offline", which needs none')
    return TeamConfig(
        provider=model.provider,
        base_url=model.base_url,
        api_key=_open(model.api_key) or None,
        name=model.name,
        router_name=model.router_name,
        api=model.api,
        knowledge_folder=_folder("knowledge.folder", settings.knowledge.folder),
        team_folder=_folder("team.folder", settings.team.folder),
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
        embedding_api_key=_open(model.embedding_api_key or model.api_key) or None,
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
        api_key=_open(second.api_key),
        name=second.name,
        router_name=second.router_name,
        api=second.api,
        request_timeout=timeout,
    )


def make_payments(settings: PaymentsSettings) -> Payments:
    """The payment provider. Raises SettingsError when it is unknown or lacks its key."""
    options: dict[str, Any] = {}
    if settings.backend == "stripe":
        if settings.stripe.api_key is None:
            raise SettingsError("payments.stripe.api_key: must be set; a restricted key is enough")
        options = {
            "api_key": _open(settings.stripe.api_key),
            "api_base": settings.stripe.api_base,
            "webhook_secret": _open(settings.stripe.webhook_secret),
            "timeout_seconds": settings.stripe.timeout_seconds,
        }
    if settings.backend == "manual":
        options = {"link": settings.manual.link}
    try:
        return open_payments(settings.backend, **options)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def make_mcp(settings: Settings) -> "McpServers | None":
    """The programs whose tools the team may use; nothing is connected yet. None without any. Raises SettingsError."""
    if not settings.team.mcp:
        return None
    from agents_team.mcp.servers import McpServers
    from agents_team.specialists.folder import specialists_of

    unknown = {name for chosen in settings.team.mcp.values() for name in chosen.specialists} - specialists_of(
        _folder("team.folder", settings.team.folder)
    ).keys()
    if unknown:
        raise SettingsError(f"team.mcp: specialists: there is no {', '.join(sorted(unknown))}")
    try:
        return McpServers([_mcp_config(name, chosen) for name, chosen in settings.team.mcp.items()])
    except ValueError as error:
        raise SettingsError(f"team.mcp.{error}") from error


def _mcp_config(name: str, settings: McpSettings) -> McpConfig:
    headers = {header: _open(value) for header, value in settings.headers.items()}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {_open(settings.token)}"
    return McpConfig(
        name=name,
        url=settings.url,
        command=settings.command,
        args=settings.args,
        env={variable: _open(value) for variable, value in settings.env.items()},
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


def make_shop(settings: ShopSettings) -> Shop:
    """The shop. Raises SettingsError when it is unknown or its settings do not fit together."""
    try:
        return open_shop(settings.backend, **_shop_options(settings))
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _shop_options(settings: ShopSettings) -> dict[str, Any]:
    """What the shops that ship are made with; one of somebody else's reads its own settings."""
    sql, http = settings.sql, settings.http
    if settings.backend == "sample":
        return {"state_file": settings.sample_state}
    if settings.backend == "sql":
        if sql.dsn is None:
            raise SettingsError("shop.sql.dsn: must be set, to a user who may only read")
        queries = {name: getattr(sql, name) for name in QUERIES}
        limits = {"timeout_seconds": sql.timeout_seconds, "row_limit": sql.row_limit}
        return {"dsn": _open(sql.dsn), "queries": queries, **limits}
    if settings.backend == "http":
        return {
            "addresses": {name: getattr(http, name) for name in ADDRESSES},
            "hosts": http.hosts,
            "private_hosts": http.private_hosts,
            "token": _open(http.token),
            "timeout_seconds": http.timeout_seconds,
            "max_bytes": http.max_bytes,
            "fields": http.fields,
        }
    return {}


def _folder(name: str, chosen: str | None) -> Path | None:
    if chosen is None:
        return None
    if not Path(chosen).is_dir():
        raise SettingsError(f"{name}: {chosen} is not a folder")
    return Path(chosen)


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
