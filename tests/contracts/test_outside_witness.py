"""An outside witness beside our own provider: the same orders end in the same books, and the desk pays it once."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.actions.kind import Case
from bot.actions.refund import REFUND
from bot.actions.versions import row_of
from bot.backends import open_payments
from bot.backends.errors import BackendRefused
from bot.backends.payments import RefundOrder
from bot.backends.stripe import StripePayments
from bot.desk import Desk
from bot.evals.chaos.shop import AMOUNT, ManyCustomers
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started
from storage.models import Action, ActionState, Person, Ticket
from tests.desks import DiesAfter, dying, open_test_desk, room_of, settle, with_parts
from tests.witness import Witness, install, running_witness

pytestmark = pytest.mark.witness

ORDERS = 60


@pytest.fixture
async def witness() -> AsyncIterator[Witness]:
    if missing := await asyncio.to_thread(install):
        pytest.skip(f"NOT RUN: {missing}")
    async with running_witness() as running:
        yield running


async def outcome(payments: StripePayments, order: RefundOrder) -> str:
    """What a provider answers, in words that do not depend on its ids."""
    try:
        made = await payments.refund(order)
    except BackendRefused as refused:
        return refused.code
    return f"{made.status.value} {made.amount_minor} {made.currency} {made.key}"


async def test_the_same_orders_are_answered_alike_by_ours_and_by_the_witness(witness: Witness) -> None:
    dice = random.Random(6)
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(started("bot.sandbox.payments", "--empty"))
        town = await stack.enter_async_context(PaymentsTown(running.url))
        ours = StripePayments(api_key="sk_test_sandbox", api_base=running.url)
        theirs = StripePayments(api_key="sk_test_sandbox", api_base=witness.url)
        stack.push_async_callback(ours.close)
        stack.push_async_callback(theirs.close)
        charges = [(f"ch_{number}", await witness.pay(9900)) for number in range(4)]
        for mine, _ in charges:
            await town.charge(mine, 9900)

        for _ in range(ORDERS):
            mine, other = dice.choice(charges)
            amount, key = dice.choice([1, 900, 3300, 9900]), f"act_{mine}_{dice.randrange(8)}"
            said = [
                await outcome(at, RefundOrder(key, ref, amount, "USD", "requested_by_customer"))
                for at, ref in ((ours, mine), (theirs, other))
            ]
            assert said[0] == said[1], (key, amount)

        books = [(await town.refunded(mine), await witness.refunded(other)) for mine, other in charges]
    assert all(mine == other for mine, other in books)
    assert sum(mine for mine, _ in books) > 9900


class OneCustomer(ManyCustomers):
    """A shop whose charges are those of the witness."""

    def __init__(self, charge_id: str):
        super().__init__()
        self._charge_id = charge_id

    def _order(self, customer_id: str) -> Any:
        return replace(super()._order(customer_id), charge_ids=(self._charge_id,))

    def _charge(self, customer_id: str) -> Any:
        return replace(super()._charge(customer_id), id=self._charge_id)


@pytest.mark.parametrize("dies_after", ["refund", None])
async def test_the_desk_pays_once_by_the_books_of_the_witness(
    witness: Witness, sqlite_url: str, dies_after: str | None
) -> None:
    charge = await witness.pay(AMOUNT)
    async with open_test_desk(sqlite_url, witness.url, payments={"backend": "stripe"}) as plain:
        desk = with_parts(plain, shop=OneCustomer(charge))
        action = await approved(desk)
        if dies_after:
            # The witness has paid and the desk never heard of it.
            dead = with_parts(desk, payments=DiesAfter(desk.payments, dies_after))
            await settle(dead, run=dying(dead))
        await settle(desk)

        done = await desk.db.read(lambda tx: tx.get_one(Action, action))
        assert done.state is ActionState.DONE
        assert room_of(desk).cards
        [made] = await found(witness, charge)
        assert (made.ref, made.key, made.amount_minor) == (done.result["refund"], action, AMOUNT)
    assert await witness.refunded(charge) == AMOUNT


async def approved(desk: Desk) -> str:
    """A refund that somebody approved, waiting to be carried out."""
    wish = await REFUND.prepare(desk, Case("tkt_x", "cus_1", 3, {"order_id": "ORD-1", "reason": "broken"}))

    def add(tx: Session) -> str:
        times = {"created_at": desk.now(), "updated_at": desk.now()}
        person = Person(name="One", created_at=desk.now())
        tx.add(person)
        tx.flush()
        ticket = Ticket(channel="slack", thread_key="1", requester_id=person.id, reply_to={}, **times)
        tx.add(ticket)
        tx.flush()
        action = row_of(desk, wish, ticket.id, None, ActionState.APPROVED)
        action.decided_by, action.decided_at = "sam", desk.now()
        tx.add(action)
        tx.flush()
        desk.jobs.defer(tx, "act", action.id, lane=ticket.id)
        return action.id

    return await desk.db.write(add)


async def found(witness: Witness, charge: str) -> list[Any]:
    """The refunds the witness has of a charge."""
    payments = open_payments("stripe", api_key="sk_test_sandbox", api_base=witness.url)
    made = await payments.list_refunds(since=datetime.now(UTC) - timedelta(hours=1), payment_ref=charge)
    await payments.close()
    return made
