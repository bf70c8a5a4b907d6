"""What the team needs from whatever stands behind its models."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents import ModelProvider, ModelSettings, Tool


async def _nothing() -> None:
    return None


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
