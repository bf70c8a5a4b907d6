"""`helpdesk queue`: the tickets that wait for a person or for us."""

from pathlib import Path
from typing import Any

import click
from sqlmodel import Session, col, func, select

from bot.cli.common import config_option, json_option, print_rows, settings_from, with_desk
from bot.desk import Desk
from storage.models import Ticket, TicketStatus


@click.command()
@config_option
@json_option
@click.option("--most", type=click.IntRange(min=1), default=200, show_default=True, help="show no more than these")
def command(config: Path | None, as_json: bool, most: int) -> None:
    """List open tickets and those on hold, those that wait longest first."""

    async def ask(desk: Desk) -> tuple[list[dict[str, object]], int]:
        return await desk.db.read(lambda tx: (queue(tx, most), _waiting(tx)))

    rows, total = with_desk(settings_from(config), ask)
    print_rows(rows, as_json=as_json)
    if total > len(rows):
        click.echo(f"{total - len(rows)} more: helpdesk queue --most {total}", err=True)


def queue(tx: Session, most: int) -> list[dict[str, object]]:
    """One row a ticket that is open or on hold."""
    wanted = (Ticket.id, Ticket.status, Ticket.channel, Ticket.owner, Ticket.updated_at, Ticket.subject)
    tickets = select(*wanted).where(_waits()).order_by(col(Ticket.updated_at)).limit(most)  # type: ignore[call-overload]
    return [
        {
            "id": ticket.id,
            "status": ticket.status.value,
            "channel": ticket.channel,
            "owner": ticket.owner or "bot",
            "updated_at": ticket.updated_at.isoformat(timespec="seconds"),
            "subject": ticket.subject,
        }
        for ticket in tx.exec(tickets)
    ]


def _waits() -> Any:
    return col(Ticket.status).in_([TicketStatus.OPEN, TicketStatus.HOLD])


def _waiting(tx: Session) -> int:
    return tx.exec(select(func.count()).select_from(Ticket).where(_waits())).one()
