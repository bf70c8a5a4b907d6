"""`helpdesk audit`: who did what, and whether the log is whole."""

import json
from pathlib import Path

import click
from sqlmodel import Session, col, select

from bot.audit import Verdict, seal_events, verify
from bot.cli.common import config_option, json_option, print_rows, settings_from, with_desk
from bot.desk import Desk
from storage.models import Event


@click.group()
def command() -> None:
    """Read the audit log and check its chain of hashes."""


@command.command("list")
@config_option
@json_option
@click.option("--subject", help="only what happened to this row (tkt_…, act_…)")
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True, help="how many lines")
def list_(config: Path | None, as_json: bool, subject: str | None, last: int) -> None:
    """Print the newest lines, oldest of them first."""

    async def ask(desk: Desk) -> list[dict[str, object]]:
        return await desk.db.read(lambda tx: _lines(tx, subject, last))

    print_rows(with_desk(settings_from(config), ask), as_json=as_json)


def _lines(tx: Session, subject: str | None, last: int) -> list[dict[str, object]]:
    wanted = select(Event).order_by(col(Event.at).desc(), col(Event.id).desc()).limit(last)
    if subject is not None:
        wanted = wanted.where(Event.subject_id == subject)
    events = list(reversed(tx.exec(wanted).all()))
    return [
        {
            "at": event.at.isoformat(timespec="seconds"),
            "actor": event.actor,
            "kind": event.kind,
            "subject": event.subject_id or "",
            "data": json.dumps(event.data, ensure_ascii=False, default=str),
        }
        for event in events
    ]


@command.command("verify")
@config_option
@json_option
@click.option("--head", help="a hash written down elsewhere (daily digest): the chain must still contain it")
def verify_(config: Path | None, as_json: bool, head: str | None) -> None:
    """Walk the chain of hashes. Exit code 1 when something was changed, dropped or put in between."""

    async def ask(desk: Desk) -> Verdict:
        await desk.db.write(lambda tx: seal_events(tx, desk))
        return await desk.db.read(lambda tx: verify(tx, known_hash=head))

    found = with_desk(settings_from(config), ask)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "whole": found.whole,
                    "sealed": found.sealed,
                    "erased": found.erased,
                    "head": found.head,
                    "breaks": found.breaks,
                },
                indent=2,
            )
        )
    else:
        for broken in found.breaks:
            click.echo(f"BROKEN {broken}")
        click.echo(f"{found.sealed} entries ({found.erased} erased on a person's wish), head {found.head}")
        click.echo("The audit log is whole." if found.whole else "The audit log is NOT whole.")
    raise SystemExit(0 if found.whole else 1)
