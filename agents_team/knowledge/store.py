"""Where passages are kept and ranked: the port, whose homes are memory (here), SQLite and PostgreSQL (the bot's).

The team knows no tables, and a desk of many processes wants one index: so what a word is and when a passage is good
enough to be evidence is decided here, once, and a store only keeps rows and ranks them by words already cut.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agents_team.knowledge.passages import Passage
from agents_team.knowledge.words import terms
from agents_team.vectors import VectorHome


@dataclass(frozen=True, slots=True)
class Indexed:
    """A passage with its words (`terms`): those of the document's name and the headings, and those of the text."""

    passage: Passage
    title: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def held(self) -> tuple[str, ...]:
        """All of its words."""
        return (*self.title, *self.words)


class PassageStore(VectorHome, Protocol):
    """Keeps passages by document. Documents are replaced whole; whoever asks next sees all of the new or none."""

    async def versions(self) -> Mapping[str, str]:
        """The name of every document that is indexed, and which version of it."""

    async def put(self, document: str, version: str, passages: Sequence[Indexed]) -> None:
        """Replace what is known of a document."""

    async def forget(self, documents: Collection[str]) -> None:
        """Drop these documents."""

    async def ranked(self, words: Collection[str], limit: int) -> Sequence[Indexed]:
        """The passages that hold any of the words, those that fit best first."""

    async def everything(self) -> Sequence[Indexed]:
        """Every passage, in the order of documents and of reading."""


def indexed(passage: Passage) -> Indexed:
    """A passage with its words; the last heading says most, so it counts twice."""
    last = passage.section.rsplit(" > ", 1)[-1]
    title = f"{_title(passage.document)} {passage.section} {last}"
    return Indexed(passage, tuple(terms(title)), tuple(terms(passage.text)))


def _title(document: str) -> str:
    return re.sub(r"[-_./]", " ", document.rsplit(".", 1)[0])
