"""Every option: its type, its default, and in one line why it exists. Frozen; a typo is an error."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from bot.policy.hours import OpenHours, days_of


def _split(value: Any) -> Any:
    """Lists may be written with commas, so that one environment variable can hold one."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def console_place(url: str) -> str:
    """The address without its last slash. ValueError unless it is scheme, host and port alone, and safe to use."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("expected https://HOST, such as https://desk.example.com")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("expected the host alone: the console is always at /console below it")
    if parts.scheme == "http" and parts.hostname not in THIS_MACHINE:
        raise ValueError("expected https://: a password-free login must not cross a network in the clear")
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"


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
    follow_up_days: float = Field(14.0, ge=0, description="a later answer to a solved ticket opens a new, linked one")


class SlackChannelSettings(Section):
    """One customer channel."""

    mode: Literal["all", "mention", "emoji", "off"] = Field("all", description="which messages open a ticket")
    group_seconds: float = Field(0.0, ge=0, description="top-level messages of one person so close are one ticket")
    emoji: str = Field("ticket", description="this reaction opens a ticket from the message it is put on")
    staff: Names = Field((), description="users (U…) and teams (T…) that count as staff here")
    customers: Names = Field((), description="users (U…) and teams (T…) that count as customers here")


class SlackSettings(Section):
    """The Slack app; without `bot_token` the Slack door stays closed."""

    mode: Literal["socket", "http"] = Field("socket", description="socket needs no public address")
    bot_token: SecretStr | None = Field(None, description="xoxb-… of the installed app")
    app_token: SecretStr | None = Field(None, description="xapp-… with connections:write, for socket mode")
    signing_secret: SecretStr | None = Field(None, description="for http mode: proves that a request is Slack's")
    client_id: str | None = Field(None, description="of the app, for Sign in with Slack at the console")
    client_secret: SecretStr | None = Field(None, description="belongs to client_id")
    api_url: str = Field("https://slack.com/api/", description="Slack's Web API; the sandbox has its own")
    staff_channel: str | None = Field(None, description="id of the private channel for cards")
    approvers: Names = Field((), description="user ids (U…) and user groups (S…) that may decide; empty: nobody")
    channels: Mapping[str, SlackChannelSettings] = Field(default_factory=dict, description="settings per channel id")
    default_mode: Literal["all", "mention", "emoji", "off"] = Field(
        "all", description="mode of channels without settings of their own"
    )
    bots: Names = Field((), description="other bots and workflows (B…, A…, U…) that are heard; every other one is not")
    most_file_bytes: int = Field(20 * 1024 * 1024, gt=0, description="larger files stay in Slack; staff see the name")
    sockets: int = Field(2, ge=1, le=10, description="connections kept open, so that one may drop")
    timeout_seconds: float = Field(20.0, gt=0, description="longest wait for one Web API call")
    doubt_seconds: float = Field(10.0, ge=0, description="how long a lost call may still arrive before we repeat it")


class OAuthSettings(Section):
    """Where access tokens come from: with a refresh token as a person's app, without one as the app alone."""

    token_url: str = Field(
        description="https://oauth2.googleapis.com/token, or …microsoftonline.com/TENANT/oauth2/v2.0/token"
    )
    client_id: str = Field(description="the app's id")
    client_secret: SecretStr | None = Field(None, description="the app's secret, where it has one")
    refresh_token: SecretStr | None = Field(None, description="None: the app asks in its own name (Microsoft 365)")
    refresh_token_file: str | None = Field(None, description="kept up to date when the provider changes the token")
    scope: str = Field("", description="such as https://outlook.office365.com/.default; Google needs none")
    expires_on: date | None = Field(None, description="the day the app's secret ends, where the provider sets one")


