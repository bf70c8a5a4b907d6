"""The second leg of the search: passages whose vectors are near the question's, from any /embeddings endpoint."""

from __future__ import annotations  # array is generic only for type checkers before Python 3.12

import logging
from array import array
from collections.abc import Sequence
from operator import mul

from agents_team.knowledge.store import Indexed, PassageStore
from agents_team.vectors import Embed, kept_vectors, refusals, unit

log = logging.getLogger(__name__)

SILENT = "the embedding endpoint does not answer, the search goes on by words: %s"


class Meaning:
    """Vectors of passages, asked for once and kept in the store under what was embedded."""

    def __init__(self, embed: Embed, model: str, store: PassageStore):
        self._embed = embed
        self._model = model
        self._store = store
        self._rows: list[tuple[Indexed, array[float]]] = []
        self._stale = True

    def changed(self) -> None:
        """The documents are others now: the vectors of the new ones are asked for at the next question."""
        self._stale = True

    async def prepare(self) -> None:
        """Ask for the vectors of new passages now, so that no question has to wait for them."""
        if not self._stale:
            return
        self._stale = False  # what changes while the vectors are asked for makes it true again
        try:
            self._rows = await self._prepared()
        except (refusals(), ValueError) as error:
            self._stale = True
            log.warning(SILENT, error)

    async def near(self, question: str, limit: int) -> list[tuple[Indexed, float]]:
        """(passage, cosine) of the nearest, best first; nothing when the endpoint does not answer."""
        await self.prepare()
        try:
            [asked] = await self._embed([question])
        except (refusals(), ValueError) as error:
            log.warning(SILENT, error)
            return []
        vector = unit(asked)
        scored = [(each, sum(map(mul, vector, row))) for each, row in self._rows]
        return sorted(scored, key=lambda pair: -pair[1])[:limit]

    async def _prepared(self) -> list[tuple[Indexed, array[float]]]:
        passages = await self._store.everything()
        rows = await kept_vectors(self._store, self._model, self._embed, [_text(each) for each in passages])
        return list(zip(passages, rows, strict=True))


def _text(each: Indexed) -> str:
    passage = each.passage
    return f"{passage.document} > {passage.section}\n{passage.text}"


def fused(legs: Sequence[Sequence[Indexed]], *, constant: int = 60) -> list[Indexed]:
    """Several rankings as one by reciprocal rank (Cormack, Clarke and Büttcher, 2009): 1 / (60 + place), summed."""
    scores: dict[Indexed, float] = {}
    for leg in legs:
        for place, each in enumerate(leg, start=1):
            scores[each] = scores.get(each, 0.0) + 1 / (constant + place)
    return sorted(scores, key=lambda each: -scores[each])
