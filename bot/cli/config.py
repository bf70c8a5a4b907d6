"""`helpdesk config`: what is set, and where each value comes from."""

import re
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from bot.cli.common import config_option
from bot.settings_load import Loaded, load


@click.group()
def command() -> None:
    """Show and check the settings."""


@command.command()
@config_option
@click.option("--origin", is_flag=True, help="also say where each value comes from")
def show(config: Path | None, origin: bool) -> None:
    """Print every setting with its value; secrets are masked."""
    loaded = load(config)
    for path, value in _walk(loaded.settings.model_dump()):
        where = f"   # {loaded.origins.get(path, 'default')}" if origin else ""
        click.echo(f"{'.'.join(path)} = {_shown(value)}{where}")


@command.command()
@config_option
def lint(config: Path | None) -> None:
    """Check the settings as `run` does; every mistake is one line, and the exit code says whether there was any."""
    from bot.wiring import mail_config, slack_config, team_config

    loaded: Loaded = load(config)
    slack_config(loaded.settings.slack)
    mail_config(loaded.settings.mail, loaded.settings.desk.name)
    team_config(loaded.settings)
    click.echo(f"The settings are right ({len(loaded.origins)} set).")


def _walk(tree: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    rows: list[tuple[tuple[str, ...], Any]] = []
    for name, value in tree.items():
        rows += _walk(value, (*path, name)) if isinstance(value, dict) else [((*path, name), value)]
    return rows


def _shown(value: Any) -> str:
    return "********" if isinstance(value, SecretStr) else _PASSWORD_IN_URL.sub(r"\1********@", repr(value))


_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]*:)[^/\s]*@")


@command.command()
def schema() -> None:
    """Print the settings as JSON Schema, for editors that check TOML."""
    import json

    from bot.settings import Settings

    click.echo(json.dumps(Settings.model_json_schema(), indent=2))


@command.command()
def docs() -> None:
    """Print every setting with its type, default, variable and reason, as the table in deploy/SETTINGS.md."""
    from bot.setup import settings_table

    click.echo(settings_table(), nl=False)