class ImapSettings(Section):
    """One mailbox."""

    host: str = Field(description="the IMAP server")
    port: int = Field(993, description="993 for implicit TLS, 143 otherwise")
    tls: Literal["implicit", "starttls", "none"] = Field("implicit", description="none: only towards this machine")
    user: str = Field(description="the account's login name, often the address")
    password: SecretStr | None = Field(None, description="the account's password, or an app password")
    folder: str = Field("INBOX", description="the folder that is read")
    auth: Literal["password", "xoauth2"] = Field("password", description="how the account proves itself")
    oauth: OAuthSettings | None = Field(None, description="for auth = xoauth2")
    start: Literal["new", "all"] = Field("new", description="all: the first start also answers what is already there")
    idle: bool = Field(True, description="let the server tell us of new mail; polling goes on beside it")
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
    tls_certificate: str | None = Field(
        None, description="file with our certificate chain; with it STARTTLS is offered"
    )
    tls_key: str | None = Field(None, description="file with its key; None: it is in the same file")
    min_free_disk: int = Field(256 * 1024 * 1024, ge=0, description="with fewer free bytes mail is put off (452)")
    disk_path: str | None = Field(None, description="the disk that is looked at; None: the database's folder")


class SmtpOutSettings(Section):
    """The submission server that sends for us."""

    host: str = Field(description="the submission server")
    port: int = Field(587, description="587 for STARTTLS, 465 for implicit TLS")
    tls: Literal["starttls", "implicit", "none"] = Field("starttls", description="none: only towards this machine")
    user: str | None = Field(None, description="login name; None: the server asks for none")
    password: SecretStr | None = Field(None, description="belongs to user")
    auth: Literal["password", "xoauth2"] = Field("password", description="how we prove who we are")
    oauth: OAuthSettings | None = Field(None, description="for auth = xoauth2")
    timeout_seconds: float = Field(30.0, gt=0, description="longest wait for one answer of the server")
    verp: bool = Field(True, description="envelope sender bounce+…@; False where only the mailbox itself may send")
    first_retry_seconds: float = Field(60.0, gt=0, description="after a 4xx; then 2, 5, 15 and 60 times as long")
    give_up_hours: float = Field(24.0, gt=0, description="a mail that could not leave for so long goes to a person")


class SentSettings(Section):
    """Where a sent mail can be found again after a crash: a folder of one of the mailboxes in mail.imap."""

    mailbox: str = Field(description="name of a mailbox in mail.imap")
    folder: str = Field("Sent", description="the folder in it where sent mail is kept")
    append: bool = Field(False, description="True where the submission server keeps no copy: then we put one there")


class RelayLogSettings(Section):
    """The log of the relay that sends for us: asked after a crash whether it took a mail. Set one of the two."""

    file: str = Field("", description="such as /var/log/mail.log; the one rotated before it is read as well")
    command: Names = Field((), description="prints it, e.g. journalctl -u postfix -S -2h; {message_id} is put in")


class DkimSettings(Section):
    """Our own signature on what we send, for when no relay signs."""

    selector: str = Field(description="the public key is at selector._domainkey.domain")
    domain: str = Field(description="the domain of mail.address, or one above it")
    key_file: str = Field(description="the private key (PEM, RSA)")


class MailSettings(Section):
    """Mail; without `address` the mail door stays closed."""

    address: str | None = Field(None, description="the address customers write to")
    secret: SecretStr | None = Field(None, description="signs thread tokens; any long random text, keep it")
    imap: Mapping[str, ImapSettings] = Field(default_factory=dict, description="mailboxes to read, by a name of yours")
    smtp_in: SmtpInSettings | None = Field(None, description="mail handed in by a mail server; None: closed")
    smtp_out: SmtpOutSettings | None = Field(None, description="without it no reply can leave by mail")
    sent: SentSettings | None = Field(None, description="None: after a doubt a reply may arrive twice")
    relay_log: RelayLogSettings | None = Field(None, description="the same, from the log of our own relay")
    quote: bool = Field(True, description="put the requester's last message below a reply, under a line of its own")
    aliases: Names = Field((), description="further addresses of ours, such as sales@")
    staff: Names = Field((), description="addresses or domains of colleagues; what they forward is the customer's mail")
    trusted_authserv_ids: Names = Field((), description="whose Authentication-Results are believed")
    check_dkim: bool = Field(True, description="check signatures ourselves where no trusted server proved the sender")
    edge: bool = Field(False, description="strangers' servers reach mail.smtp_in directly: check SPF and DMARC here")
    arc_sealers: Names = Field((), description="forwarders (domains) whose ARC seals are believed")
    dkim: DkimSettings | None = Field(None, description="sign what we send; None: the relay does")
    subject_token: bool = Field(False, description="write [#ticket] into subjects")
    doubt_seconds: float = Field(10.0, ge=0, description="how long a lost submission may still arrive")
    parse_seconds: float = Field(10.0, gt=0, description="reading one mail may take so long before it is cut short")
    one_time_codes: bool = Field(True, description="prove a sender by a code to the address on file, when it matters")
    answers_per_hour: int = Field(20, ge=1, description="more automatic mail to one address in an hour is a loop")


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


