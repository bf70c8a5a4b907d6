"""How long a requester waits for the desk itself: accepted until handed to the channel, with an instant model."""

import asyncio
import itertools
import time

from bot.desk import Desk
from tests.bench.figures import Line, percentile
from tests.bench.scale import Scale
from tests.bench.scripted import Replaceable, any_number, backend_of
from tests.bench.small_desk import MemoryLog, ask, letterbox_of, open_small_desk, turn_of_alice, working

BENCH = "latency"
ROUNDS_OF_WARM_UP = 5
_threads = (f"T0ACME:C9:{number}.0" for number in itertools.count(1))


async def measure(scale: Scale) -> list[Line]:
    """One message at a time, then several at once; between two of them the team alone answers the same."""
    rounds, at_once = scale.pick(10, 100), scale.pick(5, 20)
    models = Replaceable(any_number(10_000))
    async with open_small_desk(scale.new_file(), backend=backend_of(models)) as desk, working(desk):
        await _rounds(desk, ROUNDS_OF_WARM_UP, 1)
        single = await _rounds(desk, rounds, 1)
        crowd = await _rounds(desk, max(rounds // at_once, 2), at_once)
    return [*_lines("one at a time", *single), *_lines(f"{at_once} at once", *crowd)]


def _lines(how: str, waits: list[float], team: list[float]) -> list[Line]:
    goals = {50: "", 95: ""}
    return [
        Line(
            BENCH,
            f"Accepted to reply handed over, {how}, p{percent}",
            f"the team's own run, p{percent}",
            "ms",
            [percentile(waits, percent)],
            [percentile(team, percent)],
            goals[percent],
            facts={"all_ms": waits, "team_ms": team},
        )
        for percent in goals
    ]


async def _rounds(desk: Desk, rounds: int, at_once: int) -> tuple[list[float], list[float]]:
    """Milliseconds of every message through the desk and of every run of the team beside it."""
    waits, team = [], []
    for _ in range(rounds):
        waits += await asyncio.gather(*(_wait(desk) for _ in range(at_once)))
        team += await asyncio.gather(*(_team(desk) for _ in range(at_once)))
    return waits, team


async def _wait(desk: Desk) -> float:
    thread = next(_threads)
    await ask(desk, thread)
    accepted = time.perf_counter()
    return (await letterbox_of(desk).wait_for(thread) - accepted) * 1000


async def _team(desk: Desk) -> float:
    turn = await turn_of_alice(desk)
    started = time.perf_counter()
    await desk.team.respond(turn, MemoryLog())
    return (time.perf_counter() - started) * 1000
