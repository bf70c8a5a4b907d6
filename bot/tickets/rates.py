"""How much one requester, and one Slack channel, may ask of the team in an hour; whoever reaches it is told."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.drafts import AUTO, hold_as_draft, mode_for
from bot.staff.duty import with_duty
from bot.staff.escalations import escalate
from bot.tickets.outbox import say
from storage.models import Message, Run, Ticket

WINDOW = timedelta(hours=1)


def held_back(tx: Session, desk: Desk, ticket_id: str, newest: Message) -> timedelta | None:
    """How long the team must not be asked here yet; None when it may. Says so once an hour, and staff hear of it.

    Nothing is lost by it: what waits is answered together when the time has come.
    """
    ticket = tx.get_one(Ticket, ticket_id)
    free_at = max(_requester_free_at(tx, desk, newest), _channel_free_at(tx, desk, ticket, newest))
    if free_at <= desk.now():
        return None
    _tell(tx, desk, ticket, newest, free_at)
    return free_at - desk.now()


def _requester_free_at(tx: Session, desk: Desk, newest: Message) -> datetime:
    asked = _asked(desk, newest).where(Message.person_id == newest.person_id)
    return _free_at(desk, list(tx.exec(asked)), desk.settings.team.requester_runs_per_hour)


def _channel_free_at(tx: Session, desk: Desk, ticket: Ticket, newest: Message) -> datetime:
    """Only Slack has channels that many people share; mail has its own budgets (bot/mail/budget.py)."""
    if ticket.channel != "slack":
        return desk.now()
    place = ticket.thread_key.rpartition(":")[0]
    asked = (
        _asked(desk, newest)
        .join(Ticket, col(Ticket.id) == col(Run.ticket_id))
        .where(Ticket.channel == "slack", col(Ticket.thread_key).startswith(f"{place}:", autoescape=True))
    )
    return _free_at(desk, list(tx.exec(asked)), desk.settings.team.channel_runs_per_hour)


def _asked(desk: Desk, newest: Message):  # type: ignore[no-untyped-def]
    """When the team was asked within the hour; this very message may have a run already, which is no second one."""
    return (
        select(Run.started_at)
        .join(Message, col(Message.id) == col(Run.newest_message_id))
        .where(Run.started_at > desk.now() - WINDOW, Run.newest_message_id != newest.id)
        .order_by(col(Run.started_at))
    )


def _free_at(desk: Desk, asked: list[datetime], limit: int) -> datetime:
    return asked[-limit] + WINDOW if len(asked) >= limit else desk.now()


def _tell(tx: Session, desk: Desk, ticket: Ticket, newest: Message, free_at: datetime) -> None:
    cause = f"limit:{newest.person_id or ticket.id}:{free_at:%Y-%m-%dT%H}"
    reason = "Somebody asks more than the limit of an hour"
    summary = f"The bot goes on by itself at {free_at:%H:%M} UTC. Latest words: {newest.text[:300]}"
    escalate(tx, desk, cause=cause, reason=reason, summary=summary, priority="low", ticket=ticket)
    text = (
        "That is more than I may answer within one hour. I have kept everything you wrote and will go on at "
        f"{free_at:%H:%M} UTC. Our colleagues have been told as well, in case it cannot wait."
    )
    said = say(tx, desk, ticket, cause=cause, text=with_duty(desk, text))
    if (mode := mode_for(tx, desk, ticket, "")) != AUTO:
        hold_as_draft(tx, desk, ticket, said, mode)
    record(tx, desk, "bot", "held_back", ticket.id, {"until": free_at.isoformat()})
