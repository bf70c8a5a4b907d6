"""Hears what became of an action by asking the backend: after it was handed over, and while it waits for people."""

from sqlmodel import Session

from agents_team.tools.shop import ShopUnavailable
from bot.actions import ACTIONS
from bot.actions.endings import block
from bot.actions.results import apply_result
from bot.backends.errors import BackendUnavailable
from bot.desk import Desk
from bot.errors import RetryLater
from storage.models import Action, ActionState


async def follow_action(desk: Desk, action_id: str) -> None:
    """Ask where it stands and record the answer."""
    action = await desk.db.read(lambda tx: tx.get_one(Action, action_id))
    if action.state is ActionState.PENDING:
        await _still_possible(desk, action)
    if action.state not in (ActionState.SUBMITTED, ActionState.DONE):
        return
    try:
        result = await ACTIONS[action.kind].follow(desk, action)
    except (BackendUnavailable, ShopUnavailable) as error:
        raise RetryLater(f"{action.kind}: {error}") from error
    if result is None:
        return
    known = result

    def change(tx: Session) -> None:
        apply_result(tx, desk, tx.get_one(Action, action_id), known)

    await desk.db.write(change)


async def _still_possible(desk: Desk, action: Action) -> None:
    """A dispute or a refund made elsewhere closes the card without a webhook, too; a click would only find it later."""
    try:
        fresh = await ACTIONS[action.kind].again(desk, action)
    except (BackendUnavailable, ShopUnavailable) as error:
        raise RetryLater(f"{action.kind}: {error}") from error
    if not fresh.blocked:
        return

    def change(tx: Session) -> None:
        now = tx.get_one(Action, action.id)
        if now.state is ActionState.PENDING and now.version == action.version:
            block(tx, desk, now, fresh)

    await desk.db.write(change)


async def give_up_following(desk: Desk, action_id: str, why: str) -> None:
    """The next sweep asks again."""
