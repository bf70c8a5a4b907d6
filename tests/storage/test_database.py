"""What a transaction promises, on both databases."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import object_session
from sqlmodel import Session, col, select

from storage.db import Database, StorageClosed, after_commit
from storage.models import Company, Control, Cursor, Identity, Message, Person, Run, Step, StepKind, Ticket
from storage.models.conversation import Direction
from storage.open import Storage

NOW = datetime(2030, 5, 17, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def db(storage: Storage) -> Database:
    return storage.db


def note(name: str, value: str = "") -> Callable[[Session], None]:
    return lambda tx: tx.add(Control(name=name, value=value, at=NOW))


def names(tx: Session) -> list[str]:
    return list(tx.exec(select(Control.name).order_by(Control.name)))


async def test_what_was_written_can_be_read(db: Database) -> None:
    await db.write(note("a"))

    assert await db.read(names) == ["a"]


async def test_no_increment_is_lost(db: Database) -> None:
    await db.write(note("counter", "0"))

    def increment(tx: Session) -> None:
        row = tx.get_one(Control, "counter")
        row.value = str(int(row.value) + 1)

    async def many() -> None:
        for _ in range(10):
            await db.write(increment)

    await asyncio.gather(*(many() for _ in range(6)))

    assert await db.read(lambda tx: tx.get_one(Control, "counter").value) == "60"


async def test_a_failing_change_leaves_nothing_and_hurts_no_other(db: Database) -> None:
    def fails(tx: Session) -> None:
        tx.add(Control(name="half done", value="", at=NOW))
        tx.flush()
        raise KeyError("changed my mind")

    answers = await asyncio.gather(
        db.write(note("a")), db.write(fails), db.write(note("b")), db.write(note("a")), return_exceptions=True
    )

    first, failed, other, same_again = answers
    assert isinstance(failed, KeyError)
    assert other is None
    assert {type(first), type(same_again)} == {type(None), IntegrityError}
    assert await db.read(names) == ["a", "b"]


async def test_a_change_that_raises_stop_iteration_is_answered(db: Database) -> None:
    with pytest.raises(RuntimeError):
        await db.write(lambda tx: next(iter([])))


async def test_after_commit_is_called_only_for_what_was_committed(db: Database) -> None:
    called: list[str] = []

    def change(name: str, fails: bool) -> Callable[[Session], None]:
        def run(tx: Session) -> None:
            tx.add(Control(name=name, value="", at=NOW))
            after_commit(tx, lambda: called.append(name))
            assert not called
            if fails:
                raise KeyError(name)

        return run

    await asyncio.gather(db.write(change("a", False)), db.write(change("b", True)), return_exceptions=True)

    assert called == ["a"]


async def test_a_failing_callback_does_not_take_back_the_commit(db: Database) -> None:
    def change(tx: Session) -> str:
        tx.add(Control(name="kept", value="", at=NOW))
        after_commit(tx, lambda: [].pop())
        return "told"

    assert await db.write(change) == "told"
    assert await db.read(names) == ["kept"]


async def test_rows_stay_usable_after_the_transaction(db: Database) -> None:
    def change(tx: Session) -> Control:
        row = Control(name="a", value="1", at=NOW)
        tx.add(row)
        return row

    written = await db.write(change)
    read = await db.read(lambda tx: tx.get_one(Control, "a"))

    assert (written.name, written.value, read.name, read.value) == ("a", "1", "a", "1")
    assert object_session(written) is None
    assert object_session(read) is None


async def test_a_look_cannot_write(db: Database) -> None:
    with pytest.raises(DBAPIError):
        await db.read(note("a"))
    assert await db.read(names) == []


async def test_a_look_sees_one_moment(db: Database) -> None:
    loop = asyncio.get_running_loop()

    def twice(tx: Session) -> tuple[list[str], list[str]]:
        before = names(tx)
        asyncio.run_coroutine_threadsafe(db.write(note("meanwhile")), loop).result(10)
        return before, names(tx)

    assert await db.read(twice) == ([], [])
    assert await db.read(names) == ["meanwhile"]


async def test_times_come_back_aware_and_sort_by_time(db: Database) -> None:
    east = timezone(timedelta(hours=9))
    moments = {"b": NOW, "a": (NOW - timedelta(seconds=1)).astimezone(east), "c": NOW + timedelta(microseconds=1)}

    def change(tx: Session) -> None:
        for name, at in moments.items():
            tx.add(Control(name=name, value="", at=at))

    await db.write(change)
    rows = await db.read(lambda tx: list(tx.exec(select(Control).order_by(col(Control.at)))))
    later = await db.read(lambda tx: list(tx.exec(select(Control.name).where(Control.at > NOW.astimezone(east)))))

    assert [row.name for row in rows] == ["a", "b", "c"]
    assert [row.at for row in rows] == [moments["a"], NOW, moments["c"]]
    assert all(row.at.utcoffset() == timedelta() for row in rows)
    assert later == ["c"]


async def test_a_naive_time_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="timezone"):
        await db.write(lambda tx: tx.add(Control(name="a", value="", at=datetime(2030, 1, 1))))  # noqa: DTZ001


async def test_rows_may_be_added_in_any_order(db: Database) -> None:
    person = Person(created_at=NOW)
    ticket = Ticket(channel="mail", thread_key="t", requester_id=person.id, reply_to={}, created_at=NOW, updated_at=NOW)
    message = Message(
        ticket_id=ticket.id,
        direction=Direction.INBOUND,
        channel="mail",
        role="requester",
        text="hello",
        person_id=person.id,
        sent_at=NOW,
        created_at=NOW,
    )
    run = Run(ticket_id=ticket.id, newest_message_id=message.id, started_at=NOW)
    step = Step(run_id=run.id, kind=StepKind.TOOL, data={}, at=NOW)

    await db.write(lambda tx: tx.add_all([step, run, message, ticket, person]))

    assert await db.read(lambda tx: tx.get_one(Step, step.id).run_id) == run.id


async def test_a_row_without_its_parent_is_refused(db: Database) -> None:
    with pytest.raises(IntegrityError):
        await db.write(lambda tx: tx.add(Identity(person_id="psn_nobody", channel="mail", external_id="a@example.com")))


@pytest.mark.parametrize("nasty", ["nul \0 inside", "half a pair \ud83d", "emoji 😀 ü", "\\u0000 spelled out"])
async def test_any_text_can_be_kept(db: Database, nasty: str) -> None:
    kept = nasty.replace("\0", "\ufffd").replace("\ud83d", "\ufffd")

    def change(tx: Session) -> None:
        tx.add(Company(slack_team_id="T1", name=nasty, created_at=NOW))
        tx.add(Cursor(name="c", value={"text": nasty, "list": [nasty]}, at=NOW))

    await db.write(change)
    company = await db.read(lambda tx: tx.exec(select(Company).where(Company.name == nasty)).one())
    cursor = await db.read(lambda tx: tx.get_one(Cursor, "c"))

    assert company.name == kept
    assert cursor.value == {"text": kept, "list": [kept]}


async def test_the_event_loop_stays_free(db: Database) -> None:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - before)

    def slow(tx: Session) -> None:
        time.sleep(1.5)

    watching = asyncio.create_task(watch())
    await asyncio.gather(db.write(slow), db.read(slow))
    watching.cancel()

    assert longest < 1.0


async def test_a_coroutine_is_no_transaction(db: Database) -> None:
    async def change(tx: Session) -> None:
        tx.add(Control(name="a", value="", at=NOW))

    with pytest.raises(TypeError, match="plain function"):
        await db.write(change)  # type: ignore[unused-coroutine]
    assert await db.read(names) == []


async def test_a_closed_database_says_so(db: Database) -> None:
    await db.close()
    await db.close()

    with pytest.raises(StorageClosed):
        await db.write(note("a"))
    with pytest.raises(StorageClosed):
        await db.read(names)


async def test_closing_finishes_what_was_asked_for(storage: Storage, database_url: str) -> None:
    writes = [asyncio.ensure_future(storage.db.write(note(f"{n:02}"))) for n in range(20)]
    await asyncio.sleep(0)
    await storage.db.close()
    await asyncio.gather(*writes)

    again = Database(database_url)
    await again.open()
    assert len(await again.read(names)) == 20
    await again.close()
