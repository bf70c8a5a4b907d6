"""What one run knows and collects: tools read and write it, the model never sees it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import BaseModel

from agents_team.guardrails.injection import Suspicion
from agents_team.knowledge import Knowledge, Passage
from agents_team.status import StatusPage
from agents_team.tools.shop import Shop
from agents_team.turn import Citation, EscalationWish, Proposal, Turn

ALIGNED_MAIL = 1

Once = Callable[[str, str, Callable[[], Awaitable[str]]], Awaitable[str]]
"""(tool, arguments, how to get it) -> its result, the same one again when the run is repeated after a crash."""


async def _every_time(_: str, __: str, ask: Callable[[], Awaitable[str]]) -> str:
    return await ask()


@dataclass(slots=True)
class CurrentRun:
    """The context object of one attempt; a second attempt starts with a fresh one.

    `can` are the kinds of proposals the desk can carry out; tools for others are not offered. `once` keeps results
    that may differ the next time, and `journalled` are the calls (by id) that it has noted in the trace itself.
    """

    turn: Turn
    shop: Shop
    knowledge: Knowledge
    can: frozenset[str] = frozenset()
    status: StatusPage | None = None
    suspicion: Suspicion = field(default_factory=Suspicion)
    agent: str = ""
    route: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    escalation: EscalationWish | None = None
    handoff: BaseModel | None = None
    passages: dict[str, Passage] = field(default_factory=dict)
    once: Once = _every_time
    journalled: set[str] = field(default_factory=set)

    @property
    def customer_id(self) -> str | None:
        """The account, only after proof."""
        return self.turn.customer_id

    @property
    def trust(self) -> int:
        """How well the requester is proven; a known account is at least as good as aligned mail."""
        return max(self.turn.trust, ALIGNED_MAIL) if self.turn.customer_id else 0

    def offers(self, *, trust: int, kind: str) -> bool:
        """Whether a tool that needs this trust and this kind of action is shown to the model in this run."""
        if kind and (kind not in self.can or self.suspicion.contained):
            return False
        return self.trust >= trust

    def marker_for(self, passage: Passage) -> str:
        """The short name ("S1") under which the model cites a passage in this run."""
        for marker, known in self.passages.items():
            if known == passage:
                return marker
        marker = f"S{len(self.passages) + 1}"
        self.passages[marker] = passage
        return marker

    def citation(self, marker: str) -> Citation:
        """Where the passage behind a marker comes from."""
        passage = self.passages[marker]
        return Citation(document=passage.document, section=passage.section, passage=passage.text)
