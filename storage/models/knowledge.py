"""The index of what the company has written down; all of it can be made again from the documents."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class KnowledgeDocument(SQLModel, table=True):
    """A document whose passages are indexed, and which version of it."""

    name: str = Field(primary_key=True, max_length=255)
    version: str = Field(max_length=64)
    indexed_at: datetime = Field(sa_type=UtcDateTime)


class KnowledgePassage(SQLModel, table=True):
    """A passage, and its words as the search compares them, one blank between two."""

    id: str = Field(primary_key=True, default_factory=lambda: new_id("psg_"))
    document: str = Field(foreign_key="knowledgedocument.name", index=True, max_length=255)
    position: int
    section: str
    text: str
    title: str
    words: str


class KnowledgeVector(SQLModel, table=True):
    """What an embedding model said of a text: 32-bit floats, under the text's SHA-256."""

    key: str = Field(primary_key=True, max_length=64)
    model: str = Field(primary_key=True, max_length=255)
    vector: bytes = Field(sa_type=LargeBinary)
