"""Real processes are killed while they pay back: every refund is made, and none twice, also when keys are forgotten."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from sqlmodel import Session, col, func, select

from bot.actions.kind import Case, Prepared
from bot.actions.refund import REFUND
from bot.actions.versions import row_of
from bot.backends import open_payments
from bot.desk import Desk
from bot.evals.chaos.shop import AMOUNT, ManyCustomers
from bot.evals.chaos.town import Desks, open_desks
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started
from bot.settings import Settings
from storage.models import Action, ActionState, Person, Ticket
from storage.open import open_storage

REFUNDS = 120
KILLS = 66
FIRST = 9000

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]


@asynccontextmanager
async def silent_desk(url: str, payments_url: str) -> AsyncIterator[Desk]:
    """A desk in this process: no doors, no team, nobody works."""
    storage = await open_storage(url)
    payments = open_payments("stripe", api_key="sk_test_sandbox", api_base=payments_url)
    nobody = cast(Any, None)
    yield Desk(Settings(), storage.db, storage.jobs, {}, None, nobody, ManyCustomers(), payments)
    await payments.close()
    await storage.close()


async def approve_many(url: str, town: PaymentsTown) -> list[str]:
    """Refunds of as many customers, approved and waiting to be carried out; their ids."""
    async with silent_desk(url, town.url) as desk:
        wishes = []
        for number in range(FIRST, FIRST + REFUNDS):
            await town.charge(f"ch_{number}", AMOUNT)
            case = Case("tkt_x", f"cus_{number}", 3, {"order_id": f"ORD-{number}", "reason": "broken"})
            wishes.append(await REFUND.prepare(desk, case))
        return await desk.db.write(lambda tx: _rows(tx, desk, wishes))


def _rows(tx: Session, desk: Desk, wishes: list[Prepared]) -> list[str]:
    person = Person(name="Everybody", created_at=desk.now())
    tx.add(person)
    tx.flush()
    ids = []
    for wish in wishes:
        times = {"created_at": desk.now(), "updated_at": desk.now()}
        ticket = Ticket(channel="slack", thread_key=wish.subject, requester_id=person.id, reply_to={}, **times)
        tx.add(ticket)
        tx.flush()
        action = row_of(desk, wish, ticket.id, None, ActionState.APPROVED)
        action.open_key, action.decided_by, action.decided_at = f"refund:{wish.subject}", "policy", desk.now()
        tx.add(action)
        tx.flush()
        desk.jobs.defer(tx, "act", action.id, lane=ticket.id)
        ids.append(action.id)
    return ids


def settings_for(url: str, payments_url: str) -> dict[str, str]:
    """One worker that is quick to try again; a claim lasts eight seconds."""
    return {
        "HELPDESK_DATABASE__URL": url,
        "HELPDESK_DESK__FIRST_PAUSE_SECONDS": "0.1",
        "HELPDESK_DESK__MAX_TRIES": "1000",
        "HELPDESK_DESK__LONGEST_PAUSE_SECONDS": "1",
        "HELPDESK_DESK__CONCURRENCY": "2",
        "HELPDESK_PAYMENTS__BACKEND": "stripe",
        "HELPDESK_PAYMENTS__STRIPE__API_KEY": "sk_test_sandbox",
        "HELPDESK_PAYMENTS__STRIPE__API_BASE": payments_url,
        "HELPDESK_PAYMENTS__STRIPE__TIMEOUT_SECONDS": "0.5",
        "HELPDESK_SHOP__BACKEND": "bot.evals.chaos.shop:ManyCustomers",
        "HELPDESK_CONFIG": "/dev/null",
    }


async def kill_while_paying(desks: Desks, town: PaymentsTown) -> None:
    """Kill each worker around the moment when the provider books a refund: just before, during, just after."""
    version = int((await town.ledger())["version"])
    while desks.kills < KILLS:
        pid = await desks.start("pay")
        version = int((await town.changes(version, seconds=10.0))["version"])
        await asyncio.sleep(random.choice([0.0, 0.0, 0.005, 0.02, 0.06]))
        await desks.kill(pid)


async def all_done(url: str) -> dict[str, int]:
    """How many actions are in each state, seen from outside the worker."""
    storage = await open_storage(url)
    query = select(Action.state, func.count()).group_by(col(Action.state))
    found = await storage.db.read(lambda tx: {state.value: count for state, count in tx.exec(query)})
    await storage.close()
    return found


@pytest.mark.parametrize("keys", ["kept", "forgotten"])
async def test_120_refunds_under_66_kills_are_paid_once_each(tmp_path: Path, keys: str) -> None:
    url = f"sqlite:///{tmp_path}/helpdesk.db"
    async with started("bot.sandbox.payments", "--empty") as running, PaymentsTown(running.url) as town:
        ids = await approve_many(url, town)
        await town.settings(refund_seconds=0.02, key_lifetime=86_400 if keys == "kept" else 0)
        async with open_desks(settings_for(url, town.url), tmp_path / "desk.log") as desks:
            await kill_while_paying(desks, town)
            paid_meanwhile = len((await town.ledger())["refunds"])
            last = await desks.start("pay")
            async with asyncio.timeout(180):
                while await all_done(url) != {"done": REFUNDS}:  # noqa: ASYNC110  (seen from outside)
                    await asyncio.sleep(0.5)
            await desks.kill(last)

        assert desks.kills >= KILLS
        assert paid_meanwhile > KILLS / 2, "the kills must come while money moves"
        assert await town.paid_twice() == []
        assert [await town.paid_under(ident) for ident in ids] == [(1, AMOUNT)] * REFUNDS
        looked = len(await town.calls("refunds.list"))
        assert looked >= KILLS / 3, "after a kill the provider is asked before anything is sent again"
