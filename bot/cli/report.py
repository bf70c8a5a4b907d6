"""`helpdesk report`: the figures of a period, by their written definitions."""

import json
from pathlib import Path
from typing import Any

import click

from bot.cli.common import config_option, json_option, settings_from, with_desk
from bot.desk import Desk
from bot.numbers.definitions import DEFINITIONS
from bot.numbers.report import UnknownPrice, as_text, report


@click.command()
@config_option
@json_option
@click.option("--days", type=click.IntRange(min=1), default=7, show_default=True, help="back from now")
@click.option("--price", help="what if: a model's name, or INPUT,CACHED,OUTPUT dollars per million tokens")
@click.option("--definitions", is_flag=True, help="say what each figure means, and nothing else")
def command(config: Path | None, as_json: bool, days: int, price: str | None, definitions: bool) -> None:
    """Print the figures of the last days beside those of the days before."""
    if definitions:
        _define(as_json)
        return

    from bot.wiring import model_prices

    settings = settings_from(config)

    async def ask(desk: Desk) -> dict[str, Any]:
        calendar, own_prices = settings.policy.hours.calendar, model_prices(settings.model)
        return await desk.db.read(
            lambda tx: report(
                tx,
                desk.jobs,
                desk.now(),
                days=days,
                settings=settings.numbers,
                price=price,
                calendar=calendar,
                own_prices=own_prices,
            )
        )

    try:
        told = with_desk(settings, ask)
    except UnknownPrice as error:
        raise click.BadParameter(str(error), param_hint="--price") from error
    click.echo(json.dumps(told, indent=2) if as_json else as_text(told))


def _define(as_json: bool) -> None:
    if as_json:
        told = {name: {"unit": figure.unit, "words": figure.words} for name, figure in DEFINITIONS.items()}
        click.echo(json.dumps(told, indent=2))
        return
    for name, figure in DEFINITIONS.items():
        click.echo(f"{name} ({figure.unit}): {figure.words}")
