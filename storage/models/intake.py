"""What arrived, byte for byte, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import JsonColumn, UtcDateTime, enum_type, new_id


class Outcome(StrEnum):
    """The one end of a delivery; None on the row means: not understood yet."""

    MESSAGE = "message"
    CHANGE = "change"
    CLICK = "click"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


class Delivery(SQLModel, table=True):
    """One delivery as it came through a door. `receipts` counts how often the same one was handed in."""

    # A redelivery of the same thing is the same row, under any race.
    __table_args__ = (UniqueConstraint("channel", "key"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("dlv_"))
    channel: str = Field(max_length=32)
    key: str = Field(max_length=255)
    lane: str = Field(max_length=255)
    body: bytes
    envelope: dict[str, Any] = Field(sa_type=JsonColumn)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    receipts: int = 1
    outcome: Outcome | None = Field(default=None, sa_type=enum_type(Outcome), index=True)
    outcome_note: str = ""
    subject_id: str | None = None
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
