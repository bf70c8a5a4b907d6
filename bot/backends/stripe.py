"""Payments through Stripe's official client."""

import asyncio
import functools
import ssl
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar
from urllib.parse import urlsplit

import httpx
import stripe

from bot.backends.payments import (
    Payment,
    PaymentEvent,
    PaymentsUnavailable,
    Refund,
    RefundOrder,
    RefundRefused,
    RefundStatus,
)

# The package would write a telemetry id into the home directory and send timings along.
stripe.enable_telemetry = False

ACTION_KEY = "helpdesk_action"
REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
DISPUTE_EVENTS = ("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed")

_CODES = {
    "charge_already_refunded": "already_refunded",
    "charge_disputed": "disputed",
    "refund_disputed_payment": "disputed",
    "amount_too_large": "too_much",
    "resource_missing": "unknown_charge",
}

P = ParamSpec("P")
R = TypeVar("R")
Method = Callable[Concatenate["StripePayments", P], Coroutine[Any, Any, R]]


def _within_call_limit(method: Method[P, R]) -> Method[P, R]:
    """Ends a call at `call_limit`, which leases rely on; a provider that drips bytes cannot stretch it."""

    @functools.wraps(method)
    async def call(self: "StripePayments", /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            async with asyncio.timeout(self.call_limit.total_seconds()):
                return await method(self, *args, **kwargs)
        except TimeoutError as error:
            raise PaymentsUnavailable(f"Stripe took longer than {self.call_limit.total_seconds():.0f} s") from error

    return call


class StripePayments:
    """Stripe as `Payments`. References are charges (`ch_`, `py_`) or payment intents (`pi_`).

    Keys live 24 hours at Stripe (https://docs.stripe.com/api/idempotent_requests); after that the
    metadata still finds a refund. Reads are retried once by the client; making a refund is not,
    because whoever repeats it must look first.
    """

    key_lifetime = timedelta(hours=24)

    def __init__(
        self,
        *,
        api_key: str,
        api_base: str = "https://api.stripe.com",
        webhook_secret: str | None = None,
        timeout_seconds: float = 20.0,
    ):
        # Two tries of a read and the pause between them.
        self.call_limit = timedelta(seconds=2 * timeout_seconds + 5)
        self.key_mode: Literal["test", "live"] = "test" if "_test_" in api_key else "live"
        self.key_is_restricted = api_key.startswith("rk_")
        self._webhook_secret = webhook_secret
        self._http = StripeHttp(api_base, timeout_seconds=timeout_seconds)
        self._stripe = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            max_network_retries=1,
            http_client=self._http,
        )

    @_within_call_limit
    async def get_payment(self, ref: str) -> Payment | None:
        """The charge as it is now; of a payment intent, its latest charge. None when Stripe does not know it."""
        try:
            charge = await self._get_charge(ref)
        except stripe.StripeError as error:
            if error.code == "resource_missing":
                return None
            raise PaymentsUnavailable(f"Stripe: {_words(error)}") from error
        return None if charge is None else _payment(ref, charge)

    async def _get_charge(self, ref: str) -> stripe.Charge | None:
        if not ref.startswith("pi_"):
            return await self._stripe.v1.charges.retrieve_async(ref)
        intent = await self._stripe.v1.payment_intents.retrieve_async(ref, {"expand": ["latest_charge"]})
        charge = intent.latest_charge
        return charge if isinstance(charge, stripe.Charge) else None

    @_within_call_limit
    async def refund(self, order: RefundOrder) -> Refund:
        """Pay back once per key. Raises RefundRefused (nothing moved) or PaymentsUnavailable (it may have)."""
        params: Any = {
            **_named(order.payment_ref),
            "amount": order.amount_minor,
            # Never `fraudulent`: Stripe would put the customer's card and address on a block list.
            "reason": "duplicate" if order.reason == "duplicate" else "requested_by_customer",
            "metadata": {ACTION_KEY: order.key},
        }
        try:
            made = await self._stripe.v1.refunds.create_async(
                params, {"idempotency_key": order.key, "max_network_retries": 0}
            )
        except stripe.StripeError as error:
            return await self._made_before(order, _why_not(error))
        return _refund(made, order.payment_ref)

    async def _made_before(self, order: RefundOrder, why: RefundRefused | PaymentsUnavailable) -> Refund:
        """Raises `why`, unless nothing is left because this very order took it (and Stripe forgot the key)."""
        if isinstance(why, RefundRefused) and why.code in ("already_refunded", "too_much"):
            made = await self._find(order.payment_ref, order.key)
            if made is not None and made.amount_minor == order.amount_minor:
                return made
        raise why

    @_within_call_limit
    async def find_refund(self, payment_ref: str, key: str) -> Refund | None:
        """The refund made under `key`, found by its metadata among all refunds of the charge."""
        return await self._find(payment_ref, key)

    async def _find(self, payment_ref: str, key: str) -> Refund | None:
        params: Any = {**_named(payment_ref), "limit": 100}
        try:
            page = await self._stripe.v1.refunds.list_async(params)
            async for made in page.auto_paging_iter():
                if _metadata(made).get(ACTION_KEY) == key:
                    return _refund(made, payment_ref)
        except stripe.StripeError as error:
            if error.code == "resource_missing":
                return None
            raise PaymentsUnavailable(f"Stripe: {_words(error)}") from error
        return None

    @_within_call_limit
    async def get_refund(self, ref: str) -> Refund | None:
        """The refund as it is now; its `payment_ref` is the charge."""
        try:
            return _refund(await self._stripe.v1.refunds.retrieve_async(ref))
        except stripe.StripeError as error:
            if error.code == "resource_missing":
                return None
            raise PaymentsUnavailable(f"Stripe: {_words(error)}") from error

    @_within_call_limit
    async def list_refunds(self, *, since: datetime, payment_ref: str | None = None) -> list[Refund]:
        """Every refund made since then, newest first; of one payment when it is named."""
        params: Any = {"limit": 100, "created": {"gte": int(since.timestamp())}}
        if payment_ref is not None:
            params |= _named(payment_ref)
        try:
            page = await self._stripe.v1.refunds.list_async(params)
            return [_refund(made, payment_ref) async for made in page.auto_paging_iter()]
        except stripe.StripeError as error:
            raise PaymentsUnavailable(f"Stripe: {_words(error)}") from error

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> list[PaymentEvent]:
        """Refunds and disputes in a signed event; [] for events about something else.

        Raises ValueError on a bad signature.
        """
        signature = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), None)
        try:
            event = stripe.Webhook.construct_event(body, signature, self._webhook_secret)
        except stripe.SignatureVerificationError as error:
            raise ValueError(f"not signed by Stripe: {error}") from error
        shown = event.data.object
        if event.type in REFUND_EVENTS and isinstance(shown, stripe.Refund):
            return [PaymentEvent(refund=_refund(shown))]
        if event.type in DISPUTE_EVENTS and isinstance(shown, stripe.Dispute):
            return [PaymentEvent(disputed=shown.charge if isinstance(shown.charge, str) else shown.charge.id)]
        return []

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close_async()


