"""`helpdesk resume`: undo a pause."""

from pathlib import Path

import click

from bot.cli.common import config_option
from bot.cli.pause import scope_argument, switch


@click.command()
@scope_argument
@config_option
def command(scope: str, config: Path | None) -> None:
    """Undo a pause; what waited goes on within seconds."""
    switch(scope, config, on=False)
