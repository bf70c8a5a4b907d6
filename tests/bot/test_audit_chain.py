"""The audit log is a chain: whoever changes, drops or adds a line later is found out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, col, delete, select

from bot.audit import Verdict, record, seal_events, verify
from bot.desk import Desk
from storage.models import Event, Seal
from tests.arrivals import on_each_database
from tests.desks import rows


async def filled(desk: Desk, count: int = 5) -> list[Event]:
    for number in range(count):
        await desk.db.write(
            lambda tx, number=number: record(tx, desk, "cli/sam", "paused", f"row{number}", {"n": number})
        )
    await desk.db.write(lambda tx: seal_events(tx, desk))
    return await rows(desk, Event)


async def checked(desk: Desk, head: str | None = None) -> Verdict:
    return await desk.db.read(lambda tx: verify(tx, known_hash=head))


@on_each_database
async def test_an_untouched_log_is_whole(desk: Desk) -> None:
    await filled(desk)
    await filled(desk)

    found = await checked(desk)

    assert (found.whole, found.sealed, found.unsealed) == (True, 10, 0)


def change_data(tx: Session, event: Event) -> None:
    tx.get_one(Event, event.id).data = {"n": 99}


def change_actor(tx: Session, event: Event) -> None:
    tx.get_one(Event, event.id).actor = "cli/somebody-else"


def change_kind(tx: Session, event: Event) -> None:
    tx.get_one(Event, event.id).kind = "resumed"


def drop_event(tx: Session, event: Event) -> None:
    tx.exec(delete(Event).where(col(Event.id) == event.id))


def drop_event_and_seal(tx: Session, event: Event) -> None:
    tx.exec(delete(Seal).where(col(Seal.event_id) == event.id))
    drop_event(tx, event)


def pretend_it_was_erased(tx: Session, event: Event) -> None:
    tx.get_one(Event, event.id).data = {"erased": "evt_that_is_not_there"}


@pytest.mark.parametrize(
    "tamper",
    [change_data, change_actor, change_kind, drop_event, drop_event_and_seal, pretend_it_was_erased],
    ids=lambda tamper: tamper.__name__,
)
async def test_every_way_to_tamper_is_found(desk: Desk, tamper: Callable[[Session, Event], None]) -> None:
    events = await filled(desk)
    await desk.db.write(lambda tx: tamper(tx, events[2]))

    assert not (await checked(desk)).whole


async def test_a_log_that_was_cut_off_at_its_end_is_found_by_a_hash_kept_elsewhere(desk: Desk) -> None:
    await filled(desk)
    head = (await checked(desk)).head
    last = (await rows(desk, Seal))[-1]

    def cut(tx: Session) -> None:
        tx.exec(delete(Seal).where(col(Seal.n) == last.n))
        tx.exec(delete(Event).where(col(Event.id) == last.event_id))

    await desk.db.write(cut)

    assert (await checked(desk)).whole, "a shorter chain is a chain"
    assert not (await checked(desk, head[:16])).whole
    assert tuple(await desk.db.read(lambda tx: tx.exec(select(Event.id)).all()))


async def test_a_hash_of_an_older_digest_is_still_in_the_chain(desk: Desk) -> None:
    await filled(desk)
    head = (await checked(desk)).head
    await filled(desk)

    assert (await checked(desk, head)).whole


async def test_a_line_that_comes_late_is_sealed_all_the_same(desk: Desk) -> None:
    """Another process may commit an older line after newer ones were sealed."""
    await filled(desk)

    def late(tx: Session) -> None:
        at = desk.now() - timedelta(days=400)
        tx.add(Event(id=f"evt_{'0' * 26}", at=at, actor="cli/sam", kind="paused", subject_id=None, data={}))

    await desk.db.write(late)
    assert await desk.db.write(lambda tx: seal_events(tx, desk)) == 1
    assert await desk.db.write(lambda tx: seal_events(tx, desk)) == 0

    found = await checked(desk)
    assert (found.whole, found.sealed, found.unsealed) == (True, 6, 0)
