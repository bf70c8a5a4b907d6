"""What only mail needs to remember: the names mails have for each other, and codes that prove who writes."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class MailName(SQLModel, table=True):
    """A Message-ID that a kept message has (`own`), or that it refers to: the parent may arrive after the child."""

    __table_args__ = (UniqueConstraint("name", "message_id"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("mln_"))
    name: str = Field(max_length=255, index=True)
    message_id: str = Field(foreign_key="message.id", index=True)
    own: bool


class OneTimeCode(SQLModel, table=True):
    """A code sent to the address on file of an account. Only its hash is kept.

    Whoever sends it back on `ticket_id` reads that mailbox. It ends after `expires_at`, after a few wrong tries, and
    with its use; `run_id` is the pass of the team that could not go on without it.
    """

    id: str = Field(primary_key=True, default_factory=lambda: new_id("otc_"))
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    person_id: str = Field(foreign_key="person.id")
    run_id: str = Field(unique=True, max_length=64)
    address: str = Field(max_length=320)
    digest: str = Field(max_length=64)
    wrong_tries: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
