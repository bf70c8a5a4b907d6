"""Tells the requester what became of an action: the ledger's facts, never a model's words."""

from sqlmodel import Session

from bot.actions import ACTIONS
from bot.desk import Desk
from bot.tickets.outbox import release_held, say
from storage.models import Action, ActionState, Ticket


def tell_requester(tx: Session, desk: Desk, action: Action) -> None:
    """One message per action, state and version, joined to the reply that waited for it, if one did."""
    text = ACTIONS[action.kind].told(action)
    if not text or release_held(tx, desk, action.id, text):
        return
    if action.state is ActionState.PENDING and action.previous_id is None:
        # They were told when it was proposed, and nothing that concerns them is different.
        return
    ticket = tx.get_one(Ticket, action.ticket_id)
    cause = f"action:{action.id}:{action.state.value}"
    say(tx, desk, ticket, cause=cause, text=text, facts={"action": action.id})
