"""What surrounds every page: the person, what waits, and which switches are off."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select
from starlette.responses import Response

from bot.console.page import Ask
from bot.console.render import render
from bot.controls import pauses
from storage.models import Action, ActionState, Delivery, KnowledgeProposal, Outcome


@dataclass(frozen=True, slots=True)
class Around:
    """`paused` are the switches that are off now, the rest are numbers beside the links."""

    paused: list[str]
    approvals: int
    quarantined: int
    proposals: int


def around(tx: Session) -> Around:
    """As it is now; each number is counted in an index."""
    return Around(
        paused=pauses(tx),
        approvals=_count(tx, Action, col(Action.state) == ActionState.PENDING),
        quarantined=_count(tx, Delivery, col(Delivery.outcome) == Outcome.QUARANTINED),
        proposals=_count(tx, KnowledgeProposal, col(KnowledgeProposal.state) == "open"),
    )


def _count(tx: Session, table: type, condition: Any) -> int:
    return int(tx.exec(select(func.count()).select_from(table).where(condition)).one())


async def shown(ask: Ask, template: str, status: int = 200, **values: Any) -> Response:
    """The page with everything around it."""
    seen = await ask.desk.db.read(around)
    return render(
        template,
        status,
        around=seen,
        desk_name=ask.desk.settings.desk.name,
        visitor=ask.visitor,
        here=ask.request.url.path,
        now=ask.desk.now(),
        **values,
    )