class StripeSettings(Section):
    """Stripe's account; a restricted key with charges:read and refunds:write is enough."""

    api_key: SecretStr | None = Field(None, description="rk_… or sk_…")
    api_base: str = Field("https://api.stripe.com", description="where the API is; the sandbox has its own")
    webhook_secret: SecretStr | None = Field(None, description="whsec_…; proves that an event is Stripe's")
    timeout_seconds: float = Field(20.0, gt=0, description="longest wait for one call; leases follow from it")


class ManualPaymentsSettings(Section):
    """Finance pays back by hand; the desk makes the task, follows it and keeps the books."""

    link: str = Field("", description="where finance finds a payment; {payment_ref} is filled in")


class PaymentsSettings(Section):
    """Who moves money."""

    backend: str = Field("none", description="stripe, manual, none, an entry point, or a dotted path to a class")
    manual: ManualPaymentsSettings = Field(default_factory=ManualPaymentsSettings)
    stripe: StripeSettings = Field(default_factory=StripeSettings)


class SqlShopSettings(Section):
    """Your own tables, read only: one query each, with bound parameters such as :customer_id and :limit."""

    dsn: SecretStr | None = Field(None, description="postgresql://… or sqlite:///…; a user who may only read")
    timeout_seconds: float = Field(5.0, gt=0, description="a query that takes longer is stopped")
    row_limit: int = Field(200, ge=1, description="no query gives more rows than this")
    customer_by_email: str = Field("", description=":email → id, name, email, plan, since")
    customer_by_slack: str = Field("", description=":team, :user → the same")
    customer: str = Field("", description=":customer_id → the same")
    orders: str = Field("", description=":customer_id, :limit → id, customer_id, status, placed_at, total_minor, …")
    order: str = Field("", description=":order_id, :customer_id → the same")
    order_lines: str = Field("", description=":order_id → title, quantity, amount_minor")
    charges: str = Field("", description=":customer_id, :limit → id, customer_id, order_id, amount_minor, …")
    charge: str = Field("", description=":charge_id, :customer_id → the same")
    invoices: str = Field("", description=":customer_id, :limit → id, customer_id, total_minor, currency, issued_at, …")
    subscriptions: str = Field("", description=":customer_id → id, customer_id, plan, status, amount_minor, …")


class HttpShopSettings(Section):
    """Your own HTTP API: one address each, with {customer_id} and the like filled in and escaped."""

    hosts: Names = Field((), description="the only hosts that are ever called")
    private_hosts: Names = Field((), description="those of them that may be on this machine or in a private network")
    token: SecretStr | None = Field(None, description="sent as Authorization: Bearer")
    timeout_seconds: float = Field(5.0, gt=0, description="longest wait for one answer")
    max_bytes: int = Field(1_000_000, ge=1, description="a longer answer is no answer")
    customer_by_email: str = Field("", description="address with {email}")
    customer_by_slack: str = Field("", description="address with {team} and {user}")
    customer: str = Field("", description="address with {customer_id}")
    orders: str = Field("", description="address with {customer_id} and {limit}")
    order: str = Field("", description="address with {order_id} and {customer_id}")
    charges: str = Field("", description="address with {customer_id} and {limit}")
    charge: str = Field("", description="address with {charge_id} and {customer_id}")
    invoices: str = Field("", description="address with {customer_id} and {limit}")
    subscriptions: str = Field("", description="address with {customer_id}")
    fields: dict[str, str] = Field(
        default_factory=dict, description='where a field is in your JSON: "order.total_minor" = "totals.gross"'
    )


