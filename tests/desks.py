"""A whole desk for tests: real database, real jobs, the offline team, the official payment client; Slack in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel, select

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.team import Team
from bot.backends import open_payments, open_shop
from bot.desk import Desk, utc_now
from bot.settings import Settings
from bot.steps.accept import accepting
from bot.worker import run_job
from bot.worker import settle as work_off
from channels.base import Raw
from channels.memory import MemoryChannel, MemoryRoom, said
from storage.jobs import Job, Run
from storage.open import open_storage

FAST = {"desk": {"quiet_seconds": 0, "first_pause_seconds": 0.05, "max_tries": 4}}


class Killed(BaseException):
    """The process dies here: nothing that follows happens, no handler runs."""


@asynccontextmanager
async def open_test_desk(url: str, payments_url: str, **settings: Any) -> AsyncIterator[Desk]:
    """A desk on the database at `url`; `settings` are sections over the fast ones."""
    storage = await open_storage(url, heartbeat_seconds=0.2, silence_seconds=1.0, grace_seconds=1.0)
    options = {"api_key": "sk_test_sandbox", "api_base": payments_url, "webhook_secret": "whsec_sandbox"}
    payments = open_payments("stripe", **options, timeout_seconds=1.0)
    shop = open_shop("sample")
    config = TeamConfig(provider="offline")
    team = Team(config, shop, Knowledge(SAMPLE_KNOWLEDGE))
    chosen = Settings.model_validate({**FAST, **settings})
    yield Desk(
        chosen, storage.db, storage.jobs, {"slack": MemoryChannel()}, MemoryRoom(), team, shop, payments, utc_now
    )
    await team.close()
    await payments.close()
    await storage.close()


def slack_of(desk: Desk) -> MemoryChannel:
    channel = desk.channels["slack"]
    assert isinstance(channel, MemoryChannel)
    return channel


def room_of(desk: Desk) -> MemoryRoom:
    assert isinstance(desk.staff_room, MemoryRoom)
    return desk.staff_room


async def hand_in(desk: Desk, *raws: Raw) -> None:
    for raw in raws:
        await accepting(desk)(raw)


async def write(desk: Desk, thread: str, number: str, text: str, **more: Any) -> None:
    """A customer writes and Slack hands it in."""
    await hand_in(desk, said(thread, number, text, at=desk.now(), **more))


async def settle(desk: Desk, seconds: float = 20.0, *, run: Run | None = None) -> None:
    """Work until no job is left. `run` does a job; default: as the program does."""
    await work_off(desk, seconds, run=run)


async def rows(desk: Desk, table: type[SQLModel]) -> list[Any]:
    """Every row of a table."""

    def look(tx: Session) -> list[Any]:
        return list(tx.exec(select(table)).all())

    return await desk.db.read(look)


def with_parts(desk: Desk, **parts: Any) -> Desk:
    """The same desk with other parts."""
    return replace(desk, **parts)


class DiesAfter:
    """Stands in for a part of the desk: one method does its work and then the process dies, the first time."""

    def __init__(self, part: Any, method: str):
        self._part = part
        self._method = method
        self.deaths = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name != self._method or self.deaths:
            return found

        async def last_words(*arguments: Any, **named: Any) -> Any:
            await found(*arguments, **named)
            self.deaths += 1
            raise Killed(f"killed right after {name}")

        return last_words


def dying(desk: Desk) -> Run:
    """Runs jobs on a desk some of whose parts are DiesAfter: a death leaves the job as a dead process would."""

    async def run(job: Job) -> datetime | None:
        try:
            return await run_job(desk, job)
        except Killed as death:
            raise RuntimeError("the process died") from death

    return run
