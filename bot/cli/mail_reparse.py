"""`helpdesk mail reparse`: what an upgrade of the parsers would change, before it does."""

import json
from dataclasses import asdict

import click

from bot.cli.common import with_desk
from bot.desk import Desk
from bot.mail.reparse import Difference, Report, differences, run_quarantined
from bot.settings import Settings

LONGEST = 60


def print_report(settings: Settings, *, as_json: bool, rerun: bool) -> None:
    """One line a difference, and at the end how many of how many."""

    async def ask(desk: Desk) -> None:
        report = Report()
        async for difference in differences(desk, report):
            click.echo(json.dumps(asdict(difference), ensure_ascii=False) if as_json else _line(difference))
        again = await run_quarantined(desk) if rerun else 0
        if as_json:
            click.echo(json.dumps({**asdict(report), "run_again": again}))
            return
        click.echo(f"{report.read} mails read, {report.changed} would be understood differently.")
        if report.gone:
            click.echo(f"{report.gone} could not be read: their bytes are no longer kept (retention.raw_days).")
        if rerun:
            click.echo(f"{again} quarantined mails are queued to be read again.")

    with_desk(settings, ask)


def _line(difference: Difference) -> str:
    before, after = (repr(value)[:LONGEST] for value in (difference.before, difference.after))
    return f"{difference.delivery_id}  {difference.what}: {before} -> {after}"
