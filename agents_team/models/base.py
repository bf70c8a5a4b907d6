"""What the team needs from whatever stands behind its models."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agents import ModelProvider, ModelSettings, Tool
from agents.items import TResponseStreamEvent
from agents.models.interface import Model


async def _nothing() -> None:
    return None


class WholeModel(Model):
    """A model that answers in one piece: a customer never sees half an answer, so nothing of ours streams."""

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[TResponseStreamEvent]:
        """Always RuntimeError."""
        raise RuntimeError("the team does not stream: an answer is checked whole before anybody sees it")


@dataclass(frozen=True, slots=True)
class Backend:
    """Models by name, which agent uses which, and how it is called.

    `model_name` takes (role, agent name), `settings` an agent name. `handled_by` is what `Answer.handled_by` says.
    `hosted_search` are tools the provider runs itself, for every agent that searches the documents.
    """

    provider: ModelProvider
    model_name: Callable[[str, str], str]
    settings: Callable[[str], ModelSettings]
    handled_by: str
    close: Callable[[], Awaitable[None]] = _nothing
    hosted_search: tuple[Tool, ...] = ()
