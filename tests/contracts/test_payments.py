"""What every payment provider keeps to, checked on the Stripe adapter against our sandbox and an outside witness.

Where the witness (tests/witness.py) cannot be had its half is reported as not run.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.backends.payments import PaymentsUnavailable, RefundOrder, RefundRefused, RefundStatus
from bot.backends.stripe import StripePayments
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started
from tests.witness import install, running_witness


@dataclass(frozen=True)
class Provider:
    """A running provider: where it is, and how a customer pays there."""

    url: str
    pay: Callable[..., Awaitable[str]]


@contextlib.asynccontextmanager
async def sandbox() -> AsyncIterator[Provider]:
    async with started("bot.sandbox.payments", "--empty") as running, PaymentsTown(running.url) as town:
        count = 0

        async def pay(amount: int, currency: str = "USD", *, disputed: bool = False) -> str:
            nonlocal count
            count += 1
            await town.charge(f"ch_{count}", amount, currency)
            if disputed:
                await town.dispute(f"ch_{count}")
            return f"ch_{count}"

        yield Provider(running.url, pay)


@contextlib.asynccontextmanager
async def witness() -> AsyncIterator[Provider]:
    if missing := await asyncio.to_thread(install):
        pytest.skip(f"NOT RUN: {missing}")
    async with running_witness() as running:
        yield Provider(running.url, running.pay)


PROVIDERS = {"sandbox": sandbox, "witness": witness}


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["sandbox", pytest.param("witness", marks=pytest.mark.witness)]
)
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    async with PROVIDERS[request.param]() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def payments(provider: Provider) -> AsyncIterator[StripePayments]:
    adapter = StripePayments(api_key="sk_test_sandbox", api_base=provider.url)
    yield adapter
    await adapter.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


def order(payment_ref: str, amount_minor: int, key: str | None = None, currency: str = "USD") -> RefundOrder:
    return RefundOrder(key or f"act_{payment_ref}", payment_ref, amount_minor, currency, "requested_by_customer")


async def test_a_payment_is_shown_as_it_is(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(9900)

    payment = await payments.get_payment(ref)

    assert payment is not None
    assert (payment.ref, payment.amount_minor, payment.refunded_minor) == (ref, 9900, 0)
    assert (payment.currency, payment.disputed, payment.refundable_minor) == ("USD", False, 9900)
    assert payment.method.lower() == "visa •• 4242"
    assert payment.created_at.utcoffset() is not None


async def test_an_unknown_payment_is_none(payments: StripePayments) -> None:
    assert await payments.get_payment("ch_nobody") is None


async def test_a_refund_moves_exactly_what_was_asked(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(9900)

    made = await payments.refund(order(ref, 2500, "act_first"))
    await payments.refund(order(ref, 400, "act_second"))

    assert (made.payment_ref, made.amount_minor, made.currency) == (ref, 2500, "USD")
    assert (made.status, made.key) == (RefundStatus.SUCCEEDED, "act_first")
    payment = await payments.get_payment(ref)
    assert payment is not None
    assert (payment.refunded_minor, payment.refundable_minor) == (2900, 7000)


async def test_the_same_order_twice_pays_once(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(9900)

    first = await payments.refund(order(ref, 1000))
    again = await payments.refund(order(ref, 1000))

    assert again == first
    payment = await payments.get_payment(ref)
    assert payment is not None
    assert payment.refunded_minor == 1000


async def test_a_key_is_never_used_for_another_amount(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(9900)
    await payments.refund(order(ref, 1000))

    with pytest.raises(RefundRefused) as refused:
        await payments.refund(order(ref, 2000))

    assert refused.value.code == "key_reused"
    payment = await payments.get_payment(ref)
    assert payment is not None
    assert payment.refunded_minor == 1000


async def test_more_than_is_left_is_refused_and_nothing_moves(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(9900)
    await payments.refund(order(ref, 9000, "act_most"))

    with pytest.raises(RefundRefused) as refused:
        await payments.refund(order(ref, 901, "act_more"))

    assert refused.value.code == "too_much"
    payment = await payments.get_payment(ref)
    assert payment is not None
    assert payment.refunded_minor == 9000


async def test_what_is_refunded_cannot_be_refunded_again(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(9900)
    await payments.refund(order(ref, 9900, "act_all"))

    with pytest.raises(RefundRefused) as refused:
        await payments.refund(order(ref, 1, "act_rest"))

    assert refused.value.code == "already_refunded"


async def test_a_disputed_payment_is_not_refunded(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(9900, disputed=True)
    payment = await payments.get_payment(ref)
    assert payment is not None
    assert (payment.disputed, payment.refundable_minor) == (True, 0)

    with pytest.raises(RefundRefused) as refused:
        await payments.refund(order(ref, 9900))

    assert refused.value.code == "disputed"


async def test_an_unknown_payment_cannot_be_refunded(payments: StripePayments) -> None:
    with pytest.raises(RefundRefused) as refused:
        await payments.refund(order("ch_nobody", 100))

    assert refused.value.code == "unknown_charge"


@pytest.mark.parametrize("amount_minor", [0, -500])
async def test_an_amount_below_one_is_refused(provider: Provider, payments: StripePayments, amount_minor: int) -> None:
    ref = await provider.pay(9900)

    with pytest.raises(RefundRefused) as refused:
        await payments.refund(order(ref, amount_minor, f"act_{ref}{amount_minor}"))

    assert refused.value.code == "not_allowed"


async def test_a_refund_is_found_by_our_key_among_others(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(9900)
    await payments.refund(order(ref, 100, "act_one"))
    made = await payments.refund(order(ref, 200, "act_two"))
    await payments.refund(order(ref, 300, "act_three"))

    assert await payments.find_refund(ref, "act_two") == made
    assert await payments.find_refund(ref, "act_four") is None
    assert await payments.get_refund(made.ref) == made
    assert await payments.get_refund("re_nobody") is None


async def test_currencies_keep_their_own_minor_units(provider: Provider, payments: StripePayments) -> None:
    ref = await provider.pay(4800, "JPY")

    made = await payments.refund(order(ref, 4800, currency="JPY"))

    assert (made.amount_minor, made.currency) == (4800, "JPY")


async def test_a_wrong_api_key_moves_nothing(provider: Provider) -> None:
    ref = await provider.pay(9900)
    stranger = StripePayments(api_key="nonsense", api_base=provider.url)

    with pytest.raises(RefundRefused) as refused:
        await stranger.refund(order(ref, 100))
    with pytest.raises(PaymentsUnavailable):
        await stranger.get_payment(ref)

    assert refused.value.code == "not_allowed"
    await stranger.close()
