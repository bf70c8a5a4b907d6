"""Fixtures of the team's tests."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from agents import Model
from helpers import Conversation, backend_of
from small_shop import SmallShop

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.team import Team
from tests.model_town import model_town, model_url

__all__ = ["model_town", "model_url"]


@pytest.fixture
def shop() -> SmallShop:
    return SmallShop()


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return Knowledge(SAMPLE_KNOWLEDGE)


@pytest.fixture
async def offline(shop: SmallShop, knowledge: Knowledge) -> AsyncIterator[Team]:
    team = Team(TeamConfig(provider="offline"), shop, knowledge)
    yield team
    await team.close()


@pytest.fixture
def talk(offline: Team) -> Conversation:
    return Conversation(offline)


@pytest.fixture
def team_on(shop: SmallShop, knowledge: Knowledge) -> Callable[..., Team]:
    """A team whose agents all run on the given model; triage is asked, unless a test lets the router go first."""

    def build(model: Model, **config: Any) -> Team:
        return Team(TeamConfig(**{"router_first": False, **config}), shop, knowledge, backend=backend_of(model))

    return build
