"""`helpdesk restore`: puts a copy back, or only checks it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.common import config_option, settings_from


@click.command()
@click.argument("copy", type=click.Path(path_type=Path))
@config_option
@click.option("--verify", is_flag=True, help="check the copy, all of it, and change nothing")
@click.option("--yes", is_flag=True, help="do not ask")
def command(copy: Path, config: Path | None, verify: bool, yes: bool) -> None:
    """Put COPY in the place of the database, which is kept beside it. The helpdesk must be stopped."""
    from storage.backup import check_copy, put_back
    from storage.db import parse_url

    found = check_copy(copy)
    click.echo(f"{copy}: schema {found.schema}, every page and key is right.")
    for table, count in found.rows.items():
        click.echo(f"  {table:22} {count}")
    if verify:
        return
    url = parse_url(settings_from(config).database.url)
    if url.drivername != "sqlite":
        raise click.ClickException("PostgreSQL is restored by its own tools: pg_restore --clean --dbname=URL DUMP")
    database = Path(str(url.database))
    if not yes:
        click.confirm(f"Replace {database}?", abort=True)
    kept = put_back(copy, database, datetime.now(UTC))
    click.echo(f"{database} is now {copy}." + (f" The one before is {kept}." if kept else ""))
    click.echo(
        "What was sent and paid after this copy is in Slack, in the Sent folder and at the payment provider: the "
        "desk looks there before it repeats anything. Next: helpdesk db upgrade; helpdesk doctor"
    )
