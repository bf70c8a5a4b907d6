"""Staff move a ticket to another lane: the next answer comes from there, and the router learns it at once."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from agents_team.routing.examples import Example
from bot.audit import record
from bot.desk import Desk
from storage.db import Database
from storage.models import Direction, Event, Message, Run, RunState, Ticket

MOVED = "moved_lane"


def move(tx: Session, desk: Desk, ticket: Ticket, lane: str, by: str) -> None:
    """From now on `lane` answers this ticket, and messages like its first one begin there."""
    first = tx.exec(
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.direction == Direction.INBOUND)
        .order_by(col(Message.sent_at), col(Message.id))
    ).first()
    before, ticket.lane, ticket.updated_at = ticket.lane, lane, desk.now()
    tx.add(ticket)
    # The message and not its words: what is erased one day must not live on as an example.
    data = {"from": before, "to": lane, "message": first.id if first else None}
    record(tx, desk, by, MOVED, ticket.id, data)


def chosen_by_staff(tx: Session, ticket: Ticket) -> str | None:
    """The lane staff moved the ticket to, while the team has not answered from there yet; None: nobody chose."""
    newest = select(Event).where(Event.kind == MOVED, Event.subject_id == ticket.id).order_by(col(Event.id).desc())
    moved = tx.exec(newest.limit(1)).first()
    if moved is None or moved.data.get("to") != ticket.lane:
        return None
    over = col(Run.state).in_((RunState.ANSWERED, RunState.GAVE_UP))
    since = select(Run.id).where(Run.ticket_id == ticket.id, over, col(Run.ended_at) > moved.at)
    return None if tx.exec(since.limit(1)).first() else ticket.lane


class MovedTickets:
    """The examples staff made, read from the audit log and the messages it points to."""

    def __init__(self, db: Database):
        self._db = db

    async def examples_after(self, position: str) -> Sequence[tuple[str, Example]]:
        """Moves after the event `position` ("": all), oldest first."""
        return await self._db.read(lambda tx: _moves(tx, position))


def _moves(tx: Session, position: str) -> list[tuple[str, Example]]:
    events = tx.exec(select(Event).where(Event.kind == MOVED, Event.id > position).order_by(col(Event.id))).all()
    found = []
    for event in events:
        message = tx.get(Message, str(event.data.get("message")))
        if message is not None and message.text.strip():
            found.append((event.id, Example(str(event.data["to"]), "moved by staff", message.text)))
    return found
