"""A folder of documents: what is in it, and whether it changed."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from agents_team.knowledge.formats import as_markdown

SUFFIXES = frozenset({".md", ".markdown", ".txt", ".html", ".htm"})

CUT = "1"
"""How documents are cut into passages and words; another number makes every index be built again."""

_Seen = dict[Path, tuple[int, int]]


class Folder:
    """Everything readable in a folder and below it."""

    def __init__(self, path: Path):
        if not path.is_dir():
            raise FileNotFoundError(f"the knowledge folder {path} does not exist")
        self.path = path
        self._seen: _Seen | None = None

    def changed(self) -> bool:
        """Whether a document came, went or became another since the last `documents`."""
        return self._look() != self._seen

    def documents(self) -> dict[str, str]:
        """Name (path below the folder) and text as Markdown of every document."""
        self._seen = self._look()
        found = {}
        for path in self._seen:
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                continue  # gone between the look and the reading; the next look sees that
            found[path.relative_to(self.path).as_posix()] = as_markdown(path.suffix.lower(), text)
        return found

    def _look(self) -> _Seen:
        """Every document with its time and size. A file that vanishes while we look is simply gone."""
        seen: _Seen = {}
        for path in sorted(self.path.rglob("*")):
            if path.suffix.lower() not in SUFFIXES:
                continue
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            seen[path] = (stat.st_mtime_ns, stat.st_size)
        return seen


def version_of(markdown: str) -> str:
    """The same for the same text cut the same way, on every machine."""
    return hashlib.sha256(f"{CUT}\n{markdown}".encode()).hexdigest()[:32]


def versions_of(documents: Mapping[str, str]) -> dict[str, str]:
    """The version of each document."""
    return {name: version_of(text) for name, text in documents.items()}
