"""The desk itself: where it remembers, how it works, how soon people hear from it and who sends the answers."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from bot.settings.section import Section


class DatabaseSettings(Section):
    """Where everything is remembered."""

    url: str = Field("sqlite:///helpdesk.db", description="sqlite:///file for one process, postgresql://… for many")


class DeskSettings(Section):
    """How the desk behaves."""

    name: str = Field("Helpdesk", description="what customers see as the sender's name")
    quiet_seconds: float = Field(1.5, ge=0, description="messages that arrive within this time are answered together")
    max_tries: int = Field(8, ge=1, description="failures of one step before a person is fetched")
    first_pause_seconds: float = Field(2.0, gt=0, description="pause after the first failure; doubles each time")
    longest_pause_seconds: float = Field(900.0, gt=0, description="the pause grows no further than this")
    concurrency: int = Field(20, ge=1, description="steps that run side by side in one process")
    follow_up_days: float = Field(14.0, ge=0, description="a later answer to a solved ticket opens a new, linked one")


class TargetSettings(Section):
    """How soon people should hear from us, counted in policy.hours; a card warns staff before it is too late."""

    first_answer_minutes: float | None = Field(None, gt=0, description="from a new ticket to the first answer")
    next_answer_minutes: float | None = Field(None, gt=0, description="from a later message to the answer to it")
    solve_hours: float | None = Field(None, gt=0, description="from a new ticket to its end")
    warn_minutes: float = Field(10.0, ge=0, description="so long before a target is missed staff get a card")


class ReplyModeSettings(Section):
    """What becomes of the team's answers somewhere."""

    mode: Literal["auto", "draft", "shadow", "off"] = Field("auto", description="the most careful mode that fits wins")


class ReplySettings(Section):
    """What becomes of the team's answers: sent, shown to staff to be sent, only recorded, or not even written."""

    mode: Literal["auto", "draft", "shadow", "off"] = Field("auto", description="where nothing else is said")
    channels: Mapping[str, ReplyModeSettings] = Field(
        default_factory=dict, description='by "slack", "mail" or the id of a Slack channel'
    )
    intents: Mapping[str, ReplyModeSettings] = Field(
        default_factory=dict, description="by the name of the specialist that answers"
    )
    ask_rating: bool = Field(False, description="ask once, when a Slack ticket is solved, whether it helped")
