"""`helpdesk lane`: move a ticket to another specialist, and teach the router by it."""

from pathlib import Path

import click
from sqlmodel import Session

from agents_team.specialists.folder import specialists_of
from bot.cli.common import config_option, settings_from, with_desk
from bot.desk import Desk
from bot.tickets.moves import move
from storage.models import Ticket


@click.command()
@click.argument("ticket_id", metavar="TICKET")
@click.argument("lane")
@click.option("--as", "by", default="cli", show_default=True, help="who moves it, for the audit log")
@config_option
def command(ticket_id: str, lane: str, by: str, config: Path | None) -> None:
    """Let LANE answer TICKET from now on; messages like its first one go there at once."""
    settings = settings_from(config)
    folder = Path(settings.team.folder) if settings.team.folder else None
    known = specialists_of(folder)
    if lane not in known:
        raise click.BadParameter(f"there is no {lane}; there are {', '.join(known)}", param_hint="LANE")

    async def change(desk: Desk) -> bool:
        def write(tx: Session) -> bool:
            ticket = tx.get(Ticket, ticket_id)
            if ticket is not None:
                move(tx, desk, ticket, lane, by)
            return ticket is not None

        return await desk.db.write(write)

    if not with_desk(settings, change):
        raise click.ClickException(f"there is no ticket {ticket_id}")
    click.echo(f"{ticket_id} is answered by {lane} now.")
