"""What one agent tells the next when it hands a conversation over."""

from typing import Any, Literal

from agents import Agent, Handoff, RunContextWrapper, handoff
from pydantic import BaseModel, ConfigDict, Field

from agents_team.current import CurrentRun


class HandoffNote(BaseModel):
    """The payload of every handoff to a specialist: flat, every field required, amounts in minor units."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(description="Why this specialist, in a few words.")
    priority: Literal["low", "medium", "high", "critical"]
    sentiment: Literal["positive", "neutral", "negative", "angry"]
    language: str = Field(description="Two-letter code of the language the requester writes in.")
    summary: str = Field(description="What the requester wants, in one sentence.")
    order_ids: list[str] = Field(description="Order ids that were mentioned; empty when none.")
    amount_minor: int | None = Field(description="An amount that was mentioned, in minor units (cents), else null.")


class BackNote(BaseModel):
    """Why a specialist gives the conversation back to triage."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(description="What the requester wants now that is not yours to answer.")


async def _remember_note(context: RunContextWrapper[CurrentRun], note: HandoffNote) -> None:
    context.context.handoff = note


async def _remember_back(context: RunContextWrapper[CurrentRun], note: BackNote) -> None:
    context.context.handoff = note


def to_specialist(agent: Agent[CurrentRun]) -> Handoff[Any, Any]:
    """The handoff from triage to one specialist."""
    return handoff(agent, on_handoff=_remember_note, input_type=HandoffNote)


def back_to_triage(triage: Agent[CurrentRun]) -> Handoff[Any, Any]:
    """The handoff every specialist owns, so that a conversation that starts with it can change its subject."""
    return handoff(triage, on_handoff=_remember_back, input_type=BackNote)
