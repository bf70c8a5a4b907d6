"""What several commands share: the settings option, a desk for one look, and how a row is printed."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.settings import Settings
from bot.settings_load import load

if TYPE_CHECKING:
    from bot.desk import Desk

T = TypeVar("T")

config_option = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    help="settings file; default $HELPDESK_CONFIG, else ./helpdesk.toml",
)
json_option = click.option("--json", "as_json", is_flag=True, help="print JSON")


def settings_from(config: Path | None) -> Settings:
    """The settings of this call. Raises SettingsError."""
    return load(config).settings


def with_desk(settings: Settings, ask: Callable[["Desk"], Awaitable[T]]) -> T:
    """Open the desk of these settings for one question; doors stay closed and nobody works."""

    # The whole program is imported only by commands that need it: the others start in a tenth of the time.
    from bot.app import open_desk

    async def main() -> T:
        async with open_desk(settings) as desk:
            return await ask(desk)

    return asyncio.run(main())


def print_found(
    found: dict[str, Any] | None, missing: str, text: Callable[[dict[str, Any]], str], as_json: bool
) -> None:
    """One thing that was asked for: JSON, or as `text` writes it. `missing` is said when there is none."""
    if found is None:
        raise click.ClickException(missing)
    click.echo(json.dumps(found, indent=2, default=str) if as_json else text(found))


def print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """One row a line: JSON, or the values side by side."""
    if as_json:
        click.echo(json.dumps(rows, default=str, indent=2))
        return
    for row in rows:
        click.echo("  ".join(str(value) for value in row.values()))
