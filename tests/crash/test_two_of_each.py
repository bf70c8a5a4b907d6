"""Two processes of every role on one PostgreSQL under load: killed, handed over, restarted; and nothing is lost."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.doors import LEASE
from bot.evals.chaos.rampage import Customers, keep_deciding, quiet
from bot.evals.chaos.town import Desks, Town, open_desks, open_town
from bot.evals.chaos.verdict import judge
from storage.db import Database
from storage.leases import Lease

pytestmark = [pytest.mark.serial, pytest.mark.timeout(240)]

DOORS = ("slack", "mail")
ROLES = (*DOORS, "worker", "web")
HAND_OVER_SECONDS = LEASE.total_seconds() + 7
GRACEFUL_SECONDS = 7.0
DRAIN_SECONDS = 15.0
LONGEST_STOP_SECONDS = 30.0


class Fleet:
    """Two of each role, and who of them holds a door."""

    def __init__(self, desks: Desks, db: Database):
        self._desks = desks
        self._db = db
        self.pids: dict[str, list[int]] = {}

    async def start(self) -> None:
        for role in ROLES:
            self.pids[role] = [await self._desks.start(role), await self._desks.start(role)]

    async def holder(self, door: str) -> int | None:
        """The pid of the process that holds the door now; None while nobody does."""

        def look(tx: Session) -> str:
            lease = tx.get(Lease, f"door:{door}")
            return lease.holder if lease else ""

        pid = (await self._db.read(look)).partition("-")[0]
        return int(pid) if pid.isdigit() and int(pid) in self.pids[door] else None

    async def wait_for_holder(self, door: str, seconds: float = 30) -> int:
        async with asyncio.timeout(seconds):
            while True:
                pid = await self.holder(door)
                if pid is not None:
                    return pid
                await asyncio.sleep(0.05)

    async def kill_one(self, role: str) -> float:
        """kill -9 to the one that matters; seconds until another has taken its door over."""
        victim = await self.wait_for_holder(role) if role in DOORS else self.pids[role][0]
        self.pids[role].remove(victim)
        began = time.monotonic()
        await self._desks.kill(victim)
        if role in DOORS:
            await self.wait_for_holder(role)
        took = time.monotonic() - began
        self.pids[role].append(await self._desks.start(role))
        return took

    async def restart_oldest(self, role: str) -> tuple[float, float]:
        """As an operator upgrades: ask it to stop, then start the new one. Seconds of both: draining, handing over."""
        victim = self.pids[role].pop(0)
        began = time.monotonic()
        await self._stop(role, victim)
        drained = time.monotonic() - began
        if role in DOORS:
            await self.wait_for_holder(role)
        handed = time.monotonic() - began - drained
        self.pids[role].append(await self._desks.start(role))
        return drained, handed

    async def _stop(self, role: str, pid: int) -> None:
        try:
            async with asyncio.timeout(LONGEST_STOP_SECONDS):
                await self._desks.stop(pid)
        except TimeoutError:
            os.kill(pid, signal.SIGABRT)  # what each of its threads is doing goes to desk.log
            await asyncio.sleep(1)
            raise AssertionError(f"a process of role {role} did not stop; see desk.log") from None

    async def stop(self) -> None:
        await asyncio.gather(*(self._stop(role, pid) for role, pids in self.pids.items() for pid in pids))


async def first_answer(town: Town, customers: Customers) -> None:
    """The desk is at work: before its first message it does not know where in a channel's history to begin."""
    async with asyncio.timeout(60):
        while True:
            answered = {message.get("thread_ts") for message in await town.slack.messages("C0ACME")}
            if answered & customers.slack.keys():
                return
            await asyncio.sleep(0.1)


async def test_killed_handed_over_and_restarted_one_by_one_without_a_loss(tmp_path: Path, postgres_url: str) -> None:
    db = Database(postgres_url)
    await db.open()
    async with open_town(tmp_path, postgres_url) as town:
        town.environment["PYTHONFAULTHANDLER"] = "1"
        customers, stop = Customers(town), asyncio.Event()
        async with open_desks(town.environment, tmp_path / "desk.log") as desks:
            fleet = Fleet(desks, db)
            await fleet.start()
            for door in DOORS:
                await fleet.wait_for_holder(door)
            writing = asyncio.create_task(customers.keep_writing(stop, 0.8))
            deciding = asyncio.create_task(keep_deciding(town))

            await first_answer(town, customers)
            took = {role: await fleet.kill_one(role) for role in ROLES}
            restarts = [await fleet.restart_oldest(role) for role in ROLES]
            stop.set()
            await writing
            await quiet(town, 120)
            deciding.cancel()
            with suppress(asyncio.CancelledError):
                await deciding
            await fleet.stop()
        verdict = await judge(town, customers, postgres_url)
    await db.close()

    assert verdict.problems == []
    assert max(took[door] for door in DOORS) < HAND_OVER_SECONDS, took
    assert max(drained for drained, _ in restarts) < DRAIN_SECONDS, restarts
    assert max(handed for _, handed in restarts) < GRACEFUL_SECONDS, "a lease that is given back need not run out"
    assert len(customers.orders) > 15
