"""`helpdesk run`: the program itself."""

import asyncio
from pathlib import Path

import click

from bot.app import ROLES, run
from bot.cli.common import config_option, settings_from
from bot.desk import Desk
from bot.logs import configure_logs

NO_DOORS = "none here (slack.bot_token and mail.address open them)"


@click.command()
@config_option
@click.option("--role", type=click.Choice(list(ROLES)), default="all", show_default=True, help="what this process does")
def command(config: Path | None, role: str) -> None:
    """Run the helpdesk until SIGTERM or Ctrl-C."""
    settings = settings_from(config)
    configure_logs(settings.log.level)

    def ready(desk: Desk, port: int | None) -> None:
        doors = ", ".join(name for name in desk.channels if name in ROLES[role])
        click.echo(f"helpdesk is running as {role}. Doors: {doors or NO_DOORS}.")
        if port is not None:
            click.echo(f"Health: http://{settings.http.host}:{port}/readyz")

    asyncio.run(run(settings, role=role, on_ready=ready))
