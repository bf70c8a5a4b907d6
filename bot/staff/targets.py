"""Warns staff before somebody has waited too long."""

from datetime import timedelta

from sqlmodel import Session, col, or_, select

from bot.desk import Desk
from bot.staff.escalations import escalate
from bot.staff.queue import LIVE
from storage.models import Ticket


def warn_due(tx: Session, desk: Desk) -> int:
    """One card for each target that is about to be missed, or was. Returns how many tickets are close."""
    soon = desk.now() + timedelta(minutes=desk.settings.targets.warn_minutes)
    close = tx.exec(
        select(Ticket).where(
            col(Ticket.status).in_(LIVE), or_(col(Ticket.answer_due_at) <= soon, col(Ticket.solve_due_at) <= soon)
        )
    ).all()
    for ticket in close:
        if ticket.answer_due_at is not None and ticket.answer_due_at <= soon:
            which = "first answer" if ticket.first_answer_at is None else "next answer"
            _warn(tx, desk, ticket, which, f"{ticket.answer_due_at:%Y-%m-%d %H:%M:%S}")
        if ticket.solve_due_at is not None and ticket.solve_due_at <= soon:
            _warn(tx, desk, ticket, "solution", f"{ticket.solve_due_at:%Y-%m-%d %H:%M:%S}")
    return len(close)


def _warn(tx: Session, desk: Desk, ticket: Ticket, which: str, due: str) -> None:
    escalate(
        tx,
        desk,
        cause=f"target:{which}:{ticket.id}:{due}",
        reason=f"The {which} is due",
        summary=f"Due at {due} UTC.",
        priority="high",
        ticket=ticket,
    )
