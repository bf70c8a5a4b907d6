"""Routing by meaning, with vectors from an endpoint that are asked for once."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from agents_team.config import TeamConfig
from agents_team.knowledge.memory_store import MemoryPassages
from agents_team.models.embeddings import Embeddings
from agents_team.router import OUT_OF_SCOPE, Example, shipped_router
from agents_team.routing.embedded import EmbeddedExamples, Fit
from agents_team.routing.train import Thresholds
from agents_team.vectors import VectorHome
from bot.sandbox.model.client import ModelTown
from bot.sandbox.process import started


@pytest.fixture
async def town() -> AsyncIterator[ModelTown]:
    async with started("bot.sandbox.model") as running, ModelTown(running.url) as town:
        yield town


def embeddings(town: ModelTown, home: VectorHome) -> Embeddings:
    made = Embeddings.of(
        TeamConfig(
            embedding_name="sandbox-embedding",
            embedding_base_url=town.base_url,
            embedding_api_key=town.key,
        ),
        home,
    )
    assert made is not None
    return made


async def test_examples_are_embedded_once_and_lanes_come_from_them(town: ModelTown) -> None:
    home = MemoryPassages()
    for _ in range(2):
        source = embeddings(town, home)
        await source.of_examples().prepare()
        router = shipped_router().with_sources(embedded=source.of_examples(), store=None)
        guess = await router.guess_well("can you tell me where my order is right now")
        await source.close()

        assert guess.lane == "order_status"
    asked = [row["body"]["input"] for row in await town.log() if row["operation"] == "embeddings"]

    assert [len(texts) for texts in asked].count(1) == 2
    assert sum(len(texts) for texts in asked if len(texts) > 1) == len({text for texts in asked for text in texts}) - 1


async def test_the_thresholds_are_fitted_once_and_kept(town: ModelTown) -> None:
    home = MemoryPassages()
    first = embeddings(town, home)
    await first.of_examples().prepare()
    await first.close()
    [(key, kept)] = (await home.vectors("router:sandbox-embedding:fit")).items()
    await home.forget_vectors("router:sandbox-embedding:fit", [key])
    fitted = Fit.unpacked(kept)
    changed = Fit(Thresholds(fitted.thresholds.sure, 0.777), fitted.floor)
    await home.keep_vectors("router:sandbox-embedding:fit", {key: changed.packed()})

    second = embeddings(town, home)
    await second.of_examples().prepare()
    await second.close()

    assert second.of_examples().thresholds.answer == 0.777, "read, not fitted again"
    assert second.of_examples().thresholds.sure == first.of_examples().thresholds.sure


async def test_with_vectors_at_least_as_many_unseen_sayings_find_their_lane(town: ModelTown) -> None:
    """The sandbox's vectors are hashed words and know no meaning: a real model's can only be better."""
    held_out = yaml.safe_load(Path(__file__).with_name("held_out_styles.yaml").read_text("utf-8"))
    source = embeddings(town, MemoryPassages())
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


async def test_nobody_waits_for_the_vectors_of_the_examples(town: ModelTown) -> None:
    source = embeddings(town, MemoryPassages())
    router = shipped_router().with_sources(embedded=source.of_examples(), store=None)

    assert await router.guess_well("I forgot my password") == shipped_router().guess("I forgot my password")
    await source.close()


async def test_without_the_endpoint_words_decide(town: ModelTown) -> None:
    source = embeddings(town, MemoryPassages())
    await town.fault("embeddings", "500", times=50, seconds=0)
    router = shipped_router().with_sources(embedded=source.of_examples(), store=None)

    guess = await router.guess_well("I forgot my password")
    await source.close()

    assert guess == shipped_router().guess("I forgot my password")


KINDS = [(lane, f"{lane} {n}") for lane in ("billing", "shipping", "technical", "account", "refund") for n in range(4)]
WIDTH = 192


class Meanings:
    """Vectors that carry meaning as those of a real model do: what wants the same lies near, not on one point."""

    def __init__(self) -> None:
        self._chance = random.Random(5)
        self._kinds = {kind: self._anywhere() for _, kind in KINDS}

    async def embed(self, texts: list[str]) -> list[list[float]]:
        return [self._of(text.rsplit(" #", 1)[0]) for text in texts]

    def _of(self, kind: str) -> list[float]:
        noise = self._anywhere()
        centre = self._kinds.get(kind, noise)
        return [0.5 * one + 0.5 * other for one, other in zip(centre, noise, strict=True)]

    def _anywhere(self) -> list[float]:
        return [self._chance.gauss(0, 1) for _ in range(WIDTH)]


async def test_vectors_that_carry_meaning_find_the_lane_and_leave_strangers_out() -> None:
    ours = [Example(lane, kind, f"{kind} #{n}") for lane, kind in KINDS for n in range(12)]
    strange = [Example(OUT_OF_SCOPE, OUT_OF_SCOPE, f"nothing of ours #{n}") for n in range(60)]
    meanings = Meanings()
    embedded = EmbeddedExamples(meanings.embed, "meanings", MemoryPassages(), ours + strange)
    await embedded.prepare()
    router = shipped_router().with_sources(embedded=embedded, store=None)

    guesses = [(lane, await router.guess_well(f"{kind} #{n}")) for lane, kind in KINDS for n in range(100, 112)]
    strangers = [await router.guess_well(f"whatever else #{n}") for n in range(200)]

    sure = [lane == guess.lane for lane, guess in guesses if guess.sure]
    assert sum(lane == guess.lane for lane, guess in guesses) / len(guesses) >= 0.92
    assert len(sure) / len(guesses) >= 0.5
    assert sum(sure) / len(sure) >= 0.98
    assert sum(guess.answerable for guess in strangers) / len(strangers) <= 0.01
    assert not [guess for guess in strangers if guess.sure]


async def test_the_vectors_of_sayings_that_are_gone_are_dropped() -> None:
    home, meanings = MemoryPassages(), Meanings()
    old = [Example("billing", "billing 0", f"billing 0 #{n}") for n in range(4)]
    await EmbeddedExamples(meanings.embed, "m", home, old).prepare()
    await EmbeddedExamples(meanings.embed, "m", home, old[:3]).prepare()

    assert len(await home.vectors("router:m")) == 3
