"""What one agent tells the next when it hands a conversation over."""

from typing import Any, Literal

from agents import Agent, Handoff, RunContextWrapper, handoff
from pydantic import BaseModel, ConfigDict

from agents_team.current import CurrentRun
from agents_team.schemas import compact


class HandoffNote(BaseModel):
    """The payload of every handoff to a specialist: flat, every field required, amounts in minor units."""

    model_config = ConfigDict(extra="forbid")

    reason: str
    priority: Literal["low", "medium", "high", "critical"]
    sentiment: Literal["positive", "neutral", "negative", "angry"]
    language: str
    summary: str
    order_ids: list[str]
    amount_minor: int | None


FIELDS = """reason: why this specialist, in a few words. language: the two-letter code of what they write in.
summary: what they want, in one sentence. order_ids: those that were mentioned. amount_minor: an amount that was
mentioned, in minor units (cents), else null."""
"""What the fields of the note mean, for the instructions."""


class BackNote(BaseModel):
    """Why a specialist gives the conversation back to triage."""

    model_config = ConfigDict(extra="forbid")

    reason: str


async def _remember_note(context: RunContextWrapper[CurrentRun], note: HandoffNote) -> None:
    context.context.handoff = note


async def _remember_back(context: RunContextWrapper[CurrentRun], note: BackNote) -> None:
    context.context.handoff = note


def to_specialist(agent: Agent[CurrentRun]) -> Handoff[Any, Any]:
    """The handoff from triage to one specialist."""
    return _small(
        handoff(
            agent,
            tool_description_override=agent.handoff_description,
            on_handoff=_remember_note,
            input_type=HandoffNote,
        )
    )


def back_to_triage(triage: Agent[CurrentRun]) -> Handoff[Any, Any]:
    """The handoff every specialist owns, so that a conversation that starts with it can change its subject."""
    what = "Give the conversation back: it is about something that is not yours."
    return _small(handoff(triage, tool_description_override=what, on_handoff=_remember_back, input_type=BackNote))


def _small(made: Handoff[Any, Any]) -> Handoff[Any, Any]:
    """Eight handoffs with the words of every field were most of what triage was sent; `FIELDS` says them once."""
    made.input_json_schema = compact(made.input_json_schema, wordless=True)
    return made
