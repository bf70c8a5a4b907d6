"""A fresh sandbox Slack for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.process import Running, started
from bot.sandbox.slack.client import SlackTown


@pytest.fixture
async def slack() -> AsyncIterator[Running]:
    async with started("bot.sandbox.slack", "--ack-seconds", "1", "--retry-seconds", "0,0.1,0.1") as running:
        yield running


@pytest.fixture
async def town(slack: Running) -> AsyncIterator[SlackTown]:
    async with SlackTown(slack.url) as people:
        yield people
