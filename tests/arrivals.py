"""For tests: a door through which anything may come, a team that is interrupted or says what it is told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from agents_team.team import Team
from agents_team.turn import Answer, RunLog, Turn
from bot.desk import Desk
from bot.worker import run_job
from channels.base import Author, Inbound, Raw, Reply, Role, Trust, Wrote
from channels.memory import MemoryChannel
from storage.jobs import Job, Run
from storage.models import Delivery
from tests.desks import hand_in, rows

on_each_database = pytest.mark.parametrize("desk_url", ["sqlite", "postgresql"], indirect=True)
"""What rests on what a transaction promises is tested on both homes."""

ALICE = Author("alice@example.com", "Alice Adams", Role.REQUESTER, Trust.ALIGNED_MAIL, email="alice@example.com")
STAFF = Author("T0NORTHWIND/U0SAM", "Sam", Role.STAFF, Trust.VOUCHED)


@dataclass
class OpenDoor(MemoryChannel):
    """Also reads what a test says a delivery means, and fails to send as often as it has been given reasons."""

    meanings: dict[str, Inbound | Exception] = field(default_factory=dict)
    trouble: list[Exception] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def read(self, raw: Raw) -> Inbound:
        meaning = self.meanings.get(raw.key)
        if meaning is None:
            return await super().read(raw)
        if isinstance(meaning, Exception):
            raise meaning
        return meaning

    async def find_sent(self, reply: Reply) -> str | None:
        self.asked.append(reply.key)
        return await super().find_sent(reply)

    async def send(self, reply: Reply) -> str:
        if self.trouble:
            raise self.trouble.pop(0)
        return await super().send(reply)


def door(desk: Desk, name: str = "slack") -> OpenDoor:
    found = desk.channels[name]
    assert isinstance(found, OpenDoor)
    return found


def letter(desk: Desk, thread: str, number: str, text: str, by: Author = ALICE, **more: Any) -> Wrote:
    """A mail as the mail door understands it."""
    return Wrote(
        **{
            "thread_key": thread,
            "external_id": number,
            "author": by,
            "text": text,
            "full_text": text,
            "sent_at": desk.now(),
            "reply_to": {"to": by.external_id, "thread": thread},
            **more,
        }
    )


async def arrive(desk: Desk, meaning: Inbound | Exception, key: str, *, channel: str = "slack") -> None:
    """Something comes in through a door, and means this."""
    door(desk, channel).meanings[key] = meaning
    await hand_in(desk, Raw(channel, key, "lane", b"raw bytes"))


async def understood(desk: Desk) -> None:
    """Everything that came in is understood, whether a worker runs or not: ingest may be done twice."""
    for delivery in await rows(desk, Delivery):
        await once(desk, "ingest", delivery.id)


Meanwhile = Callable[[], Awaitable[None]]


class Interrupted:
    """The team; each time it thinks, the next of these things happens meanwhile."""

    def __init__(self, team: Team, *meanwhile: Meanwhile):
        self._team = team
        self._meanwhile = list(meanwhile)
        self.turns: list[Turn] = []

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        self.turns.append(turn)
        if self._meanwhile:
            await self._meanwhile.pop(0)()
        return await self._team.respond(turn, log)


class SaysWhatItIsTold:
    """A team whose model may say and propose anything; a list of answers and failures, the last one for good."""

    def __init__(self, *answers: Answer | Exception):
        self._answers = list(answers)
        self.turns: list[Turn] = []

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        self.turns.append(turn)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def before(desk: Desk, kind: str, meanwhile: Meanwhile, *, number: int = 1) -> Run:
    """Runs jobs as the program does; right before the first (or `number`-th) of this kind, something happens."""
    seen = 0

    async def run(job: Job) -> datetime | None:
        nonlocal seen
        seen += job.kind == kind
        if job.kind == kind and seen == number:
            await meanwhile()
        return await run_job(desk, job)

    return run


async def once(desk: Desk, kind: str, row_id: str, *, attempt: int = 1) -> datetime | None:
    """Do one job now, whatever else is waiting."""
    return await run_job(desk, Job("job_test", kind, row_id, "lane", attempt))
