"""`helpdesk db`: the schema of the database."""

from pathlib import Path

import click

from bot.cli.common import config_option, settings_from

rehearse_option = click.option("--dry-run", is_flag=True, help="run the steps, take them back, and change nothing")


@click.group()
def command() -> None:
    """The database: its schema and its upgrade."""


@command.command()
@config_option
def status(config: Path | None) -> None:
    """Say which schema the database has, and which this program needs. Exit code 1 when they differ."""
    from storage.migrate import schema_of

    found = schema_of(settings_from(config).database.url)
    click.echo(f"schema {found.current or 'none'}; this program has {found.newest}")
    if found.missing:
        click.echo(f"missing: {', '.join(found.missing)}   mend: helpdesk db upgrade")
        raise SystemExit(1)


@command.command()
@config_option
@rehearse_option
def upgrade(config: Path | None, dry_run: bool) -> None:
    """Bring the schema up to date, with a copy of a SQLite file before; `helpdesk run` does the same when it starts."""
    from bot.copies import copies_folder
    from storage.migrate import rehearse_upgrade
    from storage.migrate import upgrade as bring_up_to_date

    settings = settings_from(config)
    if dry_run:
        found = rehearse_upgrade(settings.database.url)
        steps = ", ".join(found.missing) or "nothing"
        click.echo(f"Tried and taken back: {steps}. The database still has schema {found.current or 'none'}.")
        return
    bring_up_to_date(settings.database.url, copies=copies_folder(settings))
    click.echo("The database is up to date.")


@command.command()
@click.argument("to")
@config_option
@rehearse_option
@click.option("--yes", is_flag=True, help="do not ask")
def downgrade(to: str, config: Path | None, dry_run: bool, yes: bool) -> None:
    """Undo the steps after TO (0002), for an older program; what only the newer schema holds is gone then.

    TO "base" undoes all of them: nothing is left in the database.
    """
    from bot.copies import copies_folder
    from storage.migrate import downgrade as go_back

    settings = settings_from(config)
    if to == "base" and not dry_run and not yes:
        click.confirm("This removes every table with everything in it. Really?", abort=True)
    found = go_back(settings.database.url, to, rehearse=dry_run, copies=copies_folder(settings))
    if dry_run:
        click.echo(f"Tried and taken back. The database still has schema {found.current}.")
    else:
        click.echo(f"The database has schema {to}. Start the program that belongs to it, not this one.")
