"""Proposed articles: read, changed, and let into the knowledge or not, by the same functions as in Slack."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select
from starlette.responses import RedirectResponse, Response

from bot.console.around import shown
from bot.console.page import Ask, Told
from bot.desk import Desk
from bot.knowledge.drafts import APPROVED, OPEN, REJECTED, Undecided, approve, reject, retract, title_of
from storage.models import KnowledgeProposal

PAGE = 50
STATES: Mapping[str, str] = {OPEN: "Waiting", APPROVED: "Approved", REJECTED: "Rejected"}

Decide = Callable[[Session, Desk, str, str, str], KnowledgeProposal]

DECISIONS: Mapping[str, tuple[Decide, str]] = {
    "approve": (approve, "Approved: the team quotes it from now on."),
    "reject": (lambda tx, desk, name, by, _: reject(tx, desk, name, by), "Rejected: it is not asked about again."),
    "retract": (lambda tx, desk, name, by, _: retract(tx, desk, name, by), "Retracted: it is quoted no more."),
}
"""What a form of the page can do, and what is said when it was done."""


async def show_proposals(ask: Ask) -> Response:
    """Those in one state, the newest first, a page at a time."""
    state = ask.query("state") if ask.query("state") in STATES else OPEN
    found = await ask.desk.db.read(lambda tx: _proposals(tx, state, ask.query("after")))
    values: dict[str, Any] = {
        "found": [(one, title_of(one.text)) for one in found[:PAGE]],
        "more": found[PAGE - 1].id if len(found) > PAGE else "",
        "state": state,
        "states": STATES,
        "done": DECISIONS[ask.query("done")][1] if ask.query("done") in DECISIONS else "",
    }
    return await shown(ask, "knowledge.html", title="Knowledge", **values)


def _proposals(tx: Session, state: str, after: str) -> Sequence[KnowledgeProposal]:
    wanted = select(KnowledgeProposal).where(KnowledgeProposal.state == state)
    if after:
        wanted = wanted.where(col(KnowledgeProposal.id) < after)
    return tx.exec(wanted.order_by(col(KnowledgeProposal.id).desc()).limit(PAGE + 1)).all()


async def decide_proposal(ask: Ask) -> Response:
    """Approve with what was written, reject, or take back. Whoever may look may, as all staff may in Slack."""
    do, text, desk = ask.form.get("do", ""), ask.form.get("text", ""), ask.desk
    if do not in DECISIONS:
        raise Told(400, "Refused", "This form is not whole, so nothing happened.")
    decide, _ = DECISIONS[do]
    try:
        await desk.db.write(lambda tx: decide(tx, desk, ask.path("id"), ask.visitor.who, text))
    except Undecided as undecided:
        raise Told(409, "Nothing happened", str(undecided)) from undecided
    return RedirectResponse(f"/console/knowledge?done={do}", status_code=303)
