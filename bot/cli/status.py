"""`helpdesk status`: what is waiting, and what is paused."""

import json
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session, col, func, select

from bot.cli.common import config_option, json_option, settings_from, with_desk
from bot.controls import pauses
from bot.desk import Desk
from bot.notes import beginning_with
from bot.watch.health import health
from storage.models import (
    Action,
    ActionState,
    Delivery,
    Escalation,
    EscalationState,
    Message,
    Outcome,
    Sending,
    Ticket,
    TicketStatus,
)


@click.command()
@config_option
@json_option
def command(config: Path | None, as_json: bool) -> None:
    """Say what is waiting, what is paused, and how each part is."""
    facts = with_desk(settings_from(config), _ask)
    if as_json:
        click.echo(json.dumps(facts, indent=2, default=str))
        return
    parts = facts.pop("parts")
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):24} {value}")
    for name, part in parts.items():
        click.echo(f"{'ok ' if part['ok'] else 'BAD'} {name:20} {part['why']}")
    if facts["paused"]:
        click.echo(f"PAUSED: {', '.join(facts['paused'])}   mend: helpdesk resume {facts['paused'][0]}")


async def _ask(desk: Desk) -> dict[str, Any]:
    return await desk.db.read(lambda tx: {**status(tx, desk), **_health(tx, desk)})


def _health(tx: Session, desk: Desk) -> dict[str, Any]:
    """What /readyz says: the same for somebody who has only a terminal."""
    found = health(tx, desk).as_json()
    return {"ready": found["ready"], "alarms": _alarms(tx), "parts": found["parts"]}


def _alarms(tx: Session) -> list[str]:
    """Those that were told and are not over."""
    return [note.name.removeprefix("alarm:") for note in beginning_with(tx, "alarm:") if note.value["told"]]


def status(tx: Session, desk: Desk) -> dict[str, Any]:
    """Counts of everything that is not over, and whether received = accounted for."""
    outcomes = {
        str(outcome or "waiting"): count
        for outcome, count in tx.exec(select(Delivery.outcome, func.count()).group_by(col(Delivery.outcome)))
    }
    return {
        "received": sum(outcomes.values()),
        "outcomes": outcomes,
        "quarantined": outcomes.get(Outcome.QUARANTINED.value, 0),
        "tickets_open": _count(tx, Ticket, col(Ticket.status) == TicketStatus.OPEN),
        "outbox": _count(tx, Message, col(Message.sending).in_([Sending.READY, Sending.SENDING, Sending.HELD])),
        "failed_messages": _count(tx, Message, col(Message.sending) == Sending.FAILED),
        "possible_duplicates": _count(tx, Message, col(Message.possible_duplicate)),
        "approvals_waiting": _count(tx, Action, col(Action.state) == ActionState.PENDING),
        "escalations_open": _count(tx, Escalation, col(Escalation.state) == EscalationState.OPEN),
        "jobs": len(desk.jobs.waiting(tx)),
        "paused": pauses(tx),
    }


def _count(tx: Session, table: Any, condition: Any) -> int:
    return tx.exec(select(func.count()).select_from(table).where(condition)).one()
