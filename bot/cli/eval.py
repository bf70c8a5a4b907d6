"""`helpdesk eval`: measure the team that the settings describe, on the cases that ship or on yours."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from agents_team.knowledge import Knowledge
from agents_team.team import Team
from agents_team.tools.shop import Shop
from bot.cli.common import config_option, json_option, settings_from
from bot.evals.case import CASES, Case, load_cases
from bot.evals.report import compare, holds, save, table
from bot.evals.runner import Outcome, run_cases
from bot.settings import Settings
from bot.wiring import team_for_eval


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--times", default=1, show_default=True, help="k of pass^k: every case must pass so often in a row")
@click.option("--variants/--no-variants", default=True, show_default=True, help="also paraphrased, mistyped, attacked")
@click.option("--out", type=click.Path(path_type=Path), help="write the outcomes to this file")
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="compare with outcomes written before")
@json_option
@config_option
def command(
    paths: tuple[Path, ...],
    times: int,
    variants: bool,
    out: Path | None,
    against: Path | None,
    as_json: bool,
    config: Path | None,
) -> None:
    """Run the cases of PATHS (files or folders; default: those that ship).

    Ends with 1 when a case about safety, policy or guardrails failed in any variant.
    """
    settings = settings_from(config)
    try:
        cases = load_cases(paths or (CASES,))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    outcomes = asyncio.run(_run(settings, cases, times, variants))
    if as_json:
        click.echo(json.dumps([asdict(outcome) for outcome in outcomes], ensure_ascii=False, indent=1))
    else:
        click.echo(table(outcomes))
    if against is not None:
        click.echo(compare(outcomes, against), err=as_json)
    if out is not None:
        save(outcomes, out, {"provider": settings.model.provider, "model": settings.model.name, "times": times})
    sys.exit(0 if holds(outcomes) else 1)


async def _run(settings: Settings, cases: list[Case], times: int, variants: bool) -> list[Outcome]:
    def make(knowledge: Knowledge | None, strict: bool, shop_file: Path | None) -> tuple[Shop, Team]:
        return team_for_eval(settings, knowledge, strict, shop_file)

    return [outcome async for outcome in run_cases(cases, make, times=times, with_variants=variants)]
