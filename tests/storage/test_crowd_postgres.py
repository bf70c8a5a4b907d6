"""A crowd of transactions that all get in each other's way: every one gets through, and soon."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from sqlmodel import Session, func, select

from storage.db import Database
from storage.models import Control

NOW = datetime(2030, 1, 1, tzinfo=UTC)
CROWD = 60


async def test_a_crowd_gets_through_without_wearing_itself_out(postgres_url: str) -> None:
    """Each looks at all rows and adds one, in two processes' worth of connections; none may be turned back for long."""
    homes = Database(postgres_url), Database(postgres_url)
    for home in homes:
        await home.open()
    runs: Counter[int] = Counter()

    def take_number(n: int) -> Callable[[Session], int]:
        def change(tx: Session) -> int:
            runs[n] += 1
            number = tx.exec(select(func.count()).select_from(Control)).one()
            tx.add(Control(name=f"row {n}", value=str(number), at=NOW))
            return number

        return change

    numbers = await asyncio.gather(*(homes[n % 2].write(take_number(n)) for n in range(CROWD)))

    assert sorted(numbers) == list(range(CROWD))
    assert max(runs.values()) <= 3
    for home in homes:
        await home.close()
