"""The certificate: everything received is accounted for, each skip with its reason, and what is lost is named."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, col, delete, select, update

from bot.desk import Desk, utc_now
from bot.numbers.certificate import Certificate, certify
from bot.numbers.nightly import issue_certificate
from channels.base import Nothing
from channels.memory import said
from storage.jobs_embedded import EmbeddedJob
from storage.models import Delivery, Message, Note, Outcome, Sending
from tests.arrivals import arrive, on_each_database
from tests.desks import hand_in, rows, settle, with_parts, write

QUESTION = "Where is my order NW-1001?"


async def issued(desk: Desk, *, later: timedelta = timedelta(0)) -> Certificate:
    return await desk.db.read(lambda tx: certify(tx, desk.jobs, desk.now() + later, days=1))


@on_each_database
async def test_everything_received_is_accounted_for_each_skip_with_its_reason(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    again = said("T1", "1", QUESTION, at=desk.now())
    await hand_in(desk, again, again)
    await arrive(desk, Nothing("a reaction nobody needs to hear of"), "k1")
    await arrive(desk, Nothing("a reaction nobody needs to hear of"), "k2")
    await settle(desk)

    found = await issued(desk, later=timedelta(minutes=10))

    assert found.balanced, found.lost
    assert found.received == sum(count for per in found.outcomes.values() for count in per.values()) + found.waiting
    assert found.received_again >= 1
    assert {
        "channel": "slack",
        "outcome": "ignored",
        "why": "a reaction nobody needs to hear of",
        "count": 2,
    } in found.skips


async def test_what_cannot_be_read_is_a_skip_with_the_reason_and_no_loss(desk: Desk) -> None:
    from channels.base import Unreadable

    await arrive(desk, Unreadable("neither an event nor an interaction"), "k1")
    await settle(desk)

    found = await issued(desk, later=timedelta(minutes=10))

    assert found.balanced
    assert [(skip["outcome"], skip["why"]) for skip in found.skips] == [
        ("quarantined", "neither an event nor an interaction")
    ]


async def test_what_is_still_on_its_way_is_waiting_and_not_lost(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)

    found = await issued(desk, later=timedelta(minutes=10))

    assert (found.waiting, found.balanced) == (1, True), "its job waits"


def drop_jobs(tx: Session) -> None:
    tx.exec(delete(EmbeddedJob))


def drop_message(tx: Session) -> None:
    message = tx.exec(select(Message).where(Message.role == "requester")).first()
    assert message is not None
    tx.exec(update(Message).where(col(Message.id) == message.id).values(answered_by=None))
    tx.exec(update(Delivery).values(subject_id="msg_gone"))


def forget_the_answer(tx: Session) -> None:
    tx.exec(update(Message).where(col(Message.role) == "requester").values(answered_by=None))


def say_nothing(tx: Session) -> None:
    tx.exec(update(Message).where(col(Message.role) == "bot").values(run_id=None))


def leave_unsent(tx: Session) -> None:
    tx.exec(update(Message).where(col(Message.role) == "bot").values(sending=Sending.READY))


def fail_in_silence(tx: Session) -> None:
    tx.exec(update(Message).where(col(Message.role) == "bot").values(sending=Sending.FAILED))


LOSSES = [drop_message, forget_the_answer, say_nothing, leave_unsent, fail_in_silence]


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
async def test_each_way_to_lose_something_is_named(desk: Desk, lose: Callable[[Session], None]) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)
    assert (await issued(desk, later=timedelta(minutes=10))).balanced
    await desk.db.write(lose)

    found = await issued(desk, later=timedelta(minutes=10))

    assert not found.balanced
    assert found.lost


async def test_a_delivery_whose_job_is_gone_is_named(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    delivery = (await rows(desk, Delivery))[0]
    await desk.db.write(drop_jobs)

    found = await issued(desk, later=timedelta(minutes=10))

    assert [lost.id for lost in found.lost] == [delivery.id]
    assert delivery.outcome is not Outcome.MESSAGE


async def test_the_daily_certificate_is_kept_for_alarms_and_metrics(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    await desk.db.write(drop_jobs)
    later = with_parts(desk, now=lambda: utc_now() + timedelta(minutes=10))

    assert await issue_certificate(later) == 1

    note = {note.name: note for note in await rows(desk, Note)}["certificate"]
    assert note.value["balanced"] is False
