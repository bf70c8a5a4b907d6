"""The nearest examples by meaning: vectors from any OpenAI-compatible /embeddings endpoint, kept beside the texts."""

from __future__ import annotations  # array is generic only for type checkers before Python 3.12

import asyncio
import hashlib
import json
import logging
import math
from array import array
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from operator import mul
from pathlib import Path

from agents_team.routing.examples import OUT_OF_SCOPE, Example
from agents_team.routing.nearest import NEIGHBOURS, sharpened
from agents_team.routing.train import Thresholds, answer_from, sure_from

log = logging.getLogger(__name__)

Embed = Callable[[list[str]], Awaitable[list[list[float]]]]
"""Texts in, vectors out, in the same order. Raises openai.APIError when the endpoint does not answer."""

BATCH = 128
SAMPLE = 160  # examples on which the thresholds are fitted, each against all others
SHARPNESS = 30.0
SILENT = "the embedding endpoint does not answer, routing goes on by words: %s"


class Vectors:
    """Vectors of unit length by text, asked for once and kept in a file, so that a restart costs nothing."""

    def __init__(self, embed: Embed, model: str, folder: Path | None):
        self._embed = embed
        name = hashlib.sha256(model.encode()).hexdigest()[:12]
        self._file = folder / f"embeddings-{name}.jsonl" if folder else None
        self._known: dict[str, array[float]] = {}
        if self._file is not None and self._file.exists():
            self._read(self._file)

    async def of(self, texts: Sequence[str]) -> list[array[float]]:
        """The vectors of these texts, in their order."""
        missing = list(dict.fromkeys(text for text in texts if text not in self._known))
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            found = {text: unit(vector) for text, vector in zip(batch, await self._embed(batch), strict=True)}
            self._known |= found
            self._keep(found)
        return [self._known[text] for text in texts]

    async def of_one(self, text: str) -> array[float]:
        """The vector of a text nobody needs to remember."""
        known = self._known.get(text)
        return known if known is not None else unit((await self._embed([text]))[0])

    def fitted(self, key: str) -> Thresholds | None:
        """The thresholds that were kept for these examples, if they were."""
        if self._file is None or not self._fits.exists():
            return None
        try:
            kept = json.loads(self._fits.read_text(encoding="utf-8"))
        except ValueError:
            return None  # a process was killed while writing; it is simply fitted again
        return Thresholds(kept["sure"], kept["answer"]) if kept["of"] == key else None

    def keep_fitted(self, key: str, found: Thresholds) -> None:
        """Fitting takes seconds of work: it is done once for a model and a set of examples."""
        if self._file is not None:
            self._fits.write_text(json.dumps({"of": key, **asdict(found)}), encoding="utf-8")

    @property
    def _fits(self) -> Path:
        assert self._file is not None
        return self._file.with_suffix(".thresholds.json")

    def _keep(self, found: dict[str, array[float]]) -> None:
        if self._file is None:
            return
        with self._file.open("a", encoding="utf-8") as file:
            for text, vector in found.items():
                file.write(json.dumps([text, [round(value, 5) for value in vector]], ensure_ascii=False) + "\n")

    def _read(self, file: Path) -> None:
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                text, vector = json.loads(line)
            except ValueError:
                continue  # the last line of a process that was killed while writing; it is simply asked for again
            self._known[text] = array("f", vector)


class EmbeddedExamples:
    """Lanes by the mean of the three nearest examples, once their vectors are there and the thresholds fitted.

    Both take seconds the first time, so they are made in the background: until then words decide, and nobody waits.
    """

    def __init__(self, vectors: Vectors, examples: Sequence[Example]):
        self._vectors = vectors
        self._examples = examples
        self._rows: list[array[float]] = []
        self._preparing: asyncio.Task[None] | None = None
        self.thresholds = Thresholds(sure=0.99, answer=0.9)

    async def shares(self, text: str) -> dict[str, float] | None:
        """How much each lane is favoured; None when the endpoint does not answer or the examples are not ready."""
        if not self._rows:
            if self._preparing is None or self._preparing.done():
                self._preparing = asyncio.create_task(self._try_to_prepare())
            return None
        try:
            vector = await self._vectors.of_one(text)
        except (refusals(), ValueError) as error:
            log.warning(SILENT, error)
            return None
        return self._shares_of(vector, self._rows, without=None)

    async def prepare(self) -> None:
        """Ask for the vectors of all examples and fit the thresholds. Raises openai.APIError."""
        rows = await self._vectors.of([example.saying for example in self._examples])
        key = hashlib.sha256("\n".join(f"{e.lane} {e.saying}" for e in self._examples).encode()).hexdigest()
        kept = self._vectors.fitted(key)
        if kept is None:
            kept = await asyncio.to_thread(self._fit, rows)
            self._vectors.keep_fitted(key, kept)
        self.thresholds, self._rows = kept, rows

    async def close(self) -> None:
        """Stop preparing."""
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.wait([self._preparing])

    async def _try_to_prepare(self) -> None:
        try:
            await self.prepare()
        except (refusals(), ValueError) as error:
            log.warning(SILENT, error)

    def _fit(self, rows: Sequence[array[float]]) -> Thresholds:
        """Leave one out, for a sample spread over all intents."""
        judged = []
        for n in range(0, len(self._examples), max(len(self._examples) // SAMPLE, 1)):
            shares = self._shares_of(rows[n], rows, without=n)
            lane = max(shares, key=lambda name: shares[name])
            judged.append((self._examples[n].lane, lane, 0.75 * shares[lane] + 0.2))
        return Thresholds(sure=min(sure_from(judged), 0.97), answer=max(answer_from(judged), 0.4))

    def _shares_of(
        self, vector: array[float], rows: Sequence[array[float]], *, without: int | None
    ) -> dict[str, float]:
        found: dict[str, list[float]] = defaultdict(list)
        for number, (example, row) in enumerate(zip(self._examples, rows, strict=True)):
            if number != without:
                found[example.lane].append(sum(map(mul, vector, row)))
        means = {lane: sum(sorted(scores, reverse=True)[:NEIGHBOURS]) / NEIGHBOURS for lane, scores in found.items()}
        means.setdefault(OUT_OF_SCOPE, 0.0)
        return sharpened(means, SHARPNESS)


def unit(vector: Sequence[float]) -> array[float]:
    """The vector with length one."""
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return array("f", (value / length for value in vector))


def refusals() -> type[Exception]:
    """What the client raises; imported only when something was raised, because it is large."""
    import openai

    return openai.APIError
