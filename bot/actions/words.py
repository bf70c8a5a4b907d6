"""Tells the requester what became of an action: the ledger's facts, never a model's words."""

from sqlmodel import Session

from bot.actions import ACTIONS
from bot.desk import Desk
from bot.outbox import release_held, say
from storage.models import Action, Ticket


def tell_requester(tx: Session, desk: Desk, action: Action) -> None:
    """One message per action and state, joined to the reply that waited for it, if one did."""
    text = ACTIONS[action.kind].told(action)
    if not text or release_held(tx, desk, action.id, text):
        return
    ticket = tx.get_one(Ticket, action.ticket_id)
    say(tx, desk, ticket, cause=f"action:{action.id}:{action.state.value}", text=text, facts={"action": action.id})
