"""Every option: its type, its default, and in one line why it exists. Frozen; a typo is an error."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def _split(value: Any) -> Any:
    """Lists may be written with commas, so that one environment variable can hold one."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Section(BaseModel):
    """A part of the settings that refuses unknown names and later changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Section):
    """Where everything is remembered."""

    url: str = Field("sqlite:///helpdesk.db", description="sqlite:///file for one process, postgresql://… for many")


class DeskSettings(Section):
    """How the desk behaves."""

    name: str = Field("Helpdesk", description="what customers see as the sender's name")
    quiet_seconds: float = Field(1.5, ge=0, description="messages that arrive within this time are answered together")
    max_tries: int = Field(8, ge=1, description="failures of one step before a person is fetched")
    first_pause_seconds: float = Field(2.0, gt=0, description="pause after the first failure; doubles each time")
    longest_pause_seconds: float = Field(900.0, gt=0, description="the pause grows no further than this")
    concurrency: int = Field(20, ge=1, description="steps that run side by side in one process")


class SlackChannelSettings(Section):
    """One customer channel."""

    mode: Literal["all", "mention", "emoji", "off"] = Field("all", description="which messages open a ticket")


class SlackSettings(Section):
    """The Slack app; without `bot_token` the Slack door stays closed."""

    mode: Literal["socket", "http"] = Field("socket", description="socket needs no public address")
    bot_token: SecretStr | None = Field(None, description="xoxb-… of the installed app")
    app_token: SecretStr | None = Field(None, description="xapp-… with connections:write, for socket mode")
    signing_secret: SecretStr | None = Field(None, description="for http mode: proves that a request is Slack's")
    api_url: str = Field("https://slack.com/api/", description="Slack's Web API; the sandbox has its own")
    staff_channel: str | None = Field(None, description="id of the private channel for cards")
    approvers: Names = Field((), description="user ids (U…) and user groups (S…) that may decide; empty: nobody")
    channels: Mapping[str, SlackChannelSettings] = Field(default_factory=dict, description="settings per channel id")
    sockets: int = Field(2, ge=1, le=10, description="connections kept open, so that one may drop")
    timeout_seconds: float = Field(20.0, gt=0, description="longest wait for one Web API call")
    doubt_seconds: float = Field(10.0, ge=0, description="how long a lost call may still arrive before we repeat it")


class ImapSettings(Section):
    """One mailbox."""

    host: str = Field(description="the IMAP server")
    port: int = Field(993, description="993 for implicit TLS, 143 otherwise")
    tls: Literal["implicit", "starttls", "none"] = Field("implicit", description="none: only towards this machine")
    user: str = Field(description="the account's login name, often the address")
    password: SecretStr = Field(description="the account's password, or an app password")
    folder: str = Field("INBOX", description="the folder that is read")
    auth: Literal["password"] = Field("password", description="how the account proves itself")
    poll_seconds: float = Field(60.0, gt=0, description="polling goes on even when the server can push")
    done_folder: str | None = Field(None, description="where stored mail is moved; None: flagged instead")


class SmtpInSettings(Section):
    """Our own SMTP or LMTP door."""

    host: str = Field("127.0.0.1", description="the address it listens on; 0.0.0.0: every one")
    port: int = Field(10025, description="the port it listens on")
    protocol: Literal["smtp", "lmtp"] = Field("lmtp", description="lmtp behind your own mail server")
    max_bytes: int = Field(25 * 1024 * 1024, gt=0, description="a larger mail is refused with 552")
    max_connections: int = Field(200, gt=0, description="more at once are asked to come back (421)")
    max_connections_per_address: int = Field(50, gt=0, description="the same for one sender's address")


class SmtpOutSettings(Section):
    """The submission server that sends for us."""

    host: str = Field(description="the submission server")
    port: int = Field(587, description="587 for STARTTLS, 465 for implicit TLS")
    tls: Literal["starttls", "implicit", "none"] = Field("starttls", description="none: only towards this machine")
    user: str | None = Field(None, description="login name; None: the server asks for none")
    password: SecretStr | None = Field(None, description="belongs to user")
    timeout_seconds: float = Field(30.0, gt=0, description="longest wait for one answer of the server")


class SentSettings(Section):
    """Where a sent mail can be found again after a crash: a folder of one of the mailboxes in mail.imap."""

    mailbox: str = Field(description="name of a mailbox in mail.imap")
    folder: str = Field("Sent", description="the folder in it where sent mail is kept")


class MailSettings(Section):
    """Mail; without `address` the mail door stays closed."""

    address: str | None = Field(None, description="the address customers write to")
    secret: SecretStr | None = Field(None, description="signs thread tokens; any long random text, keep it")
    imap: Mapping[str, ImapSettings] = Field(default_factory=dict, description="mailboxes to read, by a name of yours")
    smtp_in: SmtpInSettings | None = Field(None, description="mail handed in by a mail server; None: closed")
    smtp_out: SmtpOutSettings | None = Field(None, description="without it no reply can leave by mail")
    sent: SentSettings | None = Field(None, description="None: after a doubt a reply may arrive twice")
    trusted_authserv_ids: Names = Field((), description="whose Authentication-Results are believed")
    doubt_seconds: float = Field(10.0, ge=0, description="how long a lost submission may still arrive")


class ModelSettings(Section):
    """Who thinks."""

    provider: Literal["openai", "offline"] = Field("offline", description="offline needs no key and says less")
    base_url: str | None = Field(None, description="any OpenAI-compatible endpoint; None: OpenAI's own")
    api_key: SecretStr | None = Field(None, description="the endpoint's key; any text where it asks for none")
    name: str = Field("gpt-5.6", description="model of the specialists")
    router_name: str = Field("gpt-5.6-luna", description="model of triage")
    api: Literal["responses", "chat_completions"] = Field("responses", description="what the endpoint speaks")
    timeout_seconds: float = Field(60.0, gt=0, description="longest wait for one model call")


class StripeSettings(Section):
    """Stripe's account; a restricted key with charges:read and refunds:write is enough."""

    api_key: SecretStr | None = Field(None, description="rk_… or sk_…")
    api_base: str = Field("https://api.stripe.com", description="where the API is; the sandbox has its own")
    webhook_secret: SecretStr | None = Field(None, description="whsec_…; proves that an event is Stripe's")


