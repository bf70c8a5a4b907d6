"""Routing by meaning, with vectors from an endpoint that are asked for once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents_team.config import TeamConfig
from agents_team.models.embeddings import Embeddings
from agents_team.router import shipped_router
from bot.sandbox.model.client import ModelTown
from bot.sandbox.process import started


@pytest.fixture
async def town() -> AsyncIterator[ModelTown]:
    async with started("bot.sandbox.model") as running, ModelTown(running.url) as town:
        yield town


def embeddings(town: ModelTown, folder: Path) -> Embeddings:
    made = Embeddings.of(
        TeamConfig(
            embedding_name="sandbox-embedding",
            embedding_base_url=town.base_url,
            embedding_api_key=town.key,
            cache_folder=folder,
        )
    )
    assert made is not None
    return made


async def test_examples_are_embedded_once_and_lanes_come_from_them(town: ModelTown, tmp_path: Path) -> None:
    for _ in range(2):
        source = embeddings(town, tmp_path)
        router = shipped_router().with_sources(embedded=source.of_examples(), store=None)
        guess = await router.guess_well("can you tell me where my order is right now")
        await source.close()

        assert guess.lane == "order_status"
    asked = [row["body"]["input"] for row in await town.log() if row["operation"] == "embeddings"]

    assert [len(texts) for texts in asked].count(1) == 2
    assert sum(len(texts) for texts in asked if len(texts) > 1) == len({text for texts in asked for text in texts}) - 1


async def test_without_the_endpoint_words_decide(town: ModelTown, tmp_path: Path) -> None:
    source = embeddings(town, tmp_path)
    await town.fault("embeddings", "500", times=50, seconds=0)
    router = shipped_router().with_sources(embedded=source.of_examples(), store=None)

    guess = await router.guess_well("I forgot my password")
    await source.close()

    assert guess == shipped_router().guess("I forgot my password")
