"""What was done by whom, the switches, and where readers stopped reading."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from storage.types import JsonColumn, UtcDateTime, new_id


class Event(SQLModel, table=True):
    """One line of the audit log. Append-only."""

    id: str = Field(primary_key=True, default_factory=lambda: new_id("evt_"))
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str
    kind: str = Field(max_length=64, index=True)
    subject_id: str | None = Field(default=None, index=True, max_length=64)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)


class Control(SQLModel, table=True):
    """A switch staff can turn while the desk runs, such as pause."""

    name: str = Field(primary_key=True, max_length=128)
    value: str
    by: str = ""
    at: datetime = Field(sa_type=UtcDateTime)


class Tick(SQLModel, table=True):
    """One slot of one schedule; its key makes sure the slot's work is queued once, however many processes tick."""

    name: str = Field(primary_key=True, max_length=64)
    slot: str = Field(primary_key=True, max_length=32)
    at: datetime = Field(sa_type=UtcDateTime)


class Cursor(SQLModel, table=True):
    """Where a reader of somebody else's list (a mailbox, a channel) stopped."""

    name: str = Field(primary_key=True, max_length=255)
    value: dict[str, Any] = Field(sa_type=JsonColumn)
    at: datetime = Field(sa_type=UtcDateTime)


class Seal(SQLModel, table=True):
    """One link of the chain over the audit log: who changes, drops or adds a sealed event later breaks it.

    `content_hash` covers what may have to be erased one day (actor and data), with a salt that is erased with it.
    """

    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event_id: str = Field(unique=True, max_length=64)
    salt: str = Field(max_length=64)
    content_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)
    at: datetime = Field(sa_type=UtcDateTime)


class Note(SQLModel, table=True):
    """What the desk notes about itself under one name: the pulse of its parts, open alarms, the figures of a day."""

    name: str = Field(primary_key=True, max_length=255)
    value: dict[str, Any] = Field(sa_type=JsonColumn)
    at: datetime = Field(sa_type=UtcDateTime)
