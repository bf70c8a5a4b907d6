"""A team that is built when it is first asked: importing the SDK takes seconds, and most processes never ask."""

from collections.abc import Callable
from typing import Protocol

from agents_team.turn import Answer, RunLog, Turn


class Thinks(Protocol):
    """What a desk needs of its team."""

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        """Answer the new messages of a turn; see `Team.respond`."""

    async def close(self) -> None:
        """Give back what it holds."""


class LateTeam:
    """Stands for the team that `make` makes, which it does at the first turn."""

    def __init__(self, make: Callable[[], Thinks]):
        self._make = make
        self._team: Thinks | None = None

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        """As the team itself; what is wrong with its settings is raised here."""
        if self._team is None:
            self._team = self._make()
        return await self._team.respond(turn, log)

    async def close(self) -> None:
        """Nothing to do when nobody asked."""
        if self._team is not None:
            await self._team.close()
