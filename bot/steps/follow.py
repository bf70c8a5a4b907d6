"""Hears what became of an action after it was handed over: by asking the backend, never by believing a message."""

from sqlmodel import Session

from agents_team.tools.shop import ShopUnavailable
from bot.actions import ACTIONS
from bot.actions.results import apply_result
from bot.backends.errors import BackendUnavailable
from bot.desk import Desk
from bot.errors import RetryLater
from storage.models import Action, ActionState


async def follow_action(desk: Desk, action_id: str) -> None:
    """Ask where it stands and record the answer."""
    action = await desk.db.read(lambda tx: tx.get_one(Action, action_id))
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


async def give_up_following(desk: Desk, action_id: str, why: str) -> None:
    """The next sweep asks again."""