class ShopSettings(Section):
    """Who knows customers and orders."""

    backend: str = Field("none", description="sample, sql, http, none, an entry point, or a dotted path to a class")
    sample_state: str | None = Field(None, description="file where the sample shop keeps what it did; None: memory")
    sql: SqlShopSettings = Field(default_factory=SqlShopSettings)
    http: HttpShopSettings = Field(default_factory=HttpShopSettings)


class KnowledgeSettings(Section):
    """What the team may quote."""

    folder: str | None = Field(
        None, description="folder of Markdown, HTML and text files, read again when they change; None: the sample"
    )
    vector_store_ids: Names = Field((), description="OpenAI vector stores its own file search looks into as well")
    word_floor: float = Field(
        0.34, ge=0, le=1, description="share of a question's weight a passage must hold to be evidence"
    )
    meaning_floor: float = Field(0.4, ge=0, le=1, description="or its cosine, when model.embedding_name is set")


class RoleSettings(Section):
    """What one approver, or each member of one user group, may decide."""

    limit: Decimal = Field(ge=0, description="the largest amount they may approve, in whole units of any currency")
    alone: bool = Field(False, description="a manager: one of them is enough where others are two")


class CurrencyLimitSettings(Section):
    """Limits of one currency, in whole units of it."""

    automatic: Decimal | None = Field(None, ge=0, description="up to it nobody is asked; 0: never automatic")
    approval: Decimal | None = Field(None, ge=0, description="above it two people or a manager decide")
    manager: Decimal | None = Field(None, ge=0, description="above it two people decide, whoever they are")


class RefundPolicySettings(Section):
    """What code says about refunds, and how approvals run; amounts are decimal text in whole units, as "100.00"."""

    preset: Literal["strict", "standard"] = Field("strict", description="strict: nothing without a person")
    window_days: int | None = Field(None, ge=0, description="overrides the preset")
    automatic_limit: Decimal | None = Field(None, ge=0, description="overrides the preset; 0: never automatic")
    approval_limit: Decimal | None = Field(
        None, ge=0, description="overrides the preset; above it two people or a manager"
    )
    manager_limit: Decimal | None = Field(None, ge=0, description="above it two people, never one manager alone")
    limits: Mapping[str, CurrencyLimitSettings] = Field(
        default_factory=dict, description="by currency (USD, JPY), over the three above, which count in every one"
    )
    many_refunds: int = Field(3, ge=0, description="so many in 90 days are a sign of abuse: a person looks; 0: never")
    large_share: float = Field(0.5, gt=0, le=1, description="so is a larger share of what they spent, from two on")
    young_account_days: int = Field(0, ge=0, description="and an account that is younger than this")
    expires_hours: float = Field(24.0, gt=0, description="open hours after which an approval nobody gave ends")
    remind_hours: float = Field(4.0, ge=0, description="hours before that when staff are reminded; 0: never")
    hold_seconds: float = Field(0.0, ge=0, description="wait between approval and payment, in which Undo works")
    confirm_above: Decimal = Field(Decimal(0), ge=0, description="from this amount on Approve asks once more")
    roles: Mapping[str, RoleSettings] = Field(
        default_factory=dict, description="limits by user (U…) or user group (S…); empty: approvers have no limit"
    )
    budget_days: int = Field(30, ge=1, description="the days that count for the budgets of a customer and a company")
    customer_budget: Decimal | None = Field(None, ge=0, description="automatic refunds of one customer end here")
    company_budget: Decimal | None = Field(None, ge=0, description="the same for everybody of one company")
    day_budget: Decimal | None = Field(None, ge=0, description="the same for everybody on one day (UTC)")
    approver_budget: Decimal | None = Field(None, ge=0, description="one approver may approve no more on one day")
    automatic_per_customer: int = Field(3, ge=0, description="automatic refunds of one customer in budget_days")
    automatic_per_hour: int = Field(20, ge=1, description="more automatic refunds an hour switch all of them off")
    single_operator: bool = Field(False, description="one person alone: types the amount, and it waits")
    single_operator_delay_seconds: float = Field(600.0, ge=0, description="how long it waits then")

    @field_validator("limits")
    @classmethod
    def _currencies(cls, limits: Mapping[str, CurrencyLimitSettings]) -> Mapping[str, CurrencyLimitSettings]:
        for name in limits:
            if not (len(name) == 3 and name.isascii() and name.isalpha()):
                raise ValueError(f"{name!r} is no currency such as EUR")
        return {name.upper(): limit for name, limit in limits.items()}


