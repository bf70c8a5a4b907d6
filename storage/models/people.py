"""Who writes to us, and for which company."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class Company(SQLModel, table=True):
    """A customer's company, known by its Slack team."""

    id: str = Field(primary_key=True, default_factory=lambda: new_id("cmp_"))
    slack_team_id: str = Field(unique=True, max_length=32)
    name: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Person(SQLModel, table=True):
    """Somebody who writes. `customer_id` is the shop account once it was proven."""

    id: str = Field(primary_key=True, default_factory=lambda: new_id("psn_"))
    name: str = ""
    company_id: str | None = Field(default=None, foreign_key="company.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class Identity(SQLModel, table=True):
    """One way a person is known: "T…/U…" in Slack, an address in mail. Linked to others only by proof."""

    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("idn_"))
    person_id: str = Field(foreign_key="person.id", index=True)
    channel: str = Field(max_length=32)
    external_id: str = Field(max_length=320)
