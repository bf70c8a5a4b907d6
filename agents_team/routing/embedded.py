"""The nearest examples by meaning, with vectors from any OpenAI-compatible /embeddings endpoint."""

from __future__ import annotations  # array is generic only for type checkers before Python 3.12

import asyncio
import hashlib
import heapq
import logging
import struct
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from operator import mul

from agents_team.routing.examples import OUT_OF_SCOPE, Example
from agents_team.routing.nearest import NEIGHBOURS, sharpened
from agents_team.routing.train import Thresholds, answer_from, missed_in, sure_from
from agents_team.vectors import Embed, VectorHome, kept_vectors, refusals, unit

log = logging.getLogger(__name__)

SAMPLE = 400  # examples on which the thresholds are fitted, each against all others
SHARPNESS = 30.0
GLANCE = 128  # numbers of a vector that are compared with every example; all of them only with the nearest
NEAREST = 96
STRANGE = 0.02  # the share of our own sayings that may lie as far from the rest as what is called strange
SILENT = "the embedding endpoint does not answer, routing goes on by words: %s"


@dataclass(frozen=True, slots=True)
class Fit:
    """The thresholds, and the cosine below which a text is strange to all lanes (`floor`)."""

    thresholds: Thresholds
    floor: float

    def packed(self) -> bytes:
        """As bytes, to be kept beside the vectors it was fitted on."""
        return struct.pack("<4d", *astuple(self.thresholds), self.floor)

    @classmethod
    def unpacked(cls, stored: bytes) -> Fit:
        """The other way round."""
        *thresholds, floor = struct.unpack("<4d", stored)
        return cls(Thresholds(*thresholds), floor)


class EmbeddedExamples:
    """Lanes by the mean of the three nearest examples, once their vectors are there and the thresholds fitted.

    Both take seconds the first time, so they are made in the background: until then words decide, and nobody waits.
    What is farther from every example than examples are from each other is out of scope, whichever lane is nearest.
    """

    def __init__(self, embed: Embed, model: str, home: VectorHome, examples: Sequence[Example]):
        self._embed = embed
        self._name = f"router:{model}"
        self._home = home
        self._examples = examples
        self._rows: list[array[float]] = []
        self._fit = Fit(Thresholds(sure=0.99, answer=0.9), floor=0.0)
        self._preparing: asyncio.Task[None] | None = None

    @property
    def thresholds(self) -> Thresholds:
        """What was fitted; far too careful before that."""
        return self._fit.thresholds

    async def shares(self, text: str) -> dict[str, float] | None:
        """How much each lane is favoured; None when the endpoint does not answer or the examples are not ready."""
        if not self._rows:
            if self._preparing is None or self._preparing.done():
                self._preparing = asyncio.create_task(self._try_to_prepare())
            return None
        try:
            [asked] = await self._embed([text])
        except (refusals(), ValueError) as error:
            log.warning(SILENT, error)
            return None
        return _shares(self._means(unit(asked), self._rows), self._fit.floor)

    async def prepare(self) -> None:
        """Ask for the vectors of all examples and fit the thresholds; both are kept. Raises openai.APIError."""
        rows = await kept_vectors(self._home, self._name, self._embed, [example.saying for example in self._examples])
        of = hashlib.sha256("\n".join(f"{e.lane} {e.saying}" for e in self._examples).encode()).hexdigest()
        kept = (await self._home.vectors(f"{self._name}:fit")).get(of)
        if kept is None:
            kept = (await asyncio.to_thread(self._fitted, rows)).packed()
            await self._home.keep_vectors(f"{self._name}:fit", {of: kept})
        self._fit, self._rows = Fit.unpacked(kept), rows

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

    def _fitted(self, rows: Sequence[array[float]]) -> Fit:
        """Leave one out, for a sample spread over all intents."""
        every = max(len(self._examples) // SAMPLE, 1)
        sample = [
            (self._examples[n].lane, self._means(rows[n], rows, without=n))
            for n in range(0, len(self._examples), every)
        ]
        own = sorted(means.get(lane, 0.0) for lane, means in sample if lane != OUT_OF_SCOPE)
        floor = own[int(STRANGE * len(own))] if own else 0.0
        judged = []
        for wanted, means in sample:
            shares = _shares(means, floor)
            lane = max(shares, key=lambda name: shares[name])
            judged.append((wanted, lane, shares[lane]))
        sure, answer = min(sure_from(judged), 0.97), min(max(answer_from(judged), 0.4), 0.97)
        return Fit(Thresholds(sure, answer, missed_in(judged)), floor)

    def _means(
        self, vector: array[float], rows: Sequence[array[float]], *, without: int | None = None
    ) -> dict[str, float]:
        """For each lane the mean cosine of its three nearest examples, of those that are near at all."""
        glance = vector[:GLANCE]
        glances = ((sum(map(mul, glance, row)), n) for n, row in enumerate(rows) if n != without)
        found: dict[str, list[float]] = defaultdict(list)
        for _, number in heapq.nlargest(NEAREST, glances):
            found[self._examples[number].lane].append(sum(map(mul, vector, rows[number])))
        return {lane: sum(sorted(scores)[-NEIGHBOURS:]) / NEIGHBOURS for lane, scores in found.items()}


def _shares(means: dict[str, float], floor: float) -> dict[str, float]:
    strange = max(means.get(OUT_OF_SCOPE, 0.0), floor)
    return sharpened({**means, OUT_OF_SCOPE: strange}, SHARPNESS)
