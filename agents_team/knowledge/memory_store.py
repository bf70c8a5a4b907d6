"""Passages in memory: for evals, `helpdesk try` and a team without a desk."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from agents_team.knowledge.store import Indexed


class MemoryPassages:
    """A PassageStore that is forgotten with the process."""

    def __init__(self) -> None:
        self._versions: dict[str, str] = {}
        self._passages: dict[str, Sequence[Indexed]] = {}
        self._vectors: dict[str, dict[str, bytes]] = defaultdict(dict)
        self._holding: dict[str, list[Indexed]] | None = None

    async def versions(self) -> Mapping[str, str]:
        """See PassageStore."""
        return dict(self._versions)

    async def put(self, document: str, version: str, passages: Sequence[Indexed]) -> None:
        """See PassageStore."""
        self._versions[document], self._passages[document], self._holding = version, passages, None

    async def forget(self, documents: Collection[str]) -> None:
        """See PassageStore."""
        for document in documents:
            self._versions.pop(document, None)
            self._passages.pop(document, None)
        self._holding = None

    async def ranked(self, words: Collection[str], limit: int) -> Sequence[Indexed]:
        """See PassageStore."""
        if self._holding is None:
            self._holding = defaultdict(list)
            for each in await self.everything():
                for word in set(each.held):
                    self._holding[word].append(each)
        shared = Counter(each for word in words for each in self._holding.get(word, ()))
        return [each for each, _ in shared.most_common(limit)]

    async def everything(self) -> Sequence[Indexed]:
        """See PassageStore."""
        return [each for document in sorted(self._passages) for each in self._passages[document]]

    async def vectors(self, model: str) -> Mapping[str, bytes]:
        """See PassageStore."""
        return dict(self._vectors[model])

    async def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """See PassageStore."""
        self._vectors[model].update(vectors)

    async def forget_vectors(self, model: str, keys: Collection[str]) -> None:
        """See PassageStore."""
        for key in keys:
            self._vectors[model].pop(key, None)
