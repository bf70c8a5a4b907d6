"""The first promise: accept returns after the commit, and raises when there was none."""

import sqlite3

import pytest

from bot.desk import Desk
from bot.steps.accept import accepting
from channels.base import Raw
from storage.db import StorageError
from storage.models import Delivery
from tests.arrivals import on_each_database
from tests.desks import rows

RAW = Raw("slack", "T0:Ev1", "T0:C1:1.0", b'{"any": "bytes\xff"}', {"retry": 0})


async def test_when_accept_returns_another_process_can_see_the_delivery(desk: Desk, desk_url: str) -> None:
    await accepting(desk)(RAW)

    # Not a moment later: whoever called us says yes to the sender now.
    seen = sqlite3.connect(desk_url.removeprefix("sqlite:///"))
    stored = seen.execute("SELECT key, body FROM delivery").fetchall()
    jobs = seen.execute("SELECT kind FROM embedded_job").fetchall()
    seen.close()
    assert stored == [("T0:Ev1", RAW.body)]
    assert jobs == [("ingest",)]


@on_each_database
async def test_without_a_commit_accept_raises(desk: Desk) -> None:
    await desk.db.close()

    with pytest.raises(StorageError):
        await accepting(desk)(RAW)


@on_each_database
async def test_what_was_handed_in_is_kept_byte_for_byte_and_queued_once(desk: Desk) -> None:
    for _ in range(3):
        await accepting(desk)(RAW)

    [delivery] = await rows(desk, Delivery)
    assert (delivery.body, delivery.envelope, delivery.lane) == (RAW.body, {"retry": 0}, RAW.lane)
    assert delivery.receipts == 3
    assert [kind for kind, _ in await desk.db.read(desk.jobs.waiting)] == ["ingest"]


@on_each_database
async def test_the_same_key_in_another_channel_is_another_delivery(desk: Desk) -> None:
    await accepting(desk)(RAW)
    await accepting(desk)(Raw("mail", RAW.key, RAW.lane, b"From: alice"))

    assert len(await rows(desk, Delivery)) == 2
