"""Where people write: what staff decided about a place, and what happened to it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime


class Place(SQLModel, table=True):
    """One Slack channel we were told about. `mode` overrides the settings; `moved_to` is its new id, if it has one.

    `state` is joined, left or archived.
    """

    channel: str = Field(primary_key=True, max_length=32)
    external_id: str = Field(primary_key=True, max_length=64)
    state: str = Field(default="joined", max_length=16)
    shared: bool = False
    mode: str | None = Field(default=None, max_length=16)
    mode_by: str = ""
    moved_to: str | None = Field(default=None, max_length=64)
    updated_at: datetime = Field(sa_type=UtcDateTime)
