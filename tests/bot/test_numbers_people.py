"""What people make of it: who came back, who was content, and how long they waited while somebody could be there."""

from datetime import time, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from bot.desk import Desk
from bot.numbers.figures import figures
from bot.policy.hours import OpenHours
from bot.tickets.life import solve
from storage.models import Event, Rating, Ticket
from tests.arrivals import on_each_database
from tests.desks import rows, settle, write

QUESTION = "Where is my order NW-1001?"
DAY = timedelta(days=1)


async def counted(desk: Desk, calendar: OpenHours | None = None) -> dict[str, Any]:
    """The figures of today, seen when everybody had time to come back."""
    now = desk.now()
    chosen = calendar or OpenHours()
    return await desk.db.read(
        lambda tx: figures(tx, now - DAY, now + DAY, now + 4 * DAY, desk.settings.numbers, chosen)
    )


async def answered(desk: Desk, thread: str, number: str) -> None:
    await write(desk, thread, number, QUESTION)
    await settle(desk)


async def solved(desk: Desk) -> None:
    def change(tx: Session) -> None:
        for ticket in tx.exec(select(Ticket)):
            solve(tx, desk, ticket, "bot")

    await desk.db.write(change)


@on_each_database
async def test_writing_again_after_it_was_solved_takes_the_deflection_back(desk: Desk) -> None:
    await answered(desk, "T1", "1")
    await solved(desk)
    before = await counted(desk)
    assert (before["deflected"], before["taken_back"], before["reopened"]) == (1, 0, 0)

    await answered(desk, "T1", "2")

    after = await counted(desk)
    assert (after["deflected"], after["taken_back"], after["reopened"]) == (0, 1, 1)
    assert [event.kind for event in await rows(desk, Event) if event.kind == "reopened"] == ["reopened"]


async def test_writing_again_before_it_was_solved_reopens_nothing(desk: Desk) -> None:
    await answered(desk, "T1", "1")
    await answered(desk, "T1", "2")

    assert (await counted(desk))["reopened"] == 0


async def test_ratings_are_counted_by_who_answered(desk: Desk) -> None:
    for number in range(4):
        await answered(desk, f"T{number}", str(number))

    def rate(tx: Session) -> None:
        for place, ticket in enumerate(tx.exec(select(Ticket)).all()[:3]):
            tx.add(Rating(ticket_id=ticket.id, good=place != 1, by="T0ACME/U0ALICE", at=desk.now()))

    await desk.db.write(rate)
    found = await counted(desk)

    assert (found["ratings"], found["csat_rate"], found["csat_bot_rate"]) == (3, 0.6667, 0.6667)
    assert found["csat_staff_rate"] is None, "nobody of them was answered by a person"


@pytest.mark.parametrize("is_open", [True, False])
async def test_waiting_while_nobody_could_be_there_does_not_count_in_open_hours(desk: Desk, is_open: bool) -> None:
    await answered(desk, "T1", "1")
    now = desk.now()
    days = frozenset({now.weekday(), (now.weekday() + 1) % 7}) if is_open else frozenset({(now.weekday() + 3) % 7})
    found = await counted(desk, OpenHours(days=days, opens=time.min, closes=time.max))

    assert found["first_answer_p50"] > 0
    assert (found["first_answer_open_p50"] > 0) is is_open
