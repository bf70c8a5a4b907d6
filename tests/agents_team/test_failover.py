"""A provider that is down: the second one, then the offline model that says so, then a person."""

from collections.abc import AsyncIterator

import pytest
from helpers import MemoryLog, turn_of
from small_shop import SmallShop

from agents_team.config import TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.team import Team
from agents_team.turn import TeamUnavailable
from bot.sandbox.model.client import ModelTown
from bot.sandbox.process import started

GONE = TeamConfig(provider="openai", base_url="http://127.0.0.1:9/v1", api_key="k", name="m", request_timeout=1.0)


@pytest.fixture
async def town() -> AsyncIterator[ModelTown]:
    async with started("bot.sandbox.model") as running, ModelTown(running.url) as town:
        yield town


def config(**changed: object) -> TeamConfig:
    from dataclasses import replace

    return replace(GONE, **changed)  # type: ignore[arg-type]


async def test_the_second_provider_answers(town: ModelTown, shop: SmallShop, knowledge: Knowledge) -> None:
    second = config(base_url=town.base_url, api_key=town.key, name="sandbox-large")
    team = Team(config(fallback=second), shop, knowledge)
    log = MemoryLog()

    answer = await team.respond(turn_of("How do I export data to CSV?"), log)
    await team.close()

    assert answer.handled_by == "model"
    assert "Settings > Data > Export" in answer.text
    assert [step.name for step in log.steps if step.kind == "guardrail"] == ["provider down"]


async def test_with_nobody_there_it_waits_first(shop: SmallShop, knowledge: Knowledge) -> None:
    team = Team(config(offline_after=60.0), shop, knowledge)

    with pytest.raises(TeamUnavailable):
        await team.respond(turn_of("Where is my order ORD-1004?"), MemoryLog())
    await team.close()


async def test_after_that_the_offline_model_looks_up_and_says_what_it_is(shop: SmallShop, knowledge: Knowledge) -> None:
    team = Team(config(offline_after=60.0), shop, knowledge)

    answer = await team.respond(turn_of("Where is my order ORD-1004?", waited=61.0), MemoryLog())
    await team.close()

    assert answer.handled_by == "offline"
    assert "reduced mode" in answer.text
    assert "DHL" in answer.text


async def test_in_an_outage_nothing_is_proposed(shop: SmallShop, knowledge: Knowledge) -> None:
    team = Team(config(offline_after=0.0), shop, knowledge)

    answer = await team.respond(turn_of("Please refund ORD-1003"), MemoryLog())
    await team.close()

    assert answer.proposals == ()
    assert "reduced mode" in answer.text
    assert answer.escalation is not None