def _named(payment_ref: str) -> dict[str, str]:
    """The parameter that names a payment, in lists and in refunds."""
    return {"payment_intent" if payment_ref.startswith("pi_") else "charge": payment_ref}


def _payment(ref: str, charge: stripe.Charge) -> Payment:
    return Payment(
        ref=ref,
        # What was authorised and never captured was never paid.
        amount_minor=charge.amount_captured,
        refunded_minor=charge.amount_refunded,
        currency=charge.currency.upper(),
        disputed=charge.disputed,
        method=_method(charge),
        created_at=datetime.fromtimestamp(charge.created, UTC),
    )


def _method(charge: stripe.Charge) -> str:
    """In words for a card: "visa •• 4242", or the kind of method."""
    details = charge.payment_method_details
    if details is None:
        return ""
    card = getattr(details, "card", None)
    return f"{card.brand} •• {card.last4}" if card is not None else details.type.replace("_", " ")


def _metadata(made: stripe.Refund) -> dict[str, str]:
    return made.metadata.to_dict() if made.metadata is not None else {}


def _refund(made: stripe.Refund, payment_ref: str | None = None) -> Refund:
    charge = made.charge if isinstance(made.charge, str) or made.charge is None else made.charge.id
    intent = made.payment_intent if isinstance(made.payment_intent, str) or made.payment_intent is None else None
    return Refund(
        ref=made.id,
        payment_ref=payment_ref or charge or intent or "",
        amount_minor=made.amount,
        currency=made.currency.upper(),
        status=_status(made.status),
        key=_metadata(made).get(ACTION_KEY, ""),
        created_at=datetime.fromtimestamp(made.created, UTC),
    )


def _status(said: str | None) -> RefundStatus:
    """A word we do not know, or none, is still money on its way: pending, and asked again later."""
    return RefundStatus(said) if said in set(RefundStatus) else RefundStatus.PENDING


def _words(error: stripe.StripeError) -> str:
    """Stripe's message on one line."""
    return " ".join(str(error).split())


def _why_not(error: stripe.StripeError) -> RefundRefused | PaymentsUnavailable:
    """Only what Stripe certainly did not do is refused; all else may have happened."""
    match error:
        case stripe.IdempotencyError() if error.http_status == 400:
            return RefundRefused("key_reused", _words(error))
        case stripe.InvalidRequestError(code=code) if code in _CODES:
            return RefundRefused(_CODES[str(code)], _words(error))
        case stripe.InvalidRequestError(param="amount", code=None):
            return RefundRefused("too_much", _words(error))
        case (
            stripe.InvalidRequestError() | stripe.CardError() | stripe.AuthenticationError() | stripe.PermissionError()
        ):
            return RefundRefused("not_allowed", _words(error))
    return PaymentsUnavailable(f"Stripe: {_words(error)}")


@functools.cache
def _certificates(trust_env: bool) -> ssl.SSLContext:
    """Whom to believe; reading the bundle takes longer than a call."""
    return httpx.create_ssl_context(trust_env=trust_env)


class StripeHttp(stripe.HTTPClient):
    """An asynchronous transport. The package's own passes bodies in a way httpx calls deprecated."""

    name = "httpx"

    def __init__(self, api_base: str, *, timeout_seconds: float):
        super().__init__()
        # A proxy of the environment is for the outside world, never for a server on this machine.
        trusted = not _is_loopback(api_base)
        self._client = httpx.AsyncClient(timeout=timeout_seconds, trust_env=trusted, verify=_certificates(trusted))

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One exchange. Raises stripe.APIConnectionError when there was no whole answer."""
        try:
            answer = await self._client.request(method, url, headers=headers, content=post_data)
        except httpx.HTTPError as error:
            why = f"no answer from {urlsplit(url).netloc}: {type(error).__name__} {error}"
            raise stripe.APIConnectionError(why, should_retry=True) from error  # type: ignore[no-untyped-call]
        return answer.content, answer.status_code, answer.headers

    async def sleep_async(self, seconds: float) -> None:
        """The pause before the package's retry."""
        await asyncio.sleep(seconds)

    async def close_async(self) -> None:
        """Give connections back."""
        await self._client.aclose()


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
