"""Routing by meaning, with vectors from an endpoint that are asked for once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from agents_team.config import TeamConfig
from agents_team.models.embeddings import Embeddings
from agents_team.router import OUT_OF_SCOPE, shipped_router
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
        await source.of_examples().prepare()
        router = shipped_router().with_sources(embedded=source.of_examples(), store=None)
        guess = await router.guess_well("can you tell me where my order is right now")
        await source.close()

        assert guess.lane == "order_status"
    asked = [row["body"]["input"] for row in await town.log() if row["operation"] == "embeddings"]

    assert [len(texts) for texts in asked].count(1) == 2
    assert sum(len(texts) for texts in asked if len(texts) > 1) == len({text for texts in asked for text in texts}) - 1


async def test_the_thresholds_are_fitted_once_and_kept(town: ModelTown, tmp_path: Path) -> None:
    fitted = []
    for _ in range(2):
        source = embeddings(town, tmp_path)
        examples = source.of_examples()
        await examples.prepare()
        await source.close()
        fitted.append(examples.thresholds)
        _change(tmp_path, fitted[0].answer)

    assert fitted[1].answer == 0.777, "read, not fitted again"
    assert fitted[1].sure == fitted[0].sure


def _change(folder: Path, answer: float) -> None:
    [kept] = folder.glob("embeddings-*.thresholds.json")
    kept.write_text(kept.read_text("utf-8").replace(f'"answer": {answer}', '"answer": 0.777'), "utf-8")


async def test_with_vectors_at_least_as_many_unseen_sayings_find_their_lane(town: ModelTown, tmp_path: Path) -> None:
    """The sandbox's vectors are hashed words and know no meaning: a real model's can only be better."""
    held_out = yaml.safe_load(Path(__file__).with_name("held_out_styles.yaml").read_text("utf-8"))
    source = embeddings(town, tmp_path)
    await source.of_examples().prepare()
    router = shipped_router().with_sources(embedded=source.of_examples(), store=None)
    asked = [(lane, text) for lane, texts in held_out.items() if lane != OUT_OF_SCOPE for text in texts[:6]]
    strange = [await router.guess_well(text) for text in held_out[OUT_OF_SCOPE][:30]]
    guessed = [(lane, await router.guess_well(text)) for lane, text in asked]
    await source.close()

    assert sum(lane == guess.lane for lane, guess in guessed) / len(guessed) >= 0.8
    sure = [lane == guess.lane for lane, guess in guessed if guess.sure]
    assert sum(sure) / max(len(sure), 1) >= 0.95
    assert not [guess for guess in strange if guess.sure]


async def test_nobody_waits_for_the_vectors_of_the_examples(town: ModelTown, tmp_path: Path) -> None:
    source = embeddings(town, tmp_path)
    router = shipped_router().with_sources(embedded=source.of_examples(), store=None)

    assert await router.guess_well("I forgot my password") == shipped_router().guess("I forgot my password")
    await source.close()


async def test_without_the_endpoint_words_decide(town: ModelTown, tmp_path: Path) -> None:
    source = embeddings(town, tmp_path)
    await town.fault("embeddings", "500", times=50, seconds=0)
    router = shipped_router().with_sources(embedded=source.of_examples(), store=None)

    guess = await router.guess_well("I forgot my password")
    await source.close()

    assert guess == shipped_router().guess("I forgot my password")
