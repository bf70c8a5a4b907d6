"""One sandbox Slack a module, and a fresh world in it for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.sandbox.process import Running, started
from bot.sandbox.slack.client import SlackTown


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Running]:
    async with started("bot.sandbox.slack", "--ack-seconds", "1", "--retry-seconds", "0,0.1,0.1") as running:
        yield running


@pytest.fixture
async def slack(sandbox: Running) -> Running:
    async with SlackTown(sandbox.url) as people:
        await people.reset()
    return sandbox


@pytest.fixture
async def town(slack: Running) -> AsyncIterator[SlackTown]:
    async with SlackTown(slack.url) as people:
        yield people
