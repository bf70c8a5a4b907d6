"""The Stripe adapter when things go wrong: faults on the way, forgotten keys, slow banks, forged webhooks."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import stripe

from bot.backends.payments import PaymentsUnavailable, RefundOrder, RefundRefused, RefundStatus
from bot.backends.stripe import StripePayments
from bot.sandbox.faults import Fault
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started

SECRET = "whsec_sandbox"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[PaymentsTown]:
    async with started("bot.sandbox.payments", "--empty") as running, PaymentsTown(running.url) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def payments(town: PaymentsTown) -> AsyncIterator[StripePayments]:
    adapter = StripePayments(api_key="sk_test_sandbox", api_base=town.url, webhook_secret=SECRET, timeout_seconds=0.4)
    yield adapter
    await adapter.close()
    await town.clear_faults()
    await town.settings(key_lifetime=86_400, refund_seconds=0)


@pytest_asyncio.fixture(loop_scope="module")
async def charge(town: PaymentsTown, request: pytest.FixtureRequest) -> str:
    name = request.node.name.replace("[", "_").rstrip("]")
    shown = await town.charge(f"ch_{name}", 9900, payment_intent=f"pi_{name}")
    return str(shown["id"])


def order(payment_ref: str, amount_minor: int = 9900, key: str | None = None) -> RefundOrder:
    return RefundOrder(key or f"act_{payment_ref}", payment_ref, amount_minor, "USD", "because the mug was broken")


APPLIED = [Fault.APPLY_THEN_RESET, Fault.APPLY_THEN_HANG, Fault.APPLY_THEN_ERROR]
NOT_APPLIED = [Fault.RESET, Fault.HANG, Fault.SERVER_ERROR, Fault.RATE_LIMITED]


@pytest.mark.parametrize("fault", APPLIED)
async def test_money_moved_and_the_answer_was_lost_so_looking_finds_it(
    town: PaymentsTown, payments: StripePayments, charge: str, fault: Fault
) -> None:
    await town.fault("refunds.create", fault)

    with pytest.raises(PaymentsUnavailable):
        await payments.refund(order(charge))

    found = await payments.find_refund(charge, f"act_{charge}")
    assert found is not None
    assert found.amount_minor == 9900
    assert await payments.refund(order(charge)) == found
    assert await town.paid_under(f"act_{charge}") == (1, 9900)


@pytest.mark.parametrize("fault", NOT_APPLIED)
async def test_nothing_moved_and_the_same_order_can_be_given_again(
    town: PaymentsTown, payments: StripePayments, charge: str, fault: Fault
) -> None:
    await town.fault("refunds.create", fault)

    with pytest.raises(PaymentsUnavailable):
        await payments.refund(order(charge))

    assert await payments.find_refund(charge, f"act_{charge}") is None
    await payments.refund(order(charge))
    assert await town.paid_under(f"act_{charge}") == (1, 9900)


@pytest.mark.parametrize("fault", APPLIED)
async def test_a_lost_answer_is_never_followed_by_a_second_try_that_did_not_look(
    town: PaymentsTown, payments: StripePayments, charge: str, fault: Fault
) -> None:
    await town.settings(key_lifetime=0)
    await town.fault("refunds.create", fault)

    with pytest.raises(PaymentsUnavailable):
        await payments.refund(order(charge, 1000))

    assert await town.paid_under(f"act_{charge}") == (1, 1000)


async def test_the_refund_is_found_after_the_provider_forgot_the_key(
    town: PaymentsTown, payments: StripePayments, charge: str
) -> None:
    made = await payments.refund(order(charge, 1000))
    await town.forget_keys()

    assert await payments.find_refund(charge, f"act_{charge}") == made


async def test_an_order_that_took_everything_is_recognised_although_its_key_is_forgotten(
    town: PaymentsTown, payments: StripePayments, charge: str
) -> None:
    made = await payments.refund(order(charge))
    await town.forget_keys()

    assert await payments.refund(order(charge)) == made
    with pytest.raises(RefundRefused) as refused:
        await payments.refund(order(charge, key="act_of_somebody_else"))
    assert refused.value.code == "already_refunded"


async def test_while_the_first_try_still_runs_the_second_may_have_acted(
    town: PaymentsTown, payments: StripePayments, charge: str
) -> None:
    await town.settings(refund_seconds=0.3)
    first = asyncio.create_task(payments.refund(order(charge)))
    await asyncio.sleep(0.1)

    with pytest.raises(PaymentsUnavailable):
        await payments.refund(order(charge))

    assert (await first).amount_minor == 9900
    assert await town.paid_under(f"act_{charge}") == (1, 9900)


async def test_a_refund_is_found_behind_more_than_a_page_of_others(
    town: PaymentsTown, payments: StripePayments, charge: str
) -> None:
    wanted = await payments.refund(order(charge, 50, "act_long_ago"))
    for _ in range(105):
        await town.refund_by_hand(charge, 1)
    before = len(await town.calls("refunds.list"))

    assert await payments.find_refund(charge, "act_long_ago") == wanted
    assert len(await town.calls("refunds.list")) == before + 2


async def test_a_payment_intent_is_a_reference_too(town: PaymentsTown, payments: StripePayments, charge: str) -> None:
    intent = charge.replace("ch_", "pi_")

    made = await payments.refund(order(intent, 900))

    payment = await payments.get_payment(intent)
    assert payment is not None
    assert (payment.ref, payment.refundable_minor, made.payment_ref) == (intent, 9000, intent)
    assert await payments.find_refund(intent, f"act_{intent}") == made
    assert await town.refunded(charge) == 900
    assert await payments.get_payment("pi_nobody") is None


async def test_what_was_authorised_and_never_captured_is_not_refundable(
    town: PaymentsTown, payments: StripePayments
) -> None:
    await town.charge("ch_uncaptured", 9900, captured=False)

    payment = await payments.get_payment("ch_uncaptured")

    assert payment is not None
    assert payment.refundable_minor == 0


async def test_a_read_survives_one_broken_connection_and_no_more(
    town: PaymentsTown, payments: StripePayments, charge: str
) -> None:
    await town.fault("charges.retrieve", Fault.RESET)
    assert await payments.get_payment(charge) is not None

    await town.fault("charges.retrieve", Fault.RESET, times=2)
    with pytest.raises(PaymentsUnavailable):
        await payments.get_payment(charge)


async def test_no_call_outlives_the_limit_that_leases_rely_on(
    town: PaymentsTown, payments: StripePayments, charge: str
) -> None:
    await town.fault("charges.retrieve", Fault.HANG, times=2)
    began = time.monotonic()

    with pytest.raises(PaymentsUnavailable):
        await payments.get_payment(charge)

    assert time.monotonic() - began < payments.call_limit.total_seconds()
    assert StripePayments(api_key="sk_test_x").call_limit.total_seconds() == 45


async def test_a_call_that_only_drips_ends_at_the_limit(charge: str) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"H")
            await asyncio.sleep(0.05)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    dripping = StripePayments(api_key="sk_test_x", api_base=f"http://127.0.0.1:{port}", timeout_seconds=0.2)
    dripping.call_limit = dripping.call_limit / 10

    with pytest.raises(PaymentsUnavailable, match="longer than"):
        await dripping.refund(order(charge))

    await dripping.close()
    server.close()


async def test_nobody_is_there(charge: str) -> None:
    nowhere = StripePayments(api_key="sk_test_x", api_base="http://127.0.0.1:9", timeout_seconds=0.2)

    with pytest.raises(PaymentsUnavailable):
        await nowhere.refund(order(charge))

    await nowhere.close()


async def test_the_customer_is_never_reported_as_a_fraud(
    town: PaymentsTown, payments: StripePayments, charge: str
) -> None:
    for reason, said in (("duplicate", "duplicate"), ("fraudulent", "requested_by_customer")):
        await payments.refund(RefundOrder(f"act_{charge}_{reason}", charge, 10, "USD", reason))
        assert (await town.calls("refunds.create"))[-1]["params"]["reason"] == said


# ------------------------------------------------------------------ later news


async def test_a_pending_refund_that_fails_later_is_told_by_poll_and_webhook(
    town: PaymentsTown, payments: StripePayments, charge: str
) -> None:
    await town.refunds_become(charge, "pending")
    made = await payments.refund(order(charge))
    assert made.status is RefundStatus.PENDING

    shown = await town.move_refund(made.ref, "failed", "expired_or_canceled_card")

    now = await payments.get_refund(made.ref)
    assert now is not None
    assert now.status is RefundStatus.FAILED
    payment = await payments.get_payment(charge)
    assert payment is not None
    assert payment.refunded_minor == 0
    body, headers = signed({"type": "refund.failed", "data": {"object": shown}})
    [event] = payments.parse_webhook(headers, body)
    assert event.refund == now


def signed(event: dict[str, Any], *, secret: str = SECRET, at: int | None = None) -> tuple[bytes, dict[str, str]]:
    """What Stripe would send."""
    whole = {"id": "evt_1", "object": "event", "api_version": stripe.api_version, "created": 1, **event}
    body = json.dumps(whole)
    return body.encode(), {"STRIPE-SIGNATURE": stripe.WebhookSignature.generate_signature_header(body, secret, at)}


async def test_a_forged_or_stale_webhook_is_not_believed(payments: StripePayments) -> None:
    event: dict[str, Any] = {"type": "refund.updated", "data": {"object": {"id": "re_1", "object": "refund"}}}
    body, headers = signed(event)
    forged, stale = signed(event, secret="whsec_guess"), signed(event, at=int(time.time()) - 3600)

    for bad_body, bad_headers in (forged, stale, (body + b" ", headers), (body, {}), (b"\xff", headers)):
        with pytest.raises(ValueError, match=r"sign|timestamp|decode"):
            payments.parse_webhook(bad_headers, bad_body)


async def test_a_webhook_about_something_else_is_no_news(payments: StripePayments) -> None:
    body, headers = signed({"type": "charge.succeeded", "data": {"object": {"id": "ch_1", "object": "charge"}}})

    assert payments.parse_webhook(headers, body) == []


async def test_without_a_webhook_secret_nothing_is_believed(town: PaymentsTown) -> None:
    adapter = StripePayments(api_key="sk_test_sandbox", api_base=town.url)
    body, headers = signed({"type": "refund.updated", "data": {"object": {"id": "re_1", "object": "refund"}}})

    with pytest.raises(ValueError, match="secret"):
        adapter.parse_webhook(headers, body)

    await adapter.close()


@pytest.mark.parametrize(
    ("api_key", "mode", "restricted"),
    [("sk_test_1", "test", False), ("sk_live_1", "live", False), ("rk_live_1", "live", True)],
)
async def test_the_mode_of_the_key_is_known(api_key: str, mode: str, restricted: bool) -> None:
    adapter = StripePayments(api_key=api_key)

    assert (adapter.key_mode, adapter.key_is_restricted) == (mode, restricted)

    await adapter.close()
