"""One process at a time holds a lease."""

import asyncio
from datetime import UTC, datetime, timedelta

from storage.leases import release, try_lease
from storage.open import Storage

NOW = datetime(2030, 1, 1, tzinfo=UTC)


async def take(storage: Storage, holder: str, after: float = 0) -> bool:
    now = NOW + timedelta(seconds=after)
    return await storage.db.write(lambda tx: try_lease(tx, "slack socket", holder, 10, now))


async def test_of_many_one_gets_it(storage: Storage) -> None:
    answers = await asyncio.gather(*(take(storage, f"process {n}") for n in range(6)))

    assert answers.count(True) == 1


async def test_the_holder_renews_and_the_others_wait_until_it_runs_out(storage: Storage) -> None:
    assert await take(storage, "one")
    assert not await take(storage, "two", after=9)
    assert await take(storage, "one", after=9)
    assert not await take(storage, "two", after=18)
    assert await take(storage, "two", after=19)
    assert not await take(storage, "one", after=20)


async def test_a_released_lease_is_free_and_only_its_holder_can_release_it(storage: Storage) -> None:
    assert await take(storage, "one")
    await storage.db.write(lambda tx: release(tx, "slack socket", "two"))
    assert not await take(storage, "two")
    await storage.db.write(lambda tx: release(tx, "slack socket", "one"))
    assert await take(storage, "two")
