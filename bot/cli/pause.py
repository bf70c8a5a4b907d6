"""`helpdesk pause`: the kill switch, without a restart."""

import getpass
from pathlib import Path

import click

from bot.cli.common import config_option, settings_from, with_desk
from bot.controls import ALL, AUTOMATIC, MONEY, turn
from bot.desk import Desk


def switch(scope: str, config: Path | None, *, on: bool) -> None:
    """Turn one scope and say so."""

    async def ask(desk: Desk) -> None:
        await desk.db.write(lambda tx: turn(tx, desk, scope, on=on, by=f"cli/{getpass.getuser()}"))

    with_desk(settings_from(config), ask)
    click.echo(f"{'Paused' if on else 'Resumed'}: {scope}. Messages are still stored; nothing is lost.")


scope_argument = click.argument("scope", type=click.Choice([ALL, MONEY, AUTOMATIC, "slack", "mail"]), default=ALL)


@click.command()
@scope_argument
@config_option
def command(scope: str, config: Path | None) -> None:
    """Stop answering everywhere (all), in one channel, or stop carrying out money actions (money).

    automatic: nothing is approved without a person any more.
    """
    switch(scope, config, on=True)
