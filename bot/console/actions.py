"""Actions: what waits for a decision, and everything about one of them, as its card in Slack shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select
from starlette.responses import Response

from bot.actions import ACTIONS
from bot.actions.versions import newest
from bot.console.around import shown
from bot.console.page import Ask, not_there
from bot.console.press import Asked, asked_of, new_press
from bot.desk import Desk
from bot.staff.action_card import action_view
from channels.cards import Card as CardView
from storage.models import Action, ActionState, Card, Decision

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One action in a list."""

    action: Action
    summary: str


@dataclass(frozen=True, slots=True)
class Whole:
    """One action with its card, its decisions, its versions, and the forms that can be sent now."""

    action: Action
    card: CardView
    decisions: Sequence[Decision]
    newer: Action | None
    forms: Sequence[Asked]
    said: Decision | None


async def show_actions(ask: Ask) -> Response:
    """What waits, the oldest first; or everything there was, the newest first."""
    everything = ask.query("list") == "all"
    found = await ask.desk.db.read(lambda tx: _lines(tx, everything, ask.query("after")))
    more = found[PAGE - 1].action.id if len(found) > PAGE else ""
    return await shown(ask, "actions.html", title="Approvals", found=found[:PAGE], everything=everything, more=more)


def _lines(tx: Session, everything: bool, after: str) -> list[Line]:
    if everything:
        wanted = select(Action).order_by(col(Action.id).desc())
        wanted = wanted.where(col(Action.id) < after) if after else wanted
    else:
        wanted = select(Action).where(Action.state == ActionState.PENDING).order_by(col(Action.id))
        wanted = wanted.where(col(Action.id) > after) if after else wanted
    return [Line(action, ACTIONS[action.kind].summary(action)) for action in tx.exec(wanted.limit(PAGE + 1))]


async def show_action(ask: Ask) -> Response:
    """The page of one action."""
    desk, who = ask.desk, ask.visitor
    whole = await desk.db.read(lambda tx: _whole(tx, desk, ask.path("id"), who.who, who.name, ask.query("said")))
    if whole is None:
        raise not_there()
    return await shown(ask, "action.html", title=whole.card.title, whole=whole, press=new_press())


def _whole(tx: Session, desk: Desk, action_id: str, who: str, name: str, said: str) -> Whole | None:
    action = tx.get(Action, action_id)
    if action is None:
        return None
    # Never stored: the view only wants to know how the card in Slack is called.
    card = action_view(tx, desk, Card(subject_id=action.id, created_at=desk.now()), action)
    decisions = tx.exec(select(Decision).where(Decision.action_id == action_id).order_by(col(Decision.at))).all()
    now = newest(tx, action)
    # What somebody heard is theirs: nobody else sees it by passing the address on.
    heard = next((one for one in decisions if one.id == said and one.by == who), None)
    forms = [asked_of(tx, desk, button, who, name) for button in card.buttons]
    return Whole(
        action,
        card,
        decisions,
        now if now.id != action.id else None,
        [form for form in forms if form is not None],
        heard,
    )
