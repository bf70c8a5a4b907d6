"""`helpdesk privacy`: what a person may ask of us about their data."""

import getpass
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bot.cli.common import config_option, settings_from, with_desk
from bot.desk import Desk
from bot.privacy.erase import ANYWHERE_ELSE, OpenBusiness, anonymise_person, erase_person_forever
from bot.privacy.export import export_person
from bot.privacy.reach import Unknown
from bot.settings import Settings

who_argument = click.argument("who", metavar="PERSON")


@click.group()
def command() -> None:
    """Export, erase or anonymise one PERSON: a mail address, T…/U… of Slack, or an id (psn_…)."""


@command.command()
@who_argument
@config_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="file to write, readable by you alone; default: the screen"
)
def export(who: str, config: Path | None, out: Path | None) -> None:
    """Everything we hold about the person, as JSON."""

    async def ask(desk: Desk) -> dict[str, Any]:
        return await desk.db.read(lambda tx: export_person(tx, desk, who))

    told = json.dumps(_known(lambda: with_desk(settings_from(config), ask)), indent=2, ensure_ascii=False)
    if out is None:
        click.echo(told)
        return
    with open(os.open(out, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as target:
        target.write(told)
    click.echo(f"Wrote {out}.")


@command.command()
@who_argument
@config_option
@click.option("--yes", is_flag=True, help="do not ask")
def erase(who: str, config: Path | None, yes: bool) -> None:
    """Nothing they wrote and no name of theirs is left; the money ledger stays, under a pseudonym."""
    if not yes:
        click.confirm(f"Erase {who} for ever?", abort=True)
    _carry_out(settings_from(config), who, erase_person_forever)


@command.command()
@who_argument
@config_option
@click.option("--yes", is_flag=True, help="do not ask")
def anonymise(who: str, config: Path | None, yes: bool) -> None:
    """The conversations stay readable and are nobody's: names are replaced everywhere."""
    if not yes:
        click.confirm(f"Make the data of {who} nobody's, for ever?", abort=True)
    _carry_out(settings_from(config), who, anonymise_person)


def _carry_out(settings: Settings, who: str, change: Callable[..., dict[str, int]]) -> None:
    by = f"cli/{getpass.getuser()}"

    async def ask(desk: Desk) -> dict[str, int]:
        return await desk.db.write(lambda tx: change(tx, desk, who, by=by))

    counts = _known(lambda: with_desk(settings, ask))
    rewrite(settings)
    for table, count in counts.items():
        if count:
            click.echo(f"  {table:22} {count}")
    click.echo(ANYWHERE_ELSE)


def _known(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except (Unknown, OpenBusiness) as error:
        raise click.ClickException(str(error.args[0])) from error


def rewrite(settings: Settings) -> None:
    """On SQLite free pages and the write-ahead log remember what was overwritten, until the file is written anew."""
    from storage.backup import forget_deleted
    from storage.db import parse_url

    url = parse_url(settings.database.url)
    if url.drivername == "sqlite":
        forget_deleted(Path(str(url.database)))
