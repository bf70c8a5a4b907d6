"""The requester takes a wish back, in their own words: possible until it is being carried out."""

from sqlalchemy import update
from sqlmodel import Session, col, select

from agents_team.turn import Proposal
from bot.actions import ACTIONS
from bot.actions.endings import end
from bot.actions.proposals import Statement
from bot.audit import record
from bot.desk import Desk
from storage.models import OPEN_STATES, Action, ActionState, Ticket

WITHDRAW = "withdraw"
REQUESTER = "the requester"

NOTHING_OPEN = "There is no request of yours that is still open here, so there is nothing to withdraw."
TOO_LATE = "It is already on its way and can no longer be withdrawn: {summary}. A colleague can help you further here."


def withdraw(tx: Session, desk: Desk, ticket: Ticket, proposal: Proposal) -> Statement:
    """Withdraw the action the requester means, if it is one of this very ticket and not being carried out yet."""
    action = _meant(tx, ticket, str(proposal.wish.get("action_id") or ""))
    if action is None:
        record(tx, desk, ticket.requester_id, "withdraw_lost", ticket.id, {"answer": NOTHING_OPEN})
        return Statement(NOTHING_OPEN, alone=True)
    changed = tx.execute(
        update(Action)
        .where(
            col(Action.id) == action.id,
            col(Action.state).in_([ActionState.PENDING, ActionState.APPROVED]),
            col(Action.first_tried_at).is_(None),
        )
        .values(state=ActionState.WITHDRAWN, decided_by=REQUESTER, decided_at=desk.now())
    )
    tx.refresh(action)
    won = changed.rowcount == 1  # type: ignore[attr-defined]
    record(
        tx, desk, ticket.requester_id, f"withdraw_{'won' if won else 'lost'}", action.id, {"reason": proposal.reason}
    )
    if not won:
        return Statement(TOO_LATE.format(summary=ACTIONS[action.kind].summary(action)), alone=True)
    end(tx, desk, action, ActionState.WITHDRAWN, note=proposal.reason)
    return Statement("", alone=True)


def _meant(tx: Session, ticket: Ticket, action_id: str) -> Action | None:
    """The action of this ticket with this id; without an id the only open one."""
    if action_id:
        action = tx.get(Action, action_id)
        return action if action is not None and action.ticket_id == ticket.id else None
    still_open = tx.exec(select(Action).where(Action.ticket_id == ticket.id, col(Action.state).in_(OPEN_STATES))).all()
    return still_open[0] if len(still_open) == 1 else None
