"""2,400 clicks by 8 real processes on 300 pending refunds: every one has exactly one winner."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from bot.desk import utc_now
from bot.policy.terms import RefundTerms, terms_hash
from storage.models import Action, ActionState, Decision, Message, Person, Ticket
from storage.open import Storage

PROCESSES, ACTIONS = 8, 300

pytestmark = pytest.mark.serial

QUEUED = {
    "sqlite": "SELECT row_id FROM embedded_job WHERE kind = 'act'",
    "postgresql": "SELECT args->>'row_id' FROM procrastinate_jobs WHERE args->>'kind' = 'act' AND status = 'todo'",
}


async def test_however_many_press_at_once_every_action_is_decided_once(
    storage: Storage, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await storage.db.write(add_pending_refunds)

    seconds = await press(database_url)

    decisions = await storage.db.read(lambda tx: list(tx.exec(select(Decision))))
    actions = await storage.db.read(lambda tx: list(tx.exec(select(Action))))
    queued = await storage.db.read(lambda tx: [row[0] for row in tx.execute(text(QUEUED[storage.db.dialect]))])
    told = await storage.db.read(lambda tx: list(tx.exec(select(Message))))
    winners = {decision.action_id: decision for decision in decisions if decision.won}
    assert len(decisions) == PROCESSES * ACTIONS
    assert sum(decision.won for decision in decisions) == len(winners) == len(actions) == ACTIONS
    states = {"approve": ActionState.APPROVED, "deny": ActionState.DENIED}
    assert all(action.state is states[winners[action.id].verb] for action in actions)
    assert all(action.decided_by == winners[action.id].by for action in actions)
    approved = sorted(action.id for action in actions if action.state is ActionState.APPROVED)
    assert 0 < len(approved) < ACTIONS
    assert sorted(queued) == approved
    assert len(told) == ACTIONS - len(approved)
    with capsys.disabled():
        sys.stdout.write(f"\n{PROCESSES * ACTIONS} clicks on {storage.db.dialect} in {seconds:.1f} s\n")


async def press(url: str) -> float:
    """Let the processes press; how long it took them."""
    command = [sys.executable, "-m", "tests.crash.clicker", url, str(PROCESSES)]
    clicker = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, start_new_session=True)
    try:
        said, _ = await asyncio.wait_for(clicker.communicate(), 100)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(clicker.pid, signal.SIGKILL)
    outcome = json.loads(said)
    assert (clicker.returncode, outcome["failed"]) == (0, 0)
    return float(outcome["seconds"])


def add_pending_refunds(tx: Session) -> None:
    """Pending refunds with real terms, each on a ticket of its own."""
    now = utc_now()
    person = Person(name="Alice Adams", created_at=now)
    tx.add(person)
    tx.flush()
    for number in range(ACTIONS):
        ticket = Ticket(
            channel="slack",
            thread_key=f"T0:C1:{number}",
            requester_id=person.id,
            reply_to={"thread": str(number)},
            created_at=now,
            updated_at=now,
        )
        tx.add(ticket)
        tx.flush()
        tx.add(_refund(ticket.id, number))


def _refund(ticket_id: str, number: int) -> Action:
    terms = RefundTerms(f"ch_{number}", f"ch_{number}", f"ORD-{number}", 100 + number, "USD", "asked for", "visa")
    return Action(
        ticket_id=ticket_id,
        kind="refund",
        open_key=f"refund:ch_{number}",
        terms=asdict(terms),
        terms_hash=terms_hash(terms),
        facts={},
        verdict={},
        amount_minor=terms.amount_minor,
        currency=terms.currency,
        state=ActionState.PENDING,
        created_at=utc_now(),
        expires_at=utc_now() + timedelta(hours=24),
    )
