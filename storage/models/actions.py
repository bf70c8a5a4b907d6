"""What the team wants done, who decided, and what was done."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import BigNumber, JsonColumn, UtcDateTime, enum_type, new_id


class ActionState(StrEnum):
    """pending → approved → executing → submitted → done, or one of the other ends.

    SUPERSEDED: a newer version took its place. BLOCKED: what was asked for is no longer possible.
    """

    PENDING = "pending"
    APPROVED = "approved"
    EXECUTING = "executing"
    SUBMITTED = "submitted"
    DONE = "done"
    DENIED = "denied"
    REFUSED = "refused"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    NEEDS_PERSON = "needs_person"
    SUPERSEDED = "superseded"


OPEN_STATES = frozenset(
    {
        ActionState.PENDING,
        ActionState.APPROVED,
        ActionState.EXECUTING,
        ActionState.SUBMITTED,
        ActionState.NEEDS_PERSON,
    }
)


class Action(SQLModel, table=True):
    """One thing to do, with immutable terms. `open_key` is set while open: one open action per subject.

    `version` counts up whenever people must look again: other terms are a new row (`previous_id` names the
    old one), other facts stay in the row and are listed in `changes` as [label, was, is]. `wish` is what was
    asked for, `tainted` the names of what in it only the requester says. Not before `hold_until` it is done.
    """

    __table_args__ = (UniqueConstraint("open_key"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("act_"))
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    run_id: str | None = Field(default=None, foreign_key="run.id")
    kind: str = Field(max_length=32)
    version: int = 1
    previous_id: str | None = Field(default=None, index=True)
    open_key: str | None = Field(default=None, max_length=255)
    customer_id: str | None = Field(default=None, index=True)
    terms: dict[str, Any] = Field(sa_type=JsonColumn)
    terms_hash: str = Field(max_length=64)
    facts: dict[str, Any] = Field(sa_type=JsonColumn)
    verdict: dict[str, Any] = Field(sa_type=JsonColumn)
    wish: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    trust: int = 0
    tainted: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    changes: list[list[str]] = Field(default_factory=list, sa_type=JsonColumn)
    edited_by: str | None = None
    reason: str = ""
    amount_minor: int = Field(default=0, sa_type=BigNumber)
    currency: str = Field(default="", max_length=3)
    approvals_needed: int = 1
    state: ActionState = Field(sa_type=enum_type(ActionState), index=True)
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    hold_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str = ""
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    first_tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Decision(SQLModel, table=True):
    """One press of a button or one command, also the losing ones. Append-only."""

    # One click is one delivery; looking at it again after a crash adds no second decision.
    __table_args__ = (UniqueConstraint("source"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("dec_"))
    action_id: str | None = Field(default=None, foreign_key="action.id", index=True)
    source: str = Field(max_length=255)
    verb: str = Field(max_length=32)
    by: str = Field(max_length=255)
    by_name: str = ""
    won: bool
    answer: str = ""
    reason: str = ""
    terms_hash: str = ""
    version: int = 1
    inputs: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    answer_to: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    at: datetime = Field(sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
