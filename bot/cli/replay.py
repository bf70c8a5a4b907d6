"""`helpdesk replay`: old mail or a Slack export answered again in shadow, beside what staff wrote."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import click

from bot.cli.common import config_option, json_option, settings_from
from bot.cli.mail import messages_in
from bot.errors import SettingsError
from bot.evals.replay.from_mail import conversations_in_mail
from bot.evals.replay.from_slack import conversations_in_slack, is_slack_export
from bot.evals.replay.past import Conversation, Moment, NothingToReplay, StaffNames, moments
from bot.evals.replay.report import as_json as report_json
from bot.evals.replay.report import table
from bot.evals.replay.shadow import Compared, in_shadow
from bot.settings import Settings
from bot.wiring import make_team


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--staff", multiple=True, help="who staff are: an address, @domain or Slack id; may be given many times")
@click.option("--limit", type=click.IntRange(min=1), help="compare the newest so many answers only")
@click.option("--proven/--unproven", default=True, show_default=True, help="senders may see their accounts")
@click.option("--show", default=5, show_default=True, help="print so many of the answers least like staff's")
@json_option
@config_option
def command(
    paths: tuple[Path, ...],
    staff: tuple[str, ...],
    limit: int | None,
    proven: bool,
    show: int,
    as_json: bool,
    config: Path | None,
) -> None:
    """Let the team that the settings describe answer the conversations in PATHS again, and compare.

    PATHS are mboxes, folders of mail, or Slack exports (zip or folder). Nothing is sent, stored or carried out: only
    the model is asked, which costs what it costs. mail.address, mail.aliases and mail.staff count as staff, too.
    """
    settings = settings_from(config)
    known = StaffNames.of([*staff, *_own(settings)])
    try:
        conversations, left_out = _read(paths, known, StaffNames.of(staff))
        chosen = _chosen(conversations, limit)
        found = asyncio.run(_replay(settings, chosen, proven))
    except (NothingToReplay, SettingsError) as trouble:
        raise click.ClickException(str(trouble)) from trouble
    if as_json:
        click.echo(json.dumps(report_json(found, left_out), ensure_ascii=False, indent=1))
    else:
        click.echo(table(found, left_out, show))


def _own(settings: Settings) -> list[str]:
    return [settings.mail.address or "", *settings.mail.aliases, *settings.mail.staff]


def _read(paths: tuple[Path, ...], staff: StaffNames, named: StaffNames) -> tuple[list[Conversation], Counter[str]]:
    """`named` are those of the command line: in a Slack export others are told apart by their team."""
    found: list[Conversation] = []
    left_out: Counter[str] = Counter()
    mails: list[tuple[str, bytes]] = []
    for path in paths:
        if is_slack_export(path):
            more, out = conversations_in_slack(path, named)
            found, left_out = found + more, left_out + out
        else:
            mails += messages_in(path)
    if mails and not staff:
        raise NothingToReplay("who are staff in this mail? Set mail.address, or say --staff @you.com")
    more, out = conversations_in_mail(mails, staff)
    return found + more, left_out + out


def _chosen(conversations: list[Conversation], limit: int | None) -> list[Moment]:
    """The newest moments, in the order of their conversations."""
    every = [moment for conversation in conversations for moment in moments(conversation)]
    if not every:
        raise NothingToReplay("no message of a customer with an answer of staff was found; check --staff")
    if limit is None:
        return every
    newest = sorted(every, key=lambda moment: moment.asked[-1].at)[-limit:]
    return [moment for moment in every if moment in newest]


async def _replay(settings: Settings, chosen: list[Moment], proven: bool) -> list[Compared]:
    shop, team = make_team(settings)
    try:
        return await in_shadow(shop, team, chosen, proven=proven)
    finally:
        await team.close()
