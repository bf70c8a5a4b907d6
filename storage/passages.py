"""Passages as rows with an index of their words: FTS5 on SQLite, tsvector on PostgreSQL. Nothing here commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from storage.models.knowledge import KnowledgeDocument, KnowledgePassage, KnowledgeVector

TITLE_WEIGHT, TEXT_WEIGHT = 2.0, 1.0
LAST_POSITION = 16_383  # PostgreSQL counts no further
LONGEST_WORD = 200
VECTORS_AT_ONCE = 500

_BEST_SQLITE = text(
    "SELECT passage_id FROM knowledge_words WHERE knowledge_words MATCH :words "
    "ORDER BY bm25(knowledge_words, 0.0, :title, :text), passage_id LIMIT :limit"
)
# Weights of D, C, B and A; 1: a long passage counts less, by the logarithm of its length.
_BEST_POSTGRES = text(
    "SELECT passage_id FROM knowledge_words, CAST(:words AS tsquery) AS asked WHERE vector @@ asked "
    "ORDER BY ts_rank_cd('{0.1, 0.2, 0.4, 1.0}', vector, asked, 1) DESC, passage_id LIMIT :limit"
)
_INDEX_SQLITE = text("INSERT INTO knowledge_words (passage_id, title, words) VALUES (:id, :title, :words)")
_INDEX_POSTGRES = text("INSERT INTO knowledge_words (passage_id, vector) VALUES (:id, CAST(:vector AS tsvector))")
_UNINDEX = text(
    "DELETE FROM knowledge_words WHERE passage_id IN (SELECT id FROM knowledgepassage WHERE document = :document)"
)


def versions(tx: Session) -> dict[str, str]:
    """The version of every document that is indexed."""
    return {document.name: document.version for document in tx.exec(select(KnowledgeDocument))}


def put_document(tx: Session, name: str, version: str, passages: Sequence[KnowledgePassage], now: datetime) -> None:
    """Replace the passages of a document."""
    forget_document(tx, name)
    tx.add(KnowledgeDocument(name=name, version=version, indexed_at=now))
    tx.flush()
    tx.add_all(passages)
    tx.flush()
    for passage in passages:
        if _is_sqlite(tx):
            tx.execute(_INDEX_SQLITE, {"id": passage.id, "title": passage.title, "words": passage.words})
        else:
            tx.execute(_INDEX_POSTGRES, {"id": passage.id, "vector": _vector(passage)})


def forget_document(tx: Session, name: str) -> None:
    """Drop a document with its passages; harmless when it is not there."""
    tx.execute(_UNINDEX, {"document": name})
    tx.execute(delete(KnowledgePassage).where(col(KnowledgePassage.document) == name))
    tx.execute(delete(KnowledgeDocument).where(col(KnowledgeDocument.name) == name))


def best_passages(tx: Session, words: Collection[str], limit: int) -> list[KnowledgePassage]:
    """Those that hold any of the words, best first: bm25 on SQLite, ts_rank_cd on PostgreSQL."""
    if not words:
        return []
    if _is_sqlite(tx):
        asked = {"words": " OR ".join(f'"{word}"' for word in words)}
        found = tx.execute(_BEST_SQLITE, {**asked, "title": TITLE_WEIGHT, "text": TEXT_WEIGHT, "limit": limit})
    else:
        asked = {"words": " | ".join(_lexeme(word) for word in words)}
        found = tx.execute(_BEST_POSTGRES, {**asked, "limit": limit})
    ids = list(found.scalars())
    rows = {row.id: row for row in tx.exec(select(KnowledgePassage).where(col(KnowledgePassage.id).in_(ids)))}
    return [rows[each] for each in ids]


def all_passages(tx: Session) -> list[KnowledgePassage]:
    """Every passage, by document and in the order of reading."""
    return list(tx.exec(select(KnowledgePassage).order_by(KnowledgePassage.document, col(KnowledgePassage.position))))


def vectors(tx: Session, model: str) -> dict[str, bytes]:
    """Every vector of this embedding model by key."""
    return {row.key: row.vector for row in tx.exec(select(KnowledgeVector).where(KnowledgeVector.model == model))}


def keep_vectors(tx: Session, model: str, found: Mapping[str, bytes]) -> None:
    """Keep vectors; one that is there already stays."""
    for key, vector in found.items():
        if tx.get(KnowledgeVector, (key, model)) is None:
            tx.add(KnowledgeVector(key=key, model=model, vector=vector))


def forget_vectors(tx: Session, model: str, keys: Collection[str]) -> None:
    """Drop vectors of texts that are gone; harmless when they are not there."""
    gone = list(keys)
    for start in range(0, len(gone), VECTORS_AT_ONCE):
        some = col(KnowledgeVector.key).in_(gone[start : start + VECTORS_AT_ONCE])
        tx.execute(delete(KnowledgeVector).where(col(KnowledgeVector.model) == model, some))


def _vector(passage: KnowledgePassage) -> str:
    """A tsvector spelled out: PostgreSQL's own parser would cut and stem what is cut and stemmed already."""
    words = [*((word, "A") for word in passage.title.split()), *((word, "B") for word in passage.words.split())]
    return " ".join(f"{_lexeme(word)}:{min(n, LAST_POSITION)}{weight}" for n, (word, weight) in enumerate(words, 1))


def _lexeme(word: str) -> str:
    """Words hold letters, digits and apostrophes only; PostgreSQL takes 2 KB of each."""
    return "'" + word[:LONGEST_WORD].replace("'", "''") + "'"


def _is_sqlite(tx: Session) -> bool:
    return tx.get_bind().dialect.name == "sqlite"
