"""Customers write and staff decide while the desk is killed again and again; then peace, until all has settled."""

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.evals.chaos.shop import AMOUNT, address_of, slack_id_of
from bot.evals.chaos.town import Desks, Town, open_desks
from storage.open import Storage, open_storage

FIRST_ORDER = 5000
CALM_SECONDS = 5.0
LONGEST_REST = 180.0
SOON = timedelta(minutes=1)


class NeverAtRest(Exception):
    """The desk went on and on after the last kill: something is done again and again, or waits for ever."""


@dataclass
class Customers:
    """Each message is of a customer of its own; half come by Slack, half by mail; half ask for a refund.

    `slack` and `mail` hold what was handed over: (ts or Message-ID) -> order.
    """

    town: Town
    slack: dict[str, int] = field(default_factory=dict)
    mail: dict[str, int] = field(default_factory=dict)

    @property
    def orders(self) -> list[int]:
        """What they wrote about, each once."""
        return [*self.slack.values(), *self.mail.values()]

    async def write(self, number: int) -> None:
        """Message `number`: even ones by Slack, odd ones by mail; by SMTP and through the mailbox in turn."""
        order = FIRST_ORDER + number
        await self.town.payments.charge(f"ch_{order}", AMOUNT)
        text = f"Please refund order ORD-{order}, the chair is broken." if number % 4 < 2 else f"Where is ORD-{order}?"
        if number % 2 == 0:
            user = await self.town.slack.add_user(id=slack_id_of(order), team_id="T0ACME", name=f"c{order}")
            await self.town.slack.act("join", channel="C0ACME", user=user)
            ts = await self.town.slack.say("C0ACME", user, text)
            self.slack[ts] = order
            return
        smtp = {"protocol": "smtp", "port": int(self.town.environment["HELPDESK_MAIL__SMTP_IN__PORT"])}
        via = smtp if number % 4 == 1 else None
        sent = await self.town.mail.write(
            address_of(order), self.town.address, subject=f"About ORD-{order}", text=text, via=via
        )
        self.mail[sent["message_id"]] = order

    async def keep_writing(self, stop: asyncio.Event, pause: float) -> None:
        """One after the other, with `pause` seconds between them on average."""
        number = 0
        while not stop.is_set():
            await self.write(number)
            number += 1
            await asyncio.sleep(random.uniform(0.3, 1.7) * pause)


async def keep_deciding(town: Town) -> None:
    """Sam and Robin press every button they see, now and then both at once, now and then Deny."""
    while True:
        for card in await cards(town):
            verb = "hd:deny" if random.random() < 0.2 else "hd:approve"
            presses = [town.slack.click("C0STAFF", "U0SAM", card["ts"], verb)]
            if random.random() < 0.3:
                presses.append(town.slack.click("C0STAFF", "U0ROBIN", card["ts"], "hd:approve"))
            # A press may come too late (the card has changed) or find nobody listening: people press again.
            await asyncio.gather(*presses, return_exceptions=True)
        await asyncio.sleep(0.4)


async def cards(town: Town, *, open_only: bool = True) -> list[dict[str, Any]]:
    """The cards in the staff room, as Slack has them."""
    messages = await town.slack.messages("C0STAFF")
    return [m for m in messages if not open_only or "hd:approve" in str(m.get("blocks"))]


async def quiet(town: Town, seconds: float = LONGEST_REST) -> None:
    """Wait until every card is decided, nobody wrote or sent anything for a while, and no work is left to be done.

    A worker that was killed still holds its work: another takes it over when it has been silent for long enough.
    Raises NeverAtRest when that is not so after `seconds`.
    """
    clock = asyncio.get_running_loop().time
    storage = await open_storage(town.environment["HELPDESK_DATABASE__URL"])
    before, since, deadline = "", clock(), clock() + seconds
    try:
        while clock() < deadline:
            ledger = await town.payments.ledger()
            mail = await town.mail.log()
            now = f"{(await town.slack.world())['n']} {ledger['charges']} {mail}"
            if now != before:
                before, since = now, clock()
            elif clock() - since > CALM_SECONDS and not await cards(town) and not await _work_left(storage):
                return
            await asyncio.sleep(0.5)
    finally:
        await storage.close()
    raise NeverAtRest(f"the desk did not come to rest within {seconds:g} seconds after the last kill")


async def _work_left(storage: Storage) -> bool:
    """Something is done now or due soon; what happens by the clock never ends, and deadlines are hours away."""
    soon = datetime.now(UTC) + SOON
    jobs = await storage.db.read(storage.jobs.waiting)
    return any(kind != "tick" and due < soon for kind, due in jobs)


async def _kill_again_and_again(
    desks: Desks, pids: list[int], roles: list[str], kills: int, seconds: float | None
) -> None:
    end = time.monotonic() + seconds if seconds is not None else None
    while desks.kills < kills and (end is None or time.monotonic() < end):
        # Mostly while it starts or has just begun, now and then in the middle of its work.
        await asyncio.sleep(random.uniform(0.05, 0.6) if random.random() < 0.7 else random.uniform(0.6, 1.6))
        victim = random.randrange(len(pids))
        await desks.kill(pids[victim])
        pids[victim] = await desks.start(roles[victim])


async def rampage(
    town: Town, log: Path, kills: int, roles: list[str], pause: float, *, seconds: float | None = None
) -> tuple[Customers, int]:
    """Kill one of the desks `kills` times, or until `seconds` are over; (who wrote, kills made). Raises NeverAtRest."""
    customers, stop = Customers(town), asyncio.Event()
    async with open_desks(town.environment, log) as desks:
        pids = [await desks.start(role) for role in roles]
        writing = asyncio.create_task(customers.keep_writing(stop, pause))
        deciding = asyncio.create_task(keep_deciding(town))
        try:
            await _kill_again_and_again(desks, pids, roles, kills, seconds)
            made = desks.kills
            stop.set()
            await writing
            await quiet(town)
        finally:
            for task in (writing, deciding):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        for pid in pids:
            await desks.stop(pid)
    return customers, made
