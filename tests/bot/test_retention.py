"""Each kind of data is kept as long as the settings say and no longer, and everything stays accounted for."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, update

from bot.desk import Desk, utc_now
from bot.numbers.certificate import certify
from bot.privacy.retention import keep_no_longer
from channels.base import Unreadable
from storage.models import (
    Action,
    Delivery,
    Escalation,
    MemoryItem,
    Message,
    Step,
    Ticket,
    TicketStatus,
)
from tests.arrivals import arrive, on_each_database
from tests.bot.refunds import asked
from tests.desks import rows, settle, with_parts, write

KEPT = {"raw_days": 10, "trace_days": 20, "memory_days": 30, "ticket_days": 40}
pytestmark = pytest.mark.parametrize("desk_settings", [{"retention": KEPT}], indirect=True)


async def aged(desk: Desk, days: float) -> None:
    """The round of a night, so many days from now."""
    await keep_no_longer(with_parts(desk, now=lambda: utc_now() + timedelta(days=days)))


async def answered(desk: Desk) -> None:
    await write(desk, "T1", "1", "Where is my order NW-1001?")
    await arrive(desk, Unreadable("nobody can read this"), "broken")
    await settle(desk)

    def close(tx: Session) -> None:
        tx.exec(update(Ticket).values(status=TicketStatus.CLOSED))

    await desk.db.write(close)


async def left(desk: Desk) -> dict[str, int]:
    """How many rows of each kind still hold something."""
    return {
        "raw": sum(bool(row.body) for row in await rows(desk, Delivery)),
        "trace": sum(bool(row.data) for row in await rows(desk, Step)),
        "memory": len(await rows(desk, MemoryItem)),
        "words": sum(bool(row.text) for row in await rows(desk, Message)),
    }


@on_each_database
async def test_each_kind_goes_when_its_time_has_come_and_not_before(desk: Desk) -> None:
    await answered(desk)
    before = await left(desk)
    assert all(before.values())

    await aged(desk, 9)
    assert await left(desk) == before
    await aged(desk, 11)
    assert await left(desk) == {**before, "raw": 1}, "what is in quarantine waits for a person"
    await aged(desk, 21)
    assert (await left(desk))["trace"] == 0
    await aged(desk, 31)
    assert (await left(desk))["memory"] == 0
    assert (await left(desk))["words"] == before["words"]
    await aged(desk, 41)
    assert (await left(desk))["words"] == 0


async def test_the_rows_stay_so_that_everything_is_accounted_for(desk: Desk) -> None:
    await answered(desk)
    count = len(await rows(desk, Delivery))
    await aged(desk, 100)

    found = await desk.db.read(lambda tx: certify(tx, desk.jobs, desk.now(), days=1))

    assert found.balanced
    assert found.received == count
    assert all(step.seconds >= 0 and step.at for step in await rows(desk, Step))


async def test_tickets_that_are_not_over_keep_their_words(desk: Desk) -> None:
    await answered(desk)

    def reopen(tx: Session) -> None:
        tx.exec(update(Ticket).where(col(Ticket.status) == TicketStatus.CLOSED).values(status=TicketStatus.PENDING))

    await desk.db.write(reopen)
    await aged(desk, 1_000)

    found = await left(desk)
    assert found["words"] > 0
    assert found["memory"] > 0


async def test_what_was_said_about_a_ticket_goes_with_its_words_and_the_ledger_stays(desk: Desk) -> None:
    refund = await asked(desk)

    def close(tx: Session) -> None:
        tx.exec(update(Ticket).values(status=TicketStatus.CLOSED, subject="My house in Seville"))
        tx.exec(update(Action).values(reason="She lives in Seville"))

    await desk.db.write(close)
    await aged(desk, 41)

    kept = (await rows(desk, Action))[0]
    assert (kept.state, kept.amount_minor, kept.terms) == (refund.state, refund.amount_minor, refund.terms)
    said = [str(row.model_dump()) for table in (Ticket, Message, Escalation, Action) for row in await rows(desk, table)]
    assert [text for text in said if "Seville" in text] == []