class HoursSettings(Section):
    """When people are there; deadlines for people count these hours only."""

    days: str = Field("mon-sun", description='such as "mon-fri"')
    opens: time = Field(time.min, description='such as "09:00"')
    closes: time = Field(time.max, description='such as "17:30"')
    timezone: str = Field("UTC", description="an IANA name such as Europe/Berlin")
    holidays: tuple[date, ...] = Field((), description="days like 2027-01-01 on which nobody is there")

    @field_validator("days")
    @classmethod
    def _known_days(cls, text: str) -> str:
        days_of(text)
        return text

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no time zone")
        return name

    @property
    def calendar(self) -> OpenHours:
        days = days_of(self.days)
        return OpenHours(days, self.opens, self.closes, ZoneInfo(self.timezone), frozenset(self.holidays))


Who = Literal["person", "automatic", "off"]


class ShopActionSettings(Section):
    """Who decides about what the shop can do; off: such a wish always goes to a person as an escalation."""

    reship: Who = Field("person", description="sending an order again")
    cancel_order: Who = Field("person", description="cancelling an order that has not left")
    change_plan: Who = Field("person", description="moving a subscription to another plan")
    reset_password: Who = Field("person", description="a reset link, only ever to the address on file")


class PolicySettings(Section):
    """Rules as data."""

    refund: RefundPolicySettings = Field(default_factory=RefundPolicySettings)
    hours: HoursSettings = Field(default_factory=HoursSettings)
    shop: ShopActionSettings = Field(default_factory=ShopActionSettings)


class TargetSettings(Section):
    """How soon people should hear from us, counted in policy.hours; a card warns staff before it is too late."""

    first_answer_minutes: float | None = Field(None, gt=0, description="from a new ticket to the first answer")
    next_answer_minutes: float | None = Field(None, gt=0, description="from a later message to the answer to it")
    solve_hours: float | None = Field(None, gt=0, description="from a new ticket to its end")
    warn_minutes: float = Field(10.0, ge=0, description="so long before a target is missed staff get a card")


class ReplyModeSettings(Section):
    """What becomes of the team's answers somewhere."""

    mode: Literal["auto", "draft", "shadow", "off"] = Field("auto", description="the most careful mode that fits wins")


class ReplySettings(Section):
    """What becomes of the team's answers: sent, shown to staff to be sent, only recorded, or not even written."""

    mode: Literal["auto", "draft", "shadow", "off"] = Field("auto", description="where nothing else is said")
    channels: Mapping[str, ReplyModeSettings] = Field(
        default_factory=dict, description='by "slack", "mail" or the id of a Slack channel'
    )
    intents: Mapping[str, ReplyModeSettings] = Field(
        default_factory=dict, description="by the name of the specialist that answers"
    )
    ask_rating: bool = Field(False, description="ask once, when a Slack ticket is solved, whether it helped")


Rights = Annotated[tuple[Literal["read", "note", "escalate"], ...], BeforeValidator(_split)]


class AgentSettings(Section):
    """One other program that may look at tickets by MCP, at /mcp of the HTTP port."""

    token: SecretStr = Field(min_length=24, description="what it sends as Authorization: Bearer; long and random")
    may: Rights = Field(("read",), description="read (search and read), note (internal), escalate")


class HttpSettings(Section):
    """The one HTTP port: health, and Slack's requests in http mode. Port 0: any free one."""

    host: str = Field("127.0.0.1", description="the address it listens on; 0.0.0.0: every one")
    port: int = Field(8080, description="0: any free one, printed at start")
    probe_port: int | None = Field(
        None, description="where a process without the web answers /livez and /readyz for its keeper (containers)"
    )
    agents: Mapping[str, AgentSettings] = Field(default_factory=dict, description="by a name of yours; empty: no /mcp")


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


