"""Presses buttons from many real processes at once: imports the program once and forks one presser each.

Arguments: database URL, number of processes. Every process presses once on every pending action, in its own order,
approve or deny as it likes. Prints the seconds from the first press to the last as JSON.
"""

import asyncio
import json
import os
import random
import sys
import time
from typing import Any, cast

from sqlmodel import Session, select

from bot.actions.approvals import Wish, decide
from bot.desk import Desk
from bot.settings import Settings
from storage.db import StorageBusy
from storage.models import Action, Decision
from storage.open import open_storage

AT_ONCE = {"sqlite": 8, "postgresql": 1}
"""Presses of one process that are under way at the same time: SQLite commits them together."""


async def press_everything(url: str, me: int, start_at: float) -> None:
    storage = await open_storage(url)
    nobody = cast(Any, None)
    desk = Desk(Settings(), storage.db, storage.jobs, {}, None, nobody, nobody, nobody)
    actions = await desk.db.read(lambda tx: [(a.id, a.terms_hash) for a in tx.exec(select(Action))])
    chance = random.Random(me)
    chance.shuffle(actions)
    wishes = [_wish(me, chance.choice(["approve", "deny"]), *action) for action in actions]
    await asyncio.sleep(max(0.0, start_at - time.monotonic()))
    free = asyncio.Semaphore(AT_ONCE[storage.db.dialect])
    await asyncio.gather(*(_press(desk, wish, free) for wish in wishes))
    await storage.close()


def _wish(me: int, verb: str, action_id: str, terms_hash: str) -> Wish:
    who = f"T0NORTHWIND/U{me}"
    return Wish(verb, action_id, terms_hash[:16], who, who, source=f"{me}:{action_id}")


async def _press(desk: Desk, wish: Wish, free: asyncio.Semaphore) -> None:
    def change(tx: Session) -> Decision:
        return decide(tx, desk, wish)

    async with free:
        while True:
            try:
                await desk.db.write(change)
                return
            except StorageBusy:  # as the worker does: nothing happened, again
                continue


def main() -> int:
    url, processes = sys.argv[1], int(sys.argv[2])
    start_at = time.monotonic() + 1.0
    children = [_fork(url, me, start_at) for me in range(processes)]
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    sys.stdout.write(json.dumps({"seconds": round(time.monotonic() - start_at, 2), "failed": len(failed)}))
    return len(failed)


def _fork(url: str, me: int, start_at: float) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        asyncio.run(press_everything(url, me, start_at))
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
