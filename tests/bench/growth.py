"""Does it get slower with the years: the same work on a desk with few tickets and on one with many."""

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from sqlmodel import Session, select

from bot.cli.queue import queue
from bot.cli.status import status
from bot.desk import Desk
from bot.numbers.figures import figures
from bot.numbers.metrics import samples
from bot.steps.answer import answer_ticket
from bot.steps.ingest import ingest_delivery
from bot.steps.tick import SWEEPS
from storage.models import Delivery, Ticket
from tests.bench.console_pages import PAGES, page_p95
from tests.bench.figures import Line, percentile
from tests.bench.filled_desk import fill
from tests.bench.scale import Scale
from tests.bench.small_desk import ask, open_small_desk

BENCH = "growth"
EVERY_MINUTE = ("expire", "remind", "seal", "targets", "snoozed")


def sweep(tx: Session, desk: Desk) -> None:
    """Everything that is looked for once a minute or more often."""
    for name in EVERY_MINUTE:
        SWEEPS[name](tx, desk)


def figures_of_a_day(tx: Session, desk: Desk) -> object:
    """What every night computes for each of the last days."""
    now = desk.now()
    return figures(tx, now - timedelta(days=1), now, now, desk.settings.numbers)


LOOKS: dict[str, Callable[[Session, Desk], object]] = {
    "`helpdesk queue`, its query": lambda tx, _: queue(tx, 200),
    "`helpdesk status`, its queries": status,
    "/metrics, its queries": lambda tx, desk: list(samples(tx, desk)),
    "figures of one day": figures_of_a_day,
    "the sweeps of a minute": sweep,
}


@dataclass
class Aged:
    """A desk with old tickets, and the milliseconds each kind of work took on it."""

    desk: Desk
    tickets: int
    ingest: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)

    async def work(self, times: int, name: str) -> None:
        """New messages, each understood and answered in a ticket of its own."""
        for number in range(times):
            thread = f"T0ACME:C7:{name}.{number}"
            key = await ask(self.desk, thread)
            delivery = await self.desk.db.read(partial(_delivery, key=key))
            started = time.perf_counter()
            await ingest_delivery(self.desk, delivery)
            self.ingest.append(_since(started))
            ticket = await self.desk.db.read(partial(_ticket, thread=thread))
            started = time.perf_counter()
            await answer_ticket(self.desk, ticket)
            self.answer.append(_since(started))

    async def look(self, look: Callable[[Session, Desk], object]) -> float:
        started = time.perf_counter()
        # The sweeps write; all the others only read.
        turn = self.desk.db.write if look is sweep else self.desk.db.read
        await turn(lambda tx: look(tx, self.desk))
        return _since(started)

    def bytes_of_a_ticket(self) -> float:
        """KiB on the disk, for each ticket."""
        return self.desk.db.file.stat().st_size / 1024 / self.tickets


async def measure(scale: Scale) -> list[Line]:
    """In turn on the one and on the other."""
    few, many = scale.pick(200, 1_000), scale.pick(2_000, 20_000, 100_000)
    async with AsyncExitStack() as stack:
        small, large = [
            Aged(await stack.enter_async_context(open_small_desk(scale.new_file())), n) for n in (few, many)
        ]
        for aged in (small, large):
            await fill(aged.desk, aged.tickets)
            await aged.work(5, "warm")
            aged.ingest.clear()
            aged.answer.clear()
        for group in range(scale.pick(2, 10)):
            for aged in (large, small):
                await aged.work(scale.pick(5, 10), str(group))
        looks = [*await _looks(scale, small, large), *await _pages(scale, small, large)]
        return [*_steps(small, large), *looks, _size(small, large)]


def _steps(small: Aged, large: Aged) -> list[Line]:
    return [
        _line(
            f"{name} step, p{percent}", "ms", small, large, [percentile(ours, percent)], [percentile(others, percent)]
        )
        for name, ours, others in (
            ("ingest", large.ingest, small.ingest),
            ("answer", large.answer, small.answer),
        )
        for percent in (50, 95)
    ]


async def _looks(scale: Scale, small: Aged, large: Aged) -> list[Line]:
    lines = []
    for name, look in LOOKS.items():
        pairs = [(await large.look(look), await small.look(look)) for _ in range(scale.pick(4, 21))]
        ours, others = zip(*pairs[1:], strict=True)
        slowest = ([percentile(ours, 95)], [percentile(others, 95)])
        lines.append(_line(f"{name}, p95", "ms", small, large, *slowest))
    return lines


async def _pages(scale: Scale, small: Aged, large: Aged) -> list[Line]:
    lines = []
    for name, path in PAGES.items():
        ours = [await page_p95(large.desk, path, scale.pick(3, 20, 40))]
        others = [await page_p95(small.desk, path, scale.pick(3, 20, 40))]
        lines.append(_line(f"{name}, p95", "ms", small, large, ours, others))
    return lines


def _size(small: Aged, large: Aged) -> Line:
    ours, others = [large.bytes_of_a_ticket()], [small.bytes_of_a_ticket()]
    return _line("size on disk", "KiB a ticket", small, large, ours, others)


def _line(what: str, unit: str, small: Aged, large: Aged, ours: Sequence[float], others: Sequence[float]) -> Line:
    beside = f"with {small.tickets:,}"
    return Line(BENCH, f"With {large.tickets:,} tickets: {what}", beside, unit, ours, others)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _delivery(tx: Session, key: str) -> str:
    return tx.exec(select(Delivery.id).where(Delivery.channel == "slack", Delivery.key == key)).one()


def _ticket(tx: Session, thread: str) -> str:
    return tx.exec(select(Ticket.id).where(Ticket.channel == "slack", Ticket.thread_key == thread)).one()
