"""What staff want the knowledge to say, each with the ticket it came from."""

from collections.abc import Sequence

from sqlmodel import Session, col, select
from starlette.responses import Response

from bot.console.around import shown
from bot.console.page import Ask
from storage.models import KnowledgeProposal

PAGE = 50


async def show_proposals(ask: Ask) -> Response:
    """The open ones first of all, then everything that was proposed before."""
    found = await ask.desk.db.read(lambda tx: _proposals(tx, ask.query("after")))
    return await shown(ask, "knowledge.html", title="Knowledge", found=found[:PAGE], more=len(found) > PAGE)


def _proposals(tx: Session, after: str) -> Sequence[KnowledgeProposal]:
    wanted = select(KnowledgeProposal).order_by(col(KnowledgeProposal.id).desc())
    if after:
        wanted = wanted.where(col(KnowledgeProposal.id) < after)
    return tx.exec(wanted.limit(PAGE + 1)).all()
