"""Tickets, the messages of both directions, and what the team remembers of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.types import BigNumber, JsonColumn, UtcDateTime, enum_type, new_id


class TicketStatus(StrEnum):
    """Whose turn it is: ours, theirs, somebody else's, nobody's."""

    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"


class Direction(StrEnum):
    """Which way a message went; internal ones never leave the staff room."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Sending(StrEnum):
    """How far an outgoing message is. DRAFT waits for a person, HELD for an action; READY and SENDING will be sent.

    WITHHELD was not sent because it could have been part of a loop.
    """

    DRAFT = "draft"
    HELD = "held"
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    SUPERSEDED = "superseded"
    WITHHELD = "withheld"
    FAILED = "failed"


LIVE_SQL = "status NOT IN ('solved', 'closed')"
"""What is not over yet. A query that says it in exactly these words is answered from an index of these alone; said
the other way round SQLite would take its index of statuses and sort all that are open for each page.
"""


class Ticket(SQLModel, table=True):
    """One conversation of one requester. `owner` is the staff member who took it over; None: the bot's.

    `answer_due_at` is set while somebody waits for our answer, `solve_due_at` until it is solved, both only where
    a target is set. `merged_into` names the ticket that answers for this one, `follows` the ended one it goes on.
    """

    __table_args__ = (
        UniqueConstraint("channel", "thread_key"),
        # The console's queue goes through one channel's tickets by age, a page at a time.
        Index("ix_ticket_channel_id", "channel", "id"),
        Index("ix_ticket_live", "id", sqlite_where=text(LIVE_SQL), postgresql_where=text(LIVE_SQL)),
    )

    id: str = Field(primary_key=True, default_factory=lambda: new_id("tkt_"))
    channel: str = Field(max_length=32)
    thread_key: str = Field(max_length=512)
    requester_id: str = Field(foreign_key="person.id", index=True)
    customer_id: str | None = None
    subject: str = ""
    status: TicketStatus = Field(default=TicketStatus.OPEN, sa_type=enum_type(TicketStatus), index=True)
    lane: str | None = None
    owner: str | None = Field(default=None, index=True)
    reply_to: dict[str, Any] = Field(sa_type=JsonColumn)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    first_answer_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    priority: str = Field(default="normal", max_length=16)
    tags: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    merged_into: str | None = Field(default=None, index=True)
    follows: str | None = Field(default=None, index=True)
    answer_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    solve_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    solved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Message(SQLModel, table=True):
    """One message of a ticket. `text` is what was newly written; `full_text` all of it.

    Outgoing: `cause` says why it exists and is unique, so the same reason can never speak twice.
    """

    __table_args__ = (
        # The same message through two doors, or as message and app_mention, is one row.
        UniqueConstraint("channel", "external_id"),
        UniqueConstraint("cause"),
        # Nearly none of all messages: what looks for them reads these alone.
        Index(
            "ix_message_doubtful",
            "id",
            sqlite_where=text("possible_duplicate = 1"),
            postgresql_where=text("possible_duplicate"),
        ),
    )

    id: str = Field(primary_key=True, default_factory=lambda: new_id("msg_"))
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    direction: Direction = Field(sa_type=enum_type(Direction))
    channel: str = Field(max_length=32)
    external_id: str | None = Field(default=None, max_length=512)
    cause: str | None = Field(default=None, max_length=255)
    role: str = Field(max_length=16)
    person_id: str | None = Field(default=None, foreign_key="person.id")
    author_name: str = ""
    trust: int = 0
    kind: str = Field(default="human", max_length=24)
    text: str
    full_text: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    sent_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    answered_by: str | None = None
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    run_id: str | None = None
    waits_for: str | None = None
    delivery_id: str | None = Field(default=None, foreign_key="delivery.id")
    sending: Sending | None = Field(default=None, sa_type=enum_type(Sending), index=True)
    first_tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tries: int = 0
    possible_duplicate: bool = False


class Attachment(SQLModel, table=True):
    """A file of a message, kept once per content.

    The bytes stay in the delivery, or where `source` says until they were fetched; then `stored` and `sha256`
    name the blob.
    """

    __table_args__ = (UniqueConstraint("message_id", "sha256", "filename"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("att_"))
    message_id: str = Field(foreign_key="message.id", index=True)
    filename: str
    content_type: str
    size: int = Field(sa_type=BigNumber)
    sha256: str = Field(max_length=64)
    inline: bool = False
    source: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    stored: bool = False
    note: str = ""


class Blob(SQLModel, table=True):
    """The bytes of a file, once per content however many messages carry it."""

    sha256: str = Field(primary_key=True, max_length=64)
    body: bytes
    size: int = Field(sa_type=BigNumber)
    content_type: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)


class MemoryItem(SQLModel, table=True):
    """One item of the team's conversation history, written with the reply it belongs to."""

    __table_args__ = (UniqueConstraint("ticket_id", "position"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("mem_"))
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    position: int
    item: dict[str, Any] = Field(sa_type=JsonColumn)
