"""A folder of documents, searched; a changed file is read again without a restart."""

import time
from pathlib import Path

from agents_team.knowledge.formats import as_markdown
from agents_team.knowledge.lexical import Hit, LexicalIndex
from agents_team.knowledge.passages import Passage, passages_of

SUFFIXES = frozenset({".md", ".markdown", ".txt", ".html", ".htm"})

_Seen = dict[Path, tuple[int, int]]


class Knowledge:
    """What the company has written down. Reads `folder` and everything below it."""

    def __init__(self, folder: Path, *, look_every: float = 1.0):
        """`look_every` is the number of seconds between looks for changed files."""
        if not folder.is_dir():
            raise FileNotFoundError(f"the knowledge folder {folder} does not exist")
        self.folder = folder
        self._look_every = look_every
        self._looked_at = time.monotonic()
        self._seen = self._look()
        self._index = self._read()

    def search(self, question: str, *, limit: int = 4) -> list[Passage]:
        """The passages that answer best, best first; empty when nothing is close enough to be evidence."""
        self._read_again_if_changed()
        return [hit.passage for hit in self._index.search(question, limit=limit)]

    async def find(self, question: str, *, limit: int = 4) -> list[Hit]:
        """The same passages with how well each fits."""
        self._read_again_if_changed()
        return self._index.search(question, limit=limit)

    def _read_again_if_changed(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < self._look_every:
            return
        self._looked_at = now
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            self._index = self._read()

    def _look(self) -> _Seen:
        """Every document with its time and size. A file that vanishes while we look is simply gone."""
        seen: _Seen = {}
        for path in sorted(self.folder.rglob("*")):
            if path.suffix.lower() not in SUFFIXES:
                continue
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            seen[path] = (stat.st_mtime_ns, stat.st_size)
        return seen

    def _read(self) -> LexicalIndex:
        passages: list[Passage] = []
        for path in self._seen:
            name = path.relative_to(self.folder).as_posix()
            text = path.read_text(encoding="utf-8", errors="replace")
            passages += passages_of(name, as_markdown(path.suffix.lower(), text))
        return LexicalIndex(passages)
