"""The sandbox provider is as strict as Stripe: keys, parameters, sums, statuses, signed webhooks."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import stripe
from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "whsec_sandbox"
KEY = "sk_test_sandbox"

# Otherwise the package writes a telemetry id into the home directory.
stripe.enable_telemetry = False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[PaymentsTown]:
    async with started("bot.sandbox.payments") as running, PaymentsTown(running.url) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def api(town: PaymentsTown) -> AsyncIterator[httpx.AsyncClient]:
    """Raw HTTP with the right key."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=town.url, headers=headers, trust_env=False) as client:
        yield client
    await town.settings(key_lifetime=86_400, refund_seconds=0, webhook_url=None)


@pytest_asyncio.fixture(loop_scope="module")
async def charge(town: PaymentsTown, request: pytest.FixtureRequest) -> str:
    ident = "ch_" + "".join(letter if letter.isalnum() else "_" for letter in request.node.name)
    await town.charge(ident, 10_000)
    return ident


async def refund(api: httpx.AsyncClient, key: str | None = None, **params: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await api.post("/v1/refunds", data=params, headers=headers)


def error(answer: httpx.Response) -> tuple[int, str, str]:
    """(status, code or type, parameter) of Stripe's error object."""
    said = answer.json()["error"]
    return answer.status_code, said.get("code", said["type"]), said.get("param", "")


# ------------------------------------------------------------------ who may ask, and how


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer sk_test_other", "Basic c2s6"])
async def test_only_the_right_key_is_let_in(town: PaymentsTown, authorization: str) -> None:
    async with httpx.AsyncClient(base_url=town.url, headers={"Authorization": authorization}) as stranger:
        answer = await stranger.get("/v1/balance")

    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, (400, "parameter_missing", "charge")),
        ({"charge": "ch_nobody"}, (404, "resource_missing", "charge")),
        ({"payment_intent": "pi_nobody"}, (404, "resource_missing", "payment_intent")),
        ({"charge": "x", "payment_intent": "y"}, (400, "parameter_missing", "charge")),
        ({"charge": "ch_alice_1001", "amount": "10.50"}, (400, "parameter_invalid_integer", "amount")),
        ({"charge": "ch_alice_1001", "amount": "0"}, (400, "parameter_invalid_integer", "amount")),
        ({"charge": "ch_alice_1001", "amount": "9901"}, (400, "invalid_request_error", "amount")),
        ({"charge": "ch_alice_1001", "reason": "angry"}, (400, "invalid_request_error", "reason")),
        ({"charge": "ch_alice_1001", "colour": "red"}, (400, "parameter_unknown", "colour")),
        ({"charge": "ch_alice_1001", "metadata": "flat"}, (400, "invalid_request_error", "metadata")),
        (
            {"charge": "ch_alice_1001", f"metadata[{'k' * 41}]": "v"},
            (400, "invalid_request_error", f"metadata[{'k' * 41}]"),
        ),
        ({"charge": "ch_alice_1001", "expand[0]": "nonsense"}, (400, "invalid_request_error", "expand")),
        ({"charge": "ch_carol_1007"}, (400, "charge_disputed", "")),
        ({"charge": "ch_carol_1008"}, (400, "charge_already_refunded", "")),
    ],
)
async def test_what_stripe_refuses_is_refused(
    town: PaymentsTown, api: httpx.AsyncClient, params: dict[str, str], expected: tuple[int, str, str]
) -> None:
    before = (await town.ledger())["version"]

    assert error(await refund(api, **params)) == expected

    assert (await town.ledger())["version"] == before


async def test_an_unknown_address_is_not_answered_with_a_page(api: httpx.AsyncClient) -> None:
    assert error(await api.get("/v1/nonsense")) == (404, "invalid_request_error", "")
    assert error(await api.get("/v1/charges/ch_nobody")) == (404, "resource_missing", "id")
    assert error(await api.get("/v1/charges?colour=red")) == (400, "parameter_unknown", "colour")


# ------------------------------------------------------------------ idempotency keys


async def test_the_same_request_under_a_key_is_answered_from_memory(
    town: PaymentsTown, api: httpx.AsyncClient, charge: str
) -> None:
    first = await refund(api, f"key {charge}", charge=charge, amount=100)
    again = await refund(api, f"key {charge}", charge=charge, amount=100)

    assert again.json() == first.json()
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert await town.refunded(charge) == 100
    assert [call["replayed"] for call in await town.calls("refunds.create")][-2:] == [False, True]


