"""CPU per answer: the whole path, the team alone, and the SDK's bare Runner with the same model calls."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

from agents import Agent, RunConfig, Runner, function_tool, handoff
from sqlmodel import Session, select

from agents_team.config import SAMPLE_KNOWLEDGE
from agents_team.current import CurrentRun
from agents_team.handoffs import HandoffNote
from agents_team.knowledge import Knowledge
from agents_team.specialists import SPECIALISTS
from agents_team.triage import TRIAGE, build_agents
from agents_team.turn import Turn
from bot.desk import Desk
from bot.steps.answer import answer_ticket
from bot.steps.ingest import ingest_delivery
from storage.models import Delivery, Ticket
from tests.bench.figures import Line, Measure, in_turn
from tests.bench.scale import Scale
from tests.bench.scripted import ANSWER, QUESTION, Replaceable, backend_of, script
from tests.bench.small_desk import (
    ALICE,
    MemoryLog,
    ask,
    letterbox_of,
    open_small_desk,
    turn_of_alice,
    working,
)

BENCH = "cpu"
WARM_UP = 5
RECORD_SECONDS = 0.03  # after the reply is out, that it is out is still written down


class Answers:
    """One answer in each of several ways; every method returns the CPU milliseconds it took in this process."""

    def __init__(self, desk: Desk, models: Replaceable, turn: Turn):
        self._desk = desk
        self._models = models
        self._turn = turn
        self._knowledge = Knowledge(SAMPLE_KNOWLEDGE)
        backend = backend_of(models)
        self._agents = build_agents(SPECIALISTS.values(), backend.model_name, backend.settings)
        self._plain = _plain_agents(desk)
        self._threads = (f"T0ACME:C1:{number}.0" for number in itertools.count())

    async def whole_desk(self) -> float:
        """From the door to the reply, by the desk's own worker."""
        return await self._timed(self._journey)

    async def answer_step(self) -> float:
        """The answer step alone, on a ticket that waits for it."""
        thread = next(self._threads)
        key = await ask(self._desk, thread)
        await ingest_delivery(self._desk, await self._desk.db.read(lambda tx: _delivery(tx, key)))
        ticket = await self._desk.db.read(lambda tx: _ticket(tx, thread))
        return await self._timed(lambda: answer_ticket(self._desk, ticket))

    async def team(self) -> float:
        """The team with its journal in memory."""
        return await self._timed(lambda: self._desk.team.respond(self._turn, MemoryLog()))

    async def bare_runner(self) -> float:
        """The SDK's Runner with the team's own agents: no session, no journal, no checks."""
        context = CurrentRun(self._turn, self._desk.shop, self._knowledge)
        return await self._timed(lambda: self._bare(self._agents[TRIAGE], context))

    async def plain_runner(self) -> float:
        """The SDK's Runner with two agents and one tool, as a tutorial has them."""
        return await self._timed(lambda: self._bare(self._plain, None))

    async def _timed(self, work: Callable[[], Awaitable[object]]) -> float:
        self._models.model = model = script()
        started = time.process_time()
        await work()
        seconds = time.process_time() - started
        model.assert_complete()
        return seconds * 1000

    async def _bare(self, agent: Agent[Any], context: object) -> None:
        config = RunConfig(model_provider=self._models, tracing_disabled=True)
        result = await Runner.run(agent, QUESTION, context=context, run_config=config)
        assert result.final_output == ANSWER

    async def _journey(self) -> None:
        thread = next(self._threads)
        await ask(self._desk, thread)
        await letterbox_of(self._desk).wait_for(thread)
        await asyncio.sleep(RECORD_SECONDS)


def _delivery(tx: Session, key: str) -> str:
    return tx.exec(select(Delivery.id).where(Delivery.channel == "slack", Delivery.key == key)).one()


def _ticket(tx: Session, thread: str) -> str:
    return tx.exec(select(Ticket.id).where(Ticket.channel == "slack", Ticket.thread_key == thread)).one()


def _plain_agents(desk: Desk) -> Agent[Any]:
    @function_tool
    async def get_order(order_id: str) -> str:
        """Show an order."""
        customer = await desk.shop.find_customer(slack=ALICE)
        assert customer is not None
        order = await desk.shop.get_order(order_id, customer_id=customer.id)
        return order.status if order else "unknown"

    async def on_handoff(_: object, note: HandoffNote) -> None:
        assert note.order_ids

    specialist = Agent[Any](name="order_status", instructions="Say where the order is.", tools=[get_order])
    to_specialist = handoff(specialist, on_handoff=on_handoff, input_type=HandoffNote)
    return Agent[Any](name="triage", instructions="Hand over.", handoffs=[to_specialist])


async def measure(scale: Scale) -> list[Line]:
    """CPU milliseconds of this process, all threads, while nothing else runs in it."""
    models = Replaceable(script())
    async with open_small_desk(scale.new_file(), backend=backend_of(models)) as desk:
        answers = Answers(desk, models, await turn_of_alice(desk))
        lines = [await _line(scale, *way) for way in _ways(answers)]
        async with working(desk):
            way = "the whole desk, from accept to sent", answers.whole_desk, "`Team.respond`", answers.team
            return [*lines, await _line(scale, *way)]


def _ways(answers: Answers) -> list[tuple[str, Measure, str, Measure, str]]:
    team = "`Team.respond`"
    return [
        (team, answers.team, "bare `Runner.run`, same agents", answers.bare_runner, "at most 1.5"),
        (team, answers.team, "bare `Runner.run`, two plain agents", answers.plain_runner, ""),
        ("the answer step on SQLite", answers.answer_step, team, answers.team, ""),
    ]


async def _line(scale: Scale, what: str, ours: Measure, beside: str, other: Measure, goal: str = "") -> Line:
    await in_turn(WARM_UP, ours, other)
    taken = await in_turn(scale.pick(15, 60), ours, other)
    return Line(BENCH, f"CPU per answer: {what}", beside, "ms", *taken, goal)
