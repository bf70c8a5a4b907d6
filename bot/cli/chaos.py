"""`helpdesk chaos`: kill the real program at random among servers of the sandbox, and count what was promised."""

import asyncio
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click

from bot.cli.common import json_option
from bot.evals.chaos.rampage import NeverAtRest, rampage
from bot.evals.chaos.town import open_town
from bot.evals.chaos.verdict import Verdict, judge
from storage.db import UnknownDatabase
from storage.migrate import SchemaTooNew, schema_of, upgrade
from storage.transactions import StorageError

PAUSE = {"sqlite": 1.2, "postgresql": 1.0}
ROLES = {"sqlite": ["all"], "postgresql": ["all", "worker"]}


@click.command()
@click.option("--kills", default=50, show_default=True, type=click.IntRange(min=1), help="how often it is killed")
@click.option("--seconds", type=click.FloatRange(min=1), help="stop killing after so long, however often it was")
@click.option("--database", help="an EMPTY database (sqlite:///… or postgresql://…); without: a temporary file")
@click.option("--log", type=click.Path(path_type=Path), help="keep what the killed program logged in this file")
@json_option
def command(kills: int, seconds: float | None, database: str | None, log: Path | None, as_json: bool) -> None:
    """Kill the helpdesk at random and see whether it keeps its promises.

    Slack, mail, payments and the model are servers of the sandbox on this machine; customers write and staff press
    buttons all the time. Your settings are not used and nothing leaves this machine. Ends with 1 when anything was
    lost, said twice or paid twice.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-chaos-")))
        url = _empty(database) if database else f"sqlite:///{folder}/helpdesk.db"
        if not as_json:
            about = kills * 0.8 + 40
            click.echo(f"Killing the helpdesk {kills} times; this takes about {about:.0f} seconds …", err=True)
        verdict = asyncio.run(_chaos(url, folder, log or folder / "desk.log", kills, seconds))
    click.echo(json.dumps(verdict.as_json(), indent=1) if as_json else _words(verdict))
    sys.exit(1 if verdict.problems else 0)


def _empty(url: str) -> str:
    """The database, brought up to date. Raises ClickException when something is in it: chaos is not for real data."""
    try:
        new_file = url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists()
        if not new_file and schema_of(url).current is not None:
            raise click.ClickException("--database: there are tables in it already; give an empty database")
        upgrade(url)
    except (StorageError, SchemaTooNew, UnknownDatabase) as trouble:
        raise click.ClickException(f"--database: {trouble}") from trouble
    return url


async def _chaos(url: str, folder: Path, log: Path, kills: int, seconds: float | None) -> Verdict:
    started = time.monotonic()
    home = "sqlite" if url.startswith("sqlite") else "postgresql"
    async with open_town(folder, url, with_model=True) as town:
        try:
            customers, made = await rampage(town, log, kills, ROLES[home], PAUSE[home], seconds=seconds)
        except NeverAtRest as trouble:
            return Verdict(kills=kills, seconds=time.monotonic() - started, unfinished=[str(trouble)])
        verdict = await judge(town, customers, url)
    verdict.kills, verdict.seconds = made, round(time.monotonic() - started, 1)
    return verdict


def _words(verdict: Verdict) -> str:
    rows = [
        ("killed", f"{verdict.kills} times in {verdict.seconds:.0f} seconds"),
        ("written", f"{verdict.slack_messages} messages in Slack, {verdict.mails} mails"),
        ("answered", f"{verdict.answered} of {verdict.slack_messages + verdict.mails}"),
        ("lost", str(len(verdict.lost))),
        ("said twice", str(len(verdict.said_twice))),
        ("refunds made", f"{verdict.refunds}, as staff decided"),
        ("refunded twice", str(len(verdict.refunded_twice))),
        ("refunded wrongly", str(len(verdict.wrong_money))),
        ("cards", f"{verdict.cards}, doubled {len(verdict.cards_twice)}"),
        ("left unfinished", str(len(verdict.unfinished))),
    ]
    lines = [f"{name:<17} {value}" for name, value in rows]
    lines += [f"  ! {problem}" for problem in verdict.problems]
    return "\n".join([*lines, "Every promise was kept." if not verdict.problems else "Promises were broken."])