class PaymentsSettings(Section):
    """Who moves money."""

    backend: str = Field("none", description="stripe, none, or a dotted path to a class of yours")
    stripe: StripeSettings = Field(default_factory=StripeSettings)


class ShopSettings(Section):
    """Who knows customers and orders."""

    backend: str = Field("none", description="sample, none, or a dotted path to a class of yours")


class KnowledgeSettings(Section):
    """What the team may quote."""

    folder: str | None = Field(None, description="folder of Markdown files; None: the sample that ships")


class RefundPolicySettings(Section):
    """What code says about refunds; amounts are decimal text in whole units, such as "100.00"."""

    preset: Literal["strict", "standard"] = Field("strict", description="strict: nothing without a person")
    window_days: int | None = Field(None, ge=0, description="overrides the preset")
    automatic_limit: Decimal | None = Field(None, ge=0, description="overrides the preset; 0: never automatic")
    approval_limit: Decimal | None = Field(None, ge=0, description="overrides the preset; above it two people")
    expires_hours: float = Field(24.0, gt=0, description="an approval nobody gave ends after this")

    @property
    def expires_after(self) -> timedelta:
        return timedelta(hours=self.expires_hours)


class PolicySettings(Section):
    """Rules as data."""

    refund: RefundPolicySettings = Field(default_factory=RefundPolicySettings)


class HttpSettings(Section):
    """The one HTTP port: health, and Slack's requests in http mode. Port 0: any free one."""

    host: str = Field("127.0.0.1", description="the address it listens on; 0.0.0.0: every one")
    port: int = Field(8080, description="0: any free one, printed at start")


class TeamSettings(Section):
    """The team, and what one run may use before a person takes over."""

    folder: str | None = Field(None, description="an operator's own specialists")
    max_turns: int = Field(12, ge=1, description="model calls in one run")
    max_tool_calls: int = Field(20, ge=1, description="looks into shop and knowledge in one run")
    max_seconds: float = Field(120.0, gt=0, description="longest time one run may take")
    max_tokens: int = Field(60_000, ge=1, description="tokens in and out together")
    max_cost_micros: int = Field(500_000, ge=0, description="millionths of a dollar one run may cost")


class Settings(Section):
    """All of it."""

    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    desk: DeskSettings = Field(default_factory=DeskSettings)
    slack: SlackSettings = Field(default_factory=SlackSettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    payments: PaymentsSettings = Field(default_factory=PaymentsSettings)
    shop: ShopSettings = Field(default_factory=ShopSettings)
    knowledge: KnowledgeSettings = Field(default_factory=KnowledgeSettings)
    policy: PolicySettings = Field(default_factory=PolicySettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    team: TeamSettings = Field(default_factory=TeamSettings)
