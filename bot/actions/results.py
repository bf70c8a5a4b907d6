"""Records what a backend says became of an action, however we came to hear it: by doing, by webhook, or by asking."""

from sqlmodel import Session

from bot.actions.endings import end, fetch_person
from bot.actions.kind import Result
from bot.actions.words import tell_requester
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import STAFF, put_up_card
from storage.models import Action, ActionState, Ticket, TicketStatus

OPEN_TO_NEWS = frozenset(
    {
        ActionState.APPROVED,
        ActionState.EXECUTING,
        ActionState.SUBMITTED,
        ActionState.NEEDS_PERSON,
        ActionState.DONE,
    }
)
"""What a backend says still matters to these; money that was paid out can come back."""


def apply_result(tx: Session, desk: Desk, action: Action, result: Result) -> bool:
    """Bring the row to what the backend says; the same news twice changes nothing. Whether anything changed."""
    if action.state not in OPEN_TO_NEWS or _is_known(action, result):
        return False
    action.result, action.claimed_at = {**action.result, **result.data}, None
    record(tx, desk, "bot", f"{action.kind}_{result.state.value}", action.id, dict(result.data))
    if result.state is ActionState.SUBMITTED:
        _submitted(tx, desk, action)
        return True
    end(tx, desk, action, result.state)
    if result.state is ActionState.FAILED:
        why = str(result.data.get("status") or "failed")
        fetch_person(tx, desk, action, f"the provider says: {why}")
        reopen(tx, action)
    return True


def _is_known(action: Action, result: Result) -> bool:
    if action.state is ActionState.DONE and result.state is ActionState.SUBMITTED:
        return True
    return action.state is result.state and all(action.result.get(key) == value for key, value in result.data.items())


def _submitted(tx: Session, desk: Desk, action: Action) -> None:
    action.state = ActionState.SUBMITTED
    tx.add(action)
    put_up_card(tx, desk, action.id, action.ticket_id)
    tell_requester(tx, desk, action)


def reopen(tx: Session, action: Action) -> None:
    """A person takes the ticket: the requester was told one thing, and another happened."""
    ticket = tx.get_one(Ticket, action.ticket_id)
    ticket.status, ticket.owner = TicketStatus.HOLD, ticket.owner or STAFF
    tx.add(ticket)