class ConsoleSettings(Section):
    """The web console at /console, behind a login. Without `public_url` it is served to this machine only."""

    public_url: str | None = Field(
        None, description="https://desk.example.com, as browsers reach it; None: only from this machine"
    )
    people: Names = Field((), description="users (U…) and user groups (S…) that may look; approvers always may")
    session_hours: float = Field(12.0, gt=0, le=24 * 30, description="after so long everybody signs in again")

    @field_validator("public_url")
    @classmethod
    def _only_a_place(cls, url: str | None) -> str | None:
        return None if url is None else console_place(url)


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


class AlarmSettings(Section):
    """When the desk asks its operator for help: in the staff channel, and by mail as the second path."""

    mail_to: Names = Field((), description="operators who get each alarm by mail as well; needs mail.smtp_out")
    outbox_minutes: float = Field(5.0, gt=0, description="a reply may wait this long to leave")
    jobs_minutes: float = Field(10.0, gt=0, description="work that is due may wait this long to start")
    approvals_minutes: float = Field(240.0, gt=0, description="an approval may wait this long for a person")
    disk_free_megabytes: int = Field(512, ge=0, description="less free space beside the database is an alarm")
    model_micros_per_day: int | None = Field(None, ge=1, description="model budget a day; alarms at 80 % and at 100 %")
    token_days: float = Field(7.0, ge=0, description="an alarm so many days before a token or app secret ends")
    mail_gap_factor: float = Field(3.0, ge=0, description="no mail for so many times the usual longest gap; 0: never")


class NumbersSettings(Section):
    """What the figures need to know; money in millionths of a dollar."""

    digest_hour: int | None = Field(7, ge=0, le=23, description="UTC hour of the daily digest to staff; None: none")
    staff_hour_micros: int = Field(0, ge=0, description="what an hour of staff costs, for cost per resolved ticket")
    staff_minutes_per_ticket: int = Field(8, ge=0, description="time a person spends on a ticket they answer")
    infrastructure_micros_per_day: int = Field(0, ge=0, description="servers and mail, shared by the day's tickets")


class RetentionSettings(Section):
    """How many days each kind of data is kept once it is no longer needed; None: for ever."""

    raw_days: int | None = Field(180, ge=1, description="bytes as they arrived; the row and its outcome stay")
    trace_days: int | None = Field(90, ge=1, description="what models and tools said inside runs; the costs stay")
    memory_days: int | None = Field(90, ge=1, description="the team's own history of solved and closed tickets")
    ticket_days: int | None = Field(
        None, ge=1, description="words of solved and closed tickets; the money ledger stays"
    )


class BackupSettings(Section):
    """Copies of a SQLite database; PostgreSQL has pg_dump."""

    folder: str | None = Field(None, description="where copies go; None: a folder backups beside the database")
    before_upgrade: bool = Field(True, description="copy the file before its schema changes")


class LogSettings(Section):
    """What is written to standard error, one JSON object a line."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least important line kept")


class TelemetrySettings(Section):
    """Traces for an OpenTelemetry collector of yours; nothing is sent anywhere unless it is set."""

    otlp_endpoint: str | None = Field(None, description="http://collector:4318/v1/traces; None: off")


class DoctorSettings(Section):
    """What `helpdesk doctor` needs to know beyond the rest."""

    dns_server: str | None = Field(None, description="address or address:port asked for SPF, DKIM and DMARC")
    dkim_selectors: Names = Field((), description="selectors of your DKIM keys; without one DKIM is not checked")
    seconds: float = Field(15.0, gt=0, description="longest time one check may take")


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
    targets: TargetSettings = Field(default_factory=TargetSettings)
    replies: ReplySettings = Field(default_factory=ReplySettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)
    team: TeamSettings = Field(default_factory=TeamSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)
    numbers: NumbersSettings = Field(default_factory=NumbersSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    backup: BackupSettings = Field(default_factory=BackupSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    telemetry: TelemetrySettings = Field(default_factory=TelemetrySettings)
    doctor: DoctorSettings = Field(default_factory=DoctorSettings)
