"""Tokens a ticket: the team, and a plain triage-plus-specialist pipeline of the SDK with the whole history.

Both have the same specialists, instructions, tools, typed handoffs, shop, documents and model (the sandbox's, over
HTTP), and answer the same tickets. The plain one is as the SDK's guides show it: every message starts at triage, the
run's own items are the history, schemas are what the SDK makes of the functions. Tokens are what the server says it
read and wrote; what a provider's cache would take off the price counts as read.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from agents import Agent, FunctionTool, ModelSettings, RunConfig, Runner, function_tool, handoff
from agents.handoffs import Handoff
from pydantic import BaseModel, ConfigDict, Field

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.current import CurrentRun
from agents_team.facts import facts_item
from agents_team.knowledge import Knowledge
from agents_team.models.provider import openai_backend
from agents_team.router import shipped_router
from agents_team.specialists import SPECIALISTS
from agents_team.team import Team
from agents_team.tools import account, charges, escalate, knowledge, orders, propose, wishes, withdraw
from agents_team.tools.shop import Shop
from agents_team.triage import INSTRUCTIONS
from agents_team.turn import Item, Said, Turn
from bot.backends import open_shop
from bot.sandbox.model.client import ModelTown
from bot.sandbox.process import started
from tests.bench.figures import Line
from tests.bench.scale import Scale
from tests.bench.small_desk import ALICE, MemoryLog

BENCH = "tokens"

TICKETS: Sequence[Sequence[str]] = (
    ("Where is my order ORD-1003?",),
    ("What is your refund policy for annual subscriptions?", "And how long do refunds take to arrive?"),
    (
        "I was charged twice this month.",
        "Yes, I see ORD-1001 and ORD-1002 on the same day for $99 each.",
        "Please refund ORD-1002, it is the duplicate charge.",
    ),
    (
        "Hi, where is my order ORD-1003?",
        "And has ORD-1001 been delivered yet?",
        "How long does standard delivery take?",
        "Where is ORD-1002 then?",
        "How do I export data to CSV?",
    ),
)

_FUNCTIONS: dict[str, Any] = {
    function.__name__: function
    for function in (
        orders.list_orders, orders.get_order, orders.tracking, charges.list_charges, charges.list_invoices,
        account.get_account, account.service_status, knowledge.search_knowledge, escalate.escalate,
        propose.propose_refund, wishes.propose_reship, wishes.propose_cancel_order, wishes.propose_plan_change,
        wishes.propose_password_reset, withdraw.withdraw_request,
    )
}  # fmt: skip


class PlainNote(BaseModel):
    """What triage tells a specialist, described field by field as Pydantic's guides do."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(description="Why this specialist, in a few words.")
    priority: Literal["low", "medium", "high", "critical"]
    sentiment: Literal["positive", "neutral", "negative", "angry"]
    language: str = Field(description="Two-letter code of the language the requester writes in.")
    summary: str = Field(description="What the requester wants, in one sentence.")
    order_ids: list[str] = Field(description="Order ids that were mentioned; empty when none.")
    amount_minor: int | None = Field(description="An amount that was mentioned, in minor units (cents), else null.")


async def measure(scale: Scale) -> list[Line]:
    """One line a ticket, and one for all of them."""
    async with started("bot.sandbox.model") as running, ModelTown(running.url) as town:
        ours = [await _by_team(town, ticket) for ticket in TICKETS]
        plain = [await _by_plain(town, ticket, typed=True) for ticket in TICKETS]
        bare = [await _by_plain(town, ticket, typed=False) for ticket in TICKETS]
    beside = "plain triage and specialists, full history"
    lines = [
        Line(BENCH, f"tokens of a ticket of {len(ticket)} messages", beside, "tokens", [mine], [other])
        for ticket, mine, other in zip(TICKETS, ours, plain, strict=True)
    ]
    whole = "tokens of these four tickets", "tokens"
    return [
        *lines,
        Line(BENCH, whole[0], beside, whole[1], [sum(ours)], [sum(plain)], "at most 0.5"),
        Line(BENCH, whole[0], f"{beside}, handoffs without a typed note", whole[1], [sum(ours)], [sum(bare)]),
    ]


def _config(town: ModelTown) -> TeamConfig:
    return TeamConfig("openai", town.base_url, town.key, name="sandbox-large", router_name="sandbox-small")


async def _turn(shop: Shop, text: str, number: int, memory: tuple[Item, ...] = (), lane: str | None = None) -> Turn:
    customer = await shop.find_customer(slack=ALICE)
    assert customer is not None
    now = datetime.now(UTC)
    said = (Said("requester", text, now, "Alice"),)
    return Turn(
        f"run_{number}", "tkt_0", "slack", said, memory, "Alice", customer_id=customer.id, trust=2, lane=lane, now=now
    )


async def _by_team(town: ModelTown, ticket: Sequence[str]) -> float:
    shop = open_shop("sample")
    team = Team(_config(town), shop, Knowledge(SAMPLE_KNOWLEDGE))
    memory: tuple[Item, ...] = ()
    lane, spent = None, 0
    for number, text in enumerate(ticket):
        answer = await team.respond(await _turn(shop, text, number, memory, lane), MemoryLog())
        memory, lane = answer.memory, answer.specialist
        spent += answer.usage.input_tokens + answer.usage.output_tokens
    await team.close()
    return float(spent)


async def _by_plain(town: ModelTown, ticket: Sequence[str], *, typed: bool) -> float:
    shop, documents = open_shop("sample"), Knowledge(SAMPLE_KNOWLEDGE)
    backend = openai_backend(_config(town), shipped_router())
    triage = _plain_agents(typed)
    history: list[Any] = []
    spent = 0
    for number, text in enumerate(ticket):
        turn = await _turn(shop, text, number)
        run = CurrentRun(turn, shop, documents, can=frozenset({"refund"}))
        asked = [*history, facts_item(turn), {"role": "user", "content": text}]
        config = RunConfig(model_provider=backend.provider, tracing_disabled=True)
        result = await Runner.run(triage, asked, context=run, run_config=config)
        history = result.to_input_list()
        spent += result.context_wrapper.usage.total_tokens
    await backend.close()
    return float(spent)


def _plain_agents(typed: bool) -> Agent[CurrentRun]:
    once = ModelSettings(parallel_tool_calls=False)
    triage = Agent[CurrentRun](
        name="triage",
        instructions=re.sub(r"(?m)^reason: .*\Z", "", INSTRUCTIONS, flags=re.DOTALL),
        model="sandbox-small",
        model_settings=once.resolve(ModelSettings(tool_choice="required")),
    )
    around = [
        Agent[CurrentRun](
            name=each.name,
            handoff_description=each.handoff_description,
            instructions=each.instructions,
            tools=[_plain_tool(tool) for tool in each.tools],
            model="sandbox-large",
            model_settings=once,
        )
        for each in SPECIALISTS.values()
    ]
    triage.handoffs = [_plain_handoff(agent, typed) for agent in around]
    return triage


def _plain_tool(ours: FunctionTool) -> FunctionTool:
    return function_tool(_FUNCTIONS[ours.name], is_enabled=ours.is_enabled)


def _plain_handoff(agent: Agent[CurrentRun], typed: bool) -> Handoff[Any, Any]:
    async def heard(_: object, note: PlainNote) -> None:
        assert note.reason

    return handoff(agent, on_handoff=heard, input_type=PlainNote) if typed else handoff(agent)