async def test_a_key_belongs_to_its_parameters(town: PaymentsTown, api: httpx.AsyncClient, charge: str) -> None:
    await refund(api, f"key {charge}", charge=charge, amount=100)

    assert error(await refund(api, f"key {charge}", charge=charge, amount=200)) == (400, "idempotency_error", "")
    assert await town.refunded(charge) == 100


async def test_a_request_in_flight_is_a_conflict(town: PaymentsTown, api: httpx.AsyncClient, charge: str) -> None:
    await town.settings(refund_seconds=2.0)
    first = asyncio.create_task(refund(api, f"key {charge}", charge=charge, amount=100))
    await asyncio.sleep(0.3)

    assert error(await refund(api, f"key {charge}", charge=charge, amount=100))[:2] == (409, "idempotency_key_in_use")

    assert (await first).status_code == 200
    assert await town.refunded(charge) == 100


async def test_a_failed_check_leaves_the_key_unused_and_a_refusal_is_remembered(
    api: httpx.AsyncClient, charge: str
) -> None:
    assert (await refund(api, f"one {charge}", charge=charge, amount="x")).status_code == 400
    assert (await refund(api, f"one {charge}", charge=charge, amount=100)).status_code == 200

    assert (await refund(api, f"two {charge}", charge=charge, amount=10_000)).status_code == 400
    again = await refund(api, f"two {charge}", charge=charge, amount=10_000)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (400, "true")


async def test_a_forgotten_key_pays_again(town: PaymentsTown, api: httpx.AsyncClient, charge: str) -> None:
    request = {"charge": charge, "amount": 100, "metadata[helpdesk_action]": f"act_{charge}"}
    await refund(api, f"key {charge}", **request)
    await town.forget_keys()
    await refund(api, f"key {charge}", **request)

    assert await town.paid_under(f"act_{charge}") == (2, 200)
    assert f"act_{charge}" in await town.paid_twice()

    await town.settings(key_lifetime=0)
    await refund(api, "at once", **request)
    await refund(api, "at once", **request)
    assert await town.paid_under(f"act_{charge}") == (4, 400)


# ------------------------------------------------------------------ money


async def test_partial_refunds_add_up(town: PaymentsTown, api: httpx.AsyncClient, charge: str) -> None:
    for amount in (1, 999, 4000):
        await refund(api, charge=charge, amount=amount)
    shown = (await api.get(f"/v1/charges/{charge}")).json()
    assert (shown["amount_refunded"], shown["refunded"]) == (5000, False)

    last = (await refund(api, charge=charge)).json()

    assert last["amount"] == 5000
    assert (await api.get(f"/v1/charges/{charge}")).json()["refunded"] is True
    assert (await town.ledger())["charges"][charge]["refunds"] == 4


async def test_money_of_a_failed_refund_comes_home(town: PaymentsTown, api: httpx.AsyncClient, charge: str) -> None:
    await town.refunds_become(charge, "requires_action")
    made = (await refund(api, charge=charge)).json()
    assert made["status"] == "requires_action"

    await town.move_refund(made["id"], "failed")

    assert await town.refunded(charge) == 0
    with pytest.raises(ValueError, match="cannot become"):
        await town.move_refund(made["id"], "succeeded")


async def test_a_dispute_fails_the_refund_that_was_pending(
    town: PaymentsTown, api: httpx.AsyncClient, charge: str
) -> None:
    await town.refunds_become(charge, "pending")
    made = (await refund(api, charge=charge)).json()
    assert made["pending_reason"] == "processing"

    await town.dispute(charge)

    assert (await api.get(f"/v1/refunds/{made['id']}")).json()["status"] == "failed"


async def test_metadata_is_kept_and_listed_newest_first_page_by_page(api: httpx.AsyncClient, charge: str) -> None:
    for number in range(5):
        await refund(api, charge=charge, amount=1, **{"metadata[n]": str(number), "metadata[empty]": ""})

    first = (await api.get("/v1/refunds", params={"charge": charge, "limit": 3})).json()
    cursor = first["data"][-1]["id"]
    rest = (await api.get("/v1/refunds", params={"charge": charge, "limit": 3, "starting_after": cursor})).json()
    back = (await api.get("/v1/refunds", params={"charge": charge, "limit": 2, "ending_before": cursor})).json()

    assert [row["metadata"] for row in first["data"]] == [{"n": "4"}, {"n": "3"}, {"n": "2"}]
    assert [row["metadata"]["n"] for row in rest["data"]] == ["1", "0"]
    assert [row["metadata"]["n"] for row in back["data"]] == ["4", "3"]
    assert (first["has_more"], rest["has_more"], back["has_more"]) == (True, False, False)


