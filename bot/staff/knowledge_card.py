"""The card of a proposed article: staff read it, change it, and let the team quote it or not."""

from collections.abc import Callable

from sqlmodel import Session

from bot.desk import Desk
from bot.knowledge.drafts import APPROVED, OPEN, REJECTED, Undecided, approve, reject, title_of
from bot.staff.desk_press import GONE, DeskPress, DeskVerb, Refused
from channels.cards import Button, Field, Form
from channels.cards import Card as CardView
from storage.models import Card, KnowledgeProposal

APPROVE, EDIT, SAVE, REJECT = "article_approve", "article_edit", "article_save", "article_reject"
STATES = {OPEN: "waiting for you", APPROVED: "approved: the team quotes it", REJECTED: "rejected"}
LONGEST = 3_000


def article_view(card: Card, proposal: KnowledgeProposal) -> CardView:
    """The proposal as it is now, in full as far as Slack allows."""
    value = f"{proposal.id}:"
    buttons = (
        Button(APPROVE, "Approve", value, style="primary"),
        Button(EDIT, "Edit…", value),
        Button(REJECT, "Reject", value, style="danger", confirm="Should the team never quote this?"),
    )
    return CardView(
        key=card.id,
        title=f"Proposed article: {title_of(proposal.text)}"[:140],
        state=STATES.get(proposal.state, proposal.state),
        facts=(
            ("From ticket", proposal.ticket_id or "none"),
            ("Before you approve", "Take out names and anything that is true of one customer only."),
        ),
        proposed=proposal.text,
        proposed_by="AI" if proposal.by == "bot" else proposal.by,
        buttons=buttons if proposal.state == OPEN else (),
        footer=proposal.id,
        first_tried_at=card.first_tried_at,
    )


def _approve(tx: Session, desk: Desk, press: DeskPress) -> str:
    return _decided(lambda: approve(tx, desk, press.subject, press.by))


def _save(tx: Session, desk: Desk, press: DeskPress) -> str:
    return _decided(lambda: approve(tx, desk, press.subject, press.by, press.typed("text")))


def _reject(tx: Session, desk: Desk, press: DeskPress) -> str:
    return _decided(lambda: reject(tx, desk, press.subject, press.by))


def _decided(decide: Callable[[], object]) -> str:
    try:
        decide()
    except Undecided as undecided:
        raise Refused(str(undecided)) from undecided
    return ""


def _edit_form(tx: Session, desk: Desk, press: DeskPress) -> Form | None:
    proposal = tx.get(KnowledgeProposal, press.subject)
    if proposal is None or proposal.state != OPEN:
        return None
    hint = "Markdown; the first line is the title."
    text = Field("text", "Article", initial=proposal.text[:LONGEST], hint=hint, long=True)
    return Form(SAVE, press.click.value, "Edit the article", "Approve", (text,))


def _not_shown(tx: Session, desk: Desk, press: DeskPress) -> str:
    raise Refused(GONE)


ARTICLE_VERBS = {
    APPROVE: DeskVerb(_approve),
    EDIT: DeskVerb(_not_shown, _edit_form),
    SAVE: DeskVerb(_save),
    REJECT: DeskVerb(_reject),
}
"""What each button of the card does."""
