"""The models a team can run on: a new kind is one file and one line here."""

from collections.abc import Callable

from agents_team.config import TeamConfig
from agents_team.models.base import Backend
from agents_team.models.offline import offline_backend
from agents_team.models.provider import openai_backend
from agents_team.router import Router

MODELS: dict[str, Callable[[TeamConfig, Router], Backend]] = {
    "openai": openai_backend,
    "offline": offline_backend,
}

__all__ = ["MODELS", "Backend"]
