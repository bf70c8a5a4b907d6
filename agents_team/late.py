"""A team that is built when it is first asked: importing the SDK takes seconds, and most processes never ask."""

from collections.abc import Callable
from typing import Protocol

from agents_team.knowledge import Hit
from agents_team.turn import Answer, RunLog, Turn


class Thinks(Protocol):
    """What a desk needs of its team."""

    @property
    def lanes(self) -> tuple[str, ...]:
        """Every specialist that takes conversations."""

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        """Answer the new messages of a turn; see `Team.respond`."""

    async def refresh_knowledge(self) -> None:
        """Read documents that changed, now rather than at the next question."""

    async def find_knowledge(self, question: str) -> list[Hit]:
        """The passages the team would be shown for a question, best first."""

    async def close(self) -> None:
        """Give back what it holds."""


class LateTeam:
    """Stands for the team that `make` makes, which it does at the first turn."""

    def __init__(self, make: Callable[[], Thinks]):
        self._make = make
        self._team: Thinks | None = None

    @property
    def lanes(self) -> tuple[str, ...]:
        """As the team itself; what is wrong with its settings is raised here, as in all the others."""
        return self._made().lanes

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        """As the team itself."""
        return await self._made().respond(turn, log)

    async def refresh_knowledge(self) -> None:
        """As the team itself."""
        await self._made().refresh_knowledge()

    async def find_knowledge(self, question: str) -> list[Hit]:
        """As the team itself."""
        return await self._made().find_knowledge(question)

    async def close(self) -> None:
        """Nothing to do when nobody asked."""
        if self._team is not None:
            await self._team.close()

    def _made(self) -> Thinks:
        if self._team is None:
            self._team = self._make()
        return self._team