async def test_the_official_client_reads_every_list_and_object(town: PaymentsTown) -> None:
    client = stripe.StripeClient(KEY, base_addresses={"api": town.url})

    def read() -> tuple[Any, ...]:
        intent = client.v1.payment_intents.retrieve("pi_bob_1004", {"expand": ["latest_charge"]})
        return (
            [row.id for row in client.v1.charges.list({"customer": "cus_alice"}).data],
            [row.id for row in client.v1.payment_intents.list({"customer": "cus_bob"}).data],
            intent.latest_charge,
            client.v1.customers.retrieve("cus_carol").id,
            {row.id for row in client.v1.customers.list({"limit": 100}).data} >= {"cus_alice", "cus_bob"},
            client.v1.balance.retrieve().available[0].amount > 0,
            client.v1.refunds.list({"charge": "ch_carol_1008", "expand": ["data.charge"]}).data[0].charge,
        )

    charges, intents, latest, customer, customers_there, money_there, refunded = await asyncio.to_thread(read)

    assert charges == ["ch_alice_1002", "ch_alice_1001", "ch_alice_1003"]
    assert intents == ["pi_bob_1004", "pi_bob_1005"]
    assert isinstance(latest, stripe.Charge)
    assert (latest.id, latest.currency) == ("ch_bob_1004", "eur")
    assert (customer, customers_there, money_there) == ("cus_carol", True, True)
    assert isinstance(refunded, stripe.Charge)


# ------------------------------------------------------------------ news


async def test_webhooks_are_signed_and_sent_again_until_taken(
    town: PaymentsTown, api: httpx.AsyncClient, charge: str
) -> None:
    received: asyncio.Queue[stripe.Event] = asyncio.Queue()
    failures = [500, 500]

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        event = stripe.Webhook.construct_event(body, request.headers["Stripe-Signature"], SECRET)
        if failures:
            return web.Response(status=failures.pop())
        received.put_nowait(event)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await town.settings(webhook_url=f"http://127.0.0.1:{runner.addresses[0][1]}/hook")

    await town.refunds_become(charge, "pending")
    made = (await refund(api, charge=charge)).json()
    await town.move_refund(made["id"], "succeeded")
    async with asyncio.timeout(5):
        events = [await received.get() for _ in range(3)]
    await runner.cleanup()

    assert [event.type for event in events] == ["refund.created", "refund.updated", "charge.refund.updated"]
    assert [event.data.object["id"] for event in events] == [made["id"]] * 3
    assert [event.data.object["status"] for event in events] == ["pending", "succeeded", "succeeded"]
    assert [sent["status"] for sent in await town.webhooks()][:2] == [200, 200]


async def test_a_watcher_hears_of_a_change_when_it_happens(
    town: PaymentsTown, api: httpx.AsyncClient, charge: str
) -> None:
    version = (await town.ledger())["version"]
    waiting = asyncio.create_task(town.changes(version, seconds=5))
    await asyncio.sleep(0.1)
    assert not waiting.done()

    await refund(api, charge=charge, amount=77)

    assert (await waiting)["charges"][charge]["refunded"] == 77
    assert (await town.changes(10**9, seconds=0.05))["version"] == version + 1


async def test_a_fault_hits_the_operation_it_was_planned_for(
    town: PaymentsTown, api: httpx.AsyncClient, charge: str
) -> None:
    await town.fault("refunds.create", Fault.RATE_LIMITED, skip=1)

    assert (await api.get("/v1/balance")).status_code == 200
    assert (await refund(api, charge=charge, amount=1)).status_code == 200
    assert error(await refund(api, charge=charge, amount=1))[:2] == (429, "rate_limit")
    assert (await refund(api, charge=charge, amount=1)).status_code == 200


async def test_a_wish_that_makes_no_sense_is_explained(town: PaymentsTown) -> None:
    for nonsense in (
        town.charge("ch_x", 1, colour="red"),
        town.dispute("ch_nobody"),
        town.move_refund("re_x", "failed"),
    ):
        with pytest.raises(ValueError, match="refused"):
            await nonsense
