"""`helpdesk backup`: a checked copy of the SQLite database, while the desk works."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.common import config_option, settings_from


@click.command()
@config_option
@click.option("--to", type=click.Path(path_type=Path), help="file to write; default: a new one in backup.folder")
@click.option(
    "--keep", type=click.IntRange(min=1), help="afterwards delete all but the newest KEEP copies in the folder"
)
def command(config: Path | None, to: Path | None, keep: int | None) -> None:
    """Copy the database with everything in it (messages, raw mail, attachments, ledger) and check the copy."""
    from bot.copies import copies_folder
    from storage.backup import copy_name, make_copy
    from storage.db import parse_url

    settings = settings_from(config)
    url = parse_url(settings.database.url)
    folder = copies_folder(settings, wanted=True)
    if folder is None:
        raise click.ClickException(
            "PostgreSQL is copied by its own tools:\n  pg_dump --format=custom --file=helpdesk.dump "
            '"$HELPDESK_DATABASE__URL"      (deploy/BACKUP.md)'
        )
    database = Path(str(url.database))
    copy = make_copy(database, to or folder / copy_name(database, "backup", datetime.now(UTC)))
    click.echo(f"{copy.path}: schema {copy.schema}, {sum(copy.rows.values())} rows, checked.")
    click.echo("It holds everything customers wrote, and no settings: keep helpdesk.toml (mail.secret!) as well.")
    if keep is not None and to is None:
        for old in sorted(folder.glob(f"{database.stem}-*-backup.db"))[:-keep]:
            old.unlink()
            click.echo(f"deleted {old}")
