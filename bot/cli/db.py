"""`helpdesk db`: the schema of the database."""

from pathlib import Path

import click

from bot.cli.common import config_option, settings_from


@click.group()
def command() -> None:
    """The database: its schema and its upgrade."""


@command.command()
@config_option
def upgrade(config: Path | None) -> None:
    """Bring the schema up to date; `helpdesk run` does the same when it starts."""
    from storage.migrate import upgrade as bring_up_to_date

    url = settings_from(config).database.url
    bring_up_to_date(url)
    click.echo("The database is up to date.")
