"""`helpdesk queue`: the tickets that wait for a person or for us."""

from pathlib import Path

import click
from sqlmodel import Session, col, select

from bot.cli.common import config_option, json_option, print_rows, settings_from, with_desk
from bot.desk import Desk
from storage.models import Ticket, TicketStatus


@click.command()
@config_option
@json_option
def command(config: Path | None, as_json: bool) -> None:
    """List open tickets and those on hold, oldest first."""

    async def ask(desk: Desk) -> list[dict[str, object]]:
        return await desk.db.read(_queue)

    print_rows(with_desk(settings_from(config), ask), as_json=as_json)


def _queue(tx: Session) -> list[dict[str, object]]:
    tickets = tx.exec(
        select(Ticket)
        .where(col(Ticket.status).in_([TicketStatus.OPEN, TicketStatus.HOLD]))
        .order_by(col(Ticket.updated_at))
    )
    return [
        {
            "id": ticket.id,
            "status": ticket.status.value,
            "channel": ticket.channel,
            "owner": ticket.owner or "bot",
            "updated_at": ticket.updated_at.isoformat(timespec="seconds"),
            "subject": ticket.subject,
        }
        for ticket in tickets
    ]
