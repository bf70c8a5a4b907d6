"""What staff are shown: escalations, and the cards in their room."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, enum_type, new_id


class EscalationState(StrEnum):
    """Whether somebody looked after it."""

    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


class Escalation(SQLModel, table=True):
    """The bot asks for a person. `cause` is unique: the same trouble fetches a person once."""

    __table_args__ = (UniqueConstraint("cause"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("esc_"))
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id", index=True)
    cause: str = Field(max_length=255)
    reason: str
    priority: str = Field(default="medium", max_length=16)
    summary: str = ""
    state: EscalationState = Field(default=EscalationState.OPEN, sa_type=enum_type(EscalationState))
    created_at: datetime = Field(sa_type=UtcDateTime)


class Card(SQLModel, table=True):
    """One card in the staff room about one subject (an action or an escalation)."""

    __table_args__ = (UniqueConstraint("subject_id"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("crd_"))
    subject_id: str = Field(max_length=64)
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id")
    external_id: str | None = Field(default=None, max_length=255)
    shown_hash: str = Field(default="", max_length=64)
    first_tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class CannedReply(SQLModel, table=True):
    """A text staff use again and again, by its short name."""

    name: str = Field(primary_key=True, max_length=64)
    text: str
    by: str = ""
    at: datetime = Field(sa_type=UtcDateTime)


class Rating(SQLModel, table=True):
    """What the requester thought of a ticket; the last press counts, and there is one row a ticket."""

    ticket_id: str = Field(primary_key=True, foreign_key="ticket.id")
    good: bool
    by: str = Field(max_length=255)
    at: datetime = Field(sa_type=UtcDateTime)


class KnowledgeProposal(SQLModel, table=True):
    """An article the team may quote once staff approved it; Markdown whose first heading is its title."""

    __table_args__ = (UniqueConstraint("source"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("kpr_"))
    source: str = Field(max_length=255)
    ticket_id: str | None = Field(default=None, foreign_key="ticket.id")
    text: str
    by: str = Field(max_length=255)
    state: str = Field(default="open", max_length=16)
    at: datetime = Field(sa_type=UtcDateTime)
