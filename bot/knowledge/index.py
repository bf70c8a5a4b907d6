"""The desk's home of passages: rows in its own database, so that every process searches the same index."""

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import Session

from agents_team.knowledge import Indexed, Passage
from bot.desk import utc_now
from storage import passages as rows
from storage.db import Database
from storage.models import KnowledgePassage


class DeskPassages:
    """The team's PassageStore over the desk's database."""

    def __init__(self, db: Database):
        self._db = db

    async def versions(self) -> Mapping[str, str]:
        """See PassageStore."""
        return await self._db.read(rows.versions)

    async def put(self, document: str, version: str, passages: Sequence[Indexed]) -> None:
        """See PassageStore; a document is replaced in one transaction."""

        def change(tx: Session) -> None:
            made = [_row(document, position, each) for position, each in enumerate(passages)]
            rows.put_document(tx, document, version, made, utc_now())

        await self._db.write(change)

    async def forget(self, documents: Collection[str]) -> None:
        """See PassageStore."""

        def change(tx: Session) -> None:
            for document in documents:
                rows.forget_document(tx, document)

        await self._db.write(change)

    async def ranked(self, words: Collection[str], limit: int) -> Sequence[Indexed]:
        """See PassageStore."""
        return await self._db.read(lambda tx: [_indexed(row) for row in rows.best_passages(tx, words, limit)])

    async def everything(self) -> Sequence[Indexed]:
        """See PassageStore."""
        return await self._db.read(lambda tx: [_indexed(row) for row in rows.all_passages(tx)])

    async def vectors(self, model: str) -> Mapping[str, bytes]:
        """See PassageStore."""
        return await self._db.read(lambda tx: rows.vectors(tx, model))

    async def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """See PassageStore."""
        await self._db.write(lambda tx: rows.keep_vectors(tx, model, vectors))

    async def forget_vectors(self, model: str, keys: Collection[str]) -> None:
        """See PassageStore."""
        await self._db.write(lambda tx: rows.forget_vectors(tx, model, keys))


def _row(document: str, position: int, each: Indexed) -> KnowledgePassage:
    return KnowledgePassage(
        document=document,
        position=position,
        section=each.passage.section,
        text=each.passage.text,
        title=" ".join(each.title),
        words=" ".join(each.words),
    )


def _indexed(row: KnowledgePassage) -> Indexed:
    passage = Passage(row.document, row.section, row.text)
    return Indexed(passage, tuple(row.title.split()), tuple(row.words.split()))
