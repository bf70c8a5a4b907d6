"""Fixtures of tests that talk to the model sandbox: one server for a test module, forgetful after each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.sandbox.model.client import ModelTown
from bot.sandbox.process import started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def model_url() -> AsyncIterator[str]:
    async with started("bot.sandbox.model") as running:
        yield running.url


@pytest_asyncio.fixture(loop_scope="module")
async def model_town(model_url: str) -> AsyncIterator[ModelTown]:
    async with ModelTown(model_url) as town:
        yield town
        await town.forget_script()
        await town.forget_faults()
        await town.forget_log()
