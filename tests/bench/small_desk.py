"""A desk to measure: real database, real jobs, sample shop, no money; the channel and the model lose no time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.models import Backend
from agents_team.team import Team
from agents_team.turn import PaidCall, Said, TraceStep, Turn
from bot.backends import open_payments, open_shop
from bot.desk import Desk
from bot.settings import Settings
from bot.steps.accept import accepting
from bot.worker import run_job
from channels.base import Reply
from channels.memory import MemoryChannel, MemoryRoom, said
from storage.open import open_storage
from tests.bench.scripted import QUESTION

ALICE = ("T0ACME", "U0ALICE")


class Letterbox(MemoryChannel):
    """Keeps no reply, only when the reply of each thread was handed over (`time.perf_counter`)."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, float] = {}
        self._arrived = asyncio.Event()

    async def send(self, reply: Reply) -> str:
        self.at[reply.to["thread"]] = time.perf_counter()
        self._arrived.set()
        return f"sent:{reply.key}"

    async def wait_for(self, thread: str) -> float:
        """When the reply of this thread came."""
        while thread not in self.at:
            self._arrived.clear()
            await self._arrived.wait()
        return self.at[thread]


@asynccontextmanager
async def open_small_desk(url: str, *, backend: Backend | None = None) -> AsyncIterator[Desk]:
    """A desk that answers at once. `backend`: what the team runs on, by default the offline model."""
    storage = await open_storage(url)
    shop = open_shop("sample")
    team = Team(TeamConfig(provider="offline"), shop, Knowledge(SAMPLE_KNOWLEDGE), backend=backend)
    unlimited = {"requester_runs_per_hour": 1_000_000, "channel_runs_per_hour": 1_000_000}
    settings = Settings.model_validate({"desk": {"quiet_seconds": 0}, "team": unlimited})
    payments = open_payments("none")
    yield Desk(settings, storage.db, storage.jobs, {"slack": Letterbox()}, MemoryRoom(), team, shop, payments)
    await team.close()
    await storage.close()


def letterbox_of(desk: Desk) -> Letterbox:
    channel = desk.channels["slack"]
    assert isinstance(channel, Letterbox)
    return channel


@asynccontextmanager
async def working(desk: Desk) -> AsyncIterator[None]:
    """The desk's worker runs while the block does."""
    work = asyncio.create_task(desk.jobs.work(partial(run_job, desk), concurrency=desk.settings.desk.concurrency))
    try:
        yield
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def ask(desk: Desk, thread: str, text: str = QUESTION) -> str:
    """Alice writes in a thread of its own; returns the delivery's key when it is accepted."""
    raw = said(thread, thread, text, by="/".join(ALICE), at=datetime.now(UTC))
    await accepting(desk)(raw)
    return raw.key


async def turn_of_alice(desk: Desk, text: str = QUESTION) -> Turn:
    """The turn that the desk makes of Alice's first message."""
    customer = await desk.shop.find_customer(slack=ALICE)
    assert customer is not None
    now = datetime.now(UTC)
    said = Said("requester", text, now, "/".join(ALICE))
    return Turn("run_0", "tkt_0", "slack", (said,), customer_id=customer.id, trust=2, now=now)


class MemoryLog:
    """A run's journal and trace in memory: what the team costs without a database."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, int], PaidCall] = {}
        self._steps: list[TraceStep] = []

    async def replay(self, request_hash: str, n: int) -> PaidCall | None:
        return self._calls.get((request_hash, n))

    async def keep(self, call: PaidCall) -> None:
        self._calls[call.request_hash, call.n] = call

    async def note(self, step: TraceStep) -> None:
        self._steps.append(step)
