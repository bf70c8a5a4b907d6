"""What the company has written down: kept up to date without a restart, searched, and silent about the rest."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents_team.knowledge.folder import Folder, versions_of
from agents_team.knowledge.meaning import Meaning, fused
from agents_team.knowledge.memory_store import MemoryPassages
from agents_team.knowledge.passages import Passage, passages_of
from agents_team.knowledge.store import Indexed, PassageStore, indexed
from agents_team.knowledge.words import Vocabulary, hints
from agents_team.vectors import Embed, VectorHome

CANDIDATES = 50
"""How many the store's own ranking (FTS5's bm25, ts_rank_cd) hands on; the order among them is made here, so that a
desk that moves from one database to another answers alike."""

SURELY_UNDONE = 3
"""At how many looks one after the other the index must be another's; an article may be on its way for one of them."""

UNDONE = (
    "another process searches other documents than %s and wrote its own into the index that all share; until this "
    "folder changes again it stays so: give every process the same knowledge.folder"
)

log = logging.getLogger(__name__)

Articles = Callable[[], Awaitable[Mapping[str, str]]]
"""Documents that are in no folder, as Markdown by name: what staff approved."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage, the share (0 to 1) of the question's words it holds by weight, and its cosine (0: not known)."""

    passage: Passage
    coverage: float
    cosine: float = 0.0


@dataclass(frozen=True, slots=True)
class Floor:
    """What a passage must reach in one of the two to be evidence: share of words held, or cosine."""

    words: float = 0.34
    meaning: float = 0.4


class Knowledge:
    """The documents of `folder` and below, and the approved articles. Nothing is read before the first question."""

    def __init__(
        self,
        folder: Path,
        *,
        store: PassageStore | None = None,
        articles: Articles | None = None,
        floor: Floor = Floor(),
        look_every: float = 1.0,
    ):
        """`look_every` is the number of seconds between looks for changes. FileNotFoundError: there is no folder."""
        self._folder = Folder(folder)
        self._store = store or MemoryPassages()
        self._articles = articles
        self._floor = floor
        self._look_every = look_every
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()
        self._written: dict[str, str] = {}
        self._brought: dict[str, str] | None = None
        self._undone = 0
        self._known: dict[str, str] | None = None
        self._vocabulary = Vocabulary()
        self._meaning: Meaning | None = None

    @property
    def vectors(self) -> VectorHome:
        """Where vectors are kept."""
        return self._store

    def use_embeddings(self, embed: Embed, model: str) -> None:
        """From now on passages are found by meaning as well."""
        self._meaning = Meaning(embed, model, self._store)

    async def find(self, question: str, *, limit: int = 4) -> list[Hit]:
        """The passages that answer best, best first; empty when nothing is close enough to be evidence."""
        await self.refresh()
        asked = self._vocabulary.asked(question)
        found = await self._store.ranked(asked, CANDIDATES) if asked else []
        by_words = sorted(found, key=lambda each: -self._vocabulary.score(asked, each.held))
        near = await self._meaning.near(question, CANDIDATES) if self._meaning and question.strip() else []
        cosines = dict(near)
        ranking = fused([by_words, list(cosines)]) if near else by_words
        hinted = hints(question)
        hits = [
            Hit(each.passage, self._vocabulary.coverage(asked, each.held, hinted), cosines.get(each, 0.0))
            for each in ranking
        ]
        return [hit for hit in hits if self._is_evidence(hit)][:limit]

    async def refresh(self, *, at_once: bool = False) -> None:
        """Read what changed since the last look, if that was long enough ago or it must be `at_once`."""
        async with self._looking:
            if not at_once and time.monotonic() - self._looked_at < self._look_every:
                return
            self._looked_at = time.monotonic()
            wanted = await self._wanted()
            found = dict(await self._store.versions())
            if found != versions_of(wanted) and not self._is_undone(versions_of(wanted)):
                await self._bring(wanted, found)
                found = self._brought = versions_of(wanted)
            if found != self._known:
                await self._learn_words(found)
            if at_once and self._meaning is not None:
                await self._meaning.prepare()

    def _is_evidence(self, hit: Hit) -> bool:
        return hit.coverage >= self._floor.words or hit.cosine >= self._floor.meaning

    def _is_undone(self, wanted: dict[str, str]) -> bool:
        """Whether another process, whose folder holds other documents, replaced what this one had brought.

        Were it brought back, the two would overwrite one another at every look; so the one that changed last wins.
        """
        if wanted != self._brought:
            self._undone = 0
            return False
        self._undone += 1
        if self._undone == SURELY_UNDONE:
            log.warning(UNDONE, self._folder.path)
        return True

    async def _wanted(self) -> dict[str, str]:
        if await asyncio.to_thread(self._folder.changed):
            self._written = await asyncio.to_thread(self._folder.documents)
        return {**self._written, **(await self._articles() if self._articles else {})}

    async def _bring(self, wanted: Mapping[str, str], found: Mapping[str, str]) -> None:
        versions = versions_of(wanted)
        gone = found.keys() - wanted.keys()
        if gone:
            await self._store.forget(gone)
        for name, text in wanted.items():
            if found.get(name) != versions[name]:
                passages = await asyncio.to_thread(_cut, name, text)
                await self._store.put(name, versions[name], passages)

    async def _learn_words(self, versions: dict[str, str]) -> None:
        passages = await self._store.everything()
        self._vocabulary = Vocabulary([each.held for each in passages])
        self._known = versions
        if self._meaning is not None:
            self._meaning.changed()


def _cut(name: str, text: str) -> list[Indexed]:
    return [indexed(passage) for passage in passages_of(name, text)]
