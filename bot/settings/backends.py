"""The company's own systems: payments, shop and what is written down."""

from pydantic import Field, SecretStr

from bot.settings.section import Names, Section


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
        None,
        description="Markdown, HTML and text, read as it changes, the same in every process; None: the sample",
    )
    vector_store_ids: Names = Field((), description="OpenAI vector stores its own file search looks into as well")
    word_floor: float = Field(
        0.34, ge=0, le=1, description="share of a question's weight a passage must hold to be evidence"
    )
    meaning_floor: float = Field(0.4, ge=0, le=1, description="or its cosine, when model.embedding_name is set")
