"""One sandbox Slack for a whole test module, begun again before each test."""

from collections.abc import AsyncIterator

import pytest_asyncio
from slack_support import Stage, a_stage

from tests.model_town import model_town, model_url

__all__ = ["model_town", "model_url"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage() -> AsyncIterator[Stage]:
    async with a_stage("--ack-seconds", "0.3", "--retry-seconds", "0,0,0.1") as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="module")
async def stage(shared_stage: Stage) -> Stage:
    await shared_stage.town.reset()
    return shared_stage
