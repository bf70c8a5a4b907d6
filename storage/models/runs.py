"""Passes of the team, with every model call kept as it arrived."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import BigNumber, JsonColumn, UtcDateTime, enum_type, new_id


class RunState(StrEnum):
    """How a run ended, if it did."""

    RUNNING = "running"
    ANSWERED = "answered"
    SUPERSEDED = "superseded"
    GAVE_UP = "gave_up"


class StepKind(StrEnum):
    """What a trace row shows; MODEL rows are the journal too."""

    MODEL = "model"
    HANDOFF = "handoff"
    TOOL = "tool"
    GUARDRAIL = "guardrail"


class Run(SQLModel, table=True):
    """One pass of the team over everything up to `newest_message_id`; a crashed pass goes on under the same row."""

    __table_args__ = (
        UniqueConstraint("ticket_id", "newest_message_id"),
        # What all runs took together is asked every few seconds; the index alone answers.
        Index("ix_run_totals", "state", "input_tokens", "cached_tokens", "output_tokens", "cost_micros"),
    )

    id: str = Field(primary_key=True, default_factory=lambda: new_id("run_"))
    ticket_id: str = Field(foreign_key="ticket.id", index=True)
    newest_message_id: str = Field(foreign_key="message.id")
    state: RunState = Field(default=RunState.RUNNING, sa_type=enum_type(RunState))
    specialist: str = ""
    route: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    handled_by: str = ""
    note: str = ""
    requests: int = 0
    input_tokens: int = Field(default=0, sa_type=BigNumber)
    cached_tokens: int = Field(default=0, sa_type=BigNumber)
    output_tokens: int = Field(default=0, sa_type=BigNumber)
    cost_micros: int = Field(default=0, sa_type=BigNumber)
    started_at: datetime = Field(sa_type=UtcDateTime, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Step(SQLModel, table=True):
    """One thing that happened in a run. `request_hash` and `n` find a paid model call again."""

    __table_args__ = (UniqueConstraint("run_id", "request_hash", "n"),)

    id: str = Field(primary_key=True, default_factory=lambda: new_id("stp_"))
    run_id: str = Field(foreign_key="run.id", index=True)
    kind: StepKind = Field(sa_type=enum_type(StepKind))
    agent: str = ""
    name: str = ""
    request_hash: str | None = Field(default=None, max_length=64)
    n: int | None = None
    data: dict[str, Any] = Field(sa_type=JsonColumn)
    input_tokens: int = Field(default=0, sa_type=BigNumber)
    cached_tokens: int = Field(default=0, sa_type=BigNumber)
    output_tokens: int = Field(default=0, sa_type=BigNumber)
    cost_micros: int = Field(default=0, sa_type=BigNumber)
    seconds: float = 0.0
    at: datetime = Field(sa_type=UtcDateTime)
