"""`helpdesk refunds`: decide from the command line, by the same rules and into the same rows as in Slack."""

import csv
import getpass
import json
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session, col, select

from bot.actions import ACTIONS
from bot.actions.approvals import decide
from bot.actions.ledger import ledger_rows
from bot.actions.press import Looked, Wish
from bot.cli.common import config_option, json_option, print_found, print_rows, settings_from, with_desk
from bot.cli.show import decisions_of
from bot.desk import Desk
from bot.staff.looking import look_at_action
from storage.models import Action, Decision


@click.group()
def command() -> None:
    """List and decide refunds, by the same rules as in Slack."""


@command.command("list")
@config_option
@json_option
@click.option("--all", "everything", is_flag=True, help="also those that are over")
@click.option("--kind", default="refund", show_default=True, help="another kind of action, or any")
def list_(config: Path | None, as_json: bool, everything: bool, kind: str) -> None:
    """List refunds that are not over, oldest first."""

    async def ask(desk: Desk) -> list[dict[str, object]]:
        return await desk.db.read(lambda tx: _rows(tx, everything, kind))

    print_rows(with_desk(settings_from(config), ask), as_json=as_json)


def _rows(tx: Session, everything: bool, kind: str) -> list[dict[str, object]]:
    wanted = select(Action).order_by(col(Action.created_at))
    if kind != "any":
        wanted = wanted.where(Action.kind == kind)
    if not everything:
        wanted = wanted.where(col(Action.open_key).is_not(None))
    return [
        {
            "id": action.id,
            "state": action.state.value,
            "what": ACTIONS[action.kind].summary(action),
            "customer": action.customer_id or "",
            "rule": action.verdict.get("rule", ""),
            "terms_hash": action.terms_hash,
        }
        for action in tx.exec(wanted)
    ]


@command.command()
@click.argument("action_id")
@config_option
@json_option
def show(action_id: str, config: Path | None, as_json: bool) -> None:
    """Show one action: terms, facts, verdict, and every decision about it."""

    async def ask(desk: Desk) -> dict[str, Any] | None:
        return await desk.db.read(lambda tx: _story(tx, action_id))

    found = with_desk(settings_from(config), ask)
    print_found(found, f"there is no action {action_id}; `helpdesk refunds list --all` lists them", _text, as_json)


def _story(tx: Session, action_id: str) -> dict[str, Any] | None:
    action = tx.get(Action, action_id)
    if action is None:
        return None
    return {
        "summary": ACTIONS[action.kind].summary(action),
        "facts_shown": [list(fact) for fact in ACTIONS[action.kind].card_facts(action)],
        "action": action.model_dump(mode="json"),
        "decisions": decisions_of(tx, action_id),
    }


def _text(found: dict[str, Any]) -> str:
    action = found["action"]
    lines = [f"{action['id']}  v{action['version']}  {action['state']}  {found['summary']}"]
    lines += [f"  {name}: {value}" for name, value in found["facts_shown"]]
    lines.append(f"  Verdict: {action['verdict'].get('for_staff', '')}")
    lines += [f"  Note: {action['note']}"] if action["note"] else []
    lines += [f"  {d['at']}  {d['by']}  {d['verb']}: {d['answer']}" for d in found["decisions"]]
    return "\n".join(lines)


reason_option = click.option("--reason", default="", help="told to the customer")


@command.command()
@click.argument("action_id")
@config_option
@click.option("--amount", default="", help="the amount typed again; asked for where one person decides alone")
def approve(action_id: str, config: Path | None, amount: str) -> None:
    """Approve a pending refund. Who may run this command may decide."""
    _decide("approve", action_id, config, {"amount": amount} if amount else {})


@command.command()
@click.argument("action_id")
@config_option
@reason_option
def deny(action_id: str, config: Path | None, reason: str) -> None:
    """Deny a pending refund."""
    _decide("deny", action_id, config, {"reason": reason})


@command.command()
@click.argument("action_id")
@config_option
@reason_option
def withdraw(action_id: str, config: Path | None, reason: str) -> None:
    """Take a refund back that is not being carried out yet, also one on hold."""
    _decide("withdraw", action_id, config, {"reason": reason})


@command.command()
@click.argument("action_id")
@config_option
def undo(action_id: str, config: Path | None) -> None:
    """Take an approval back while it is on hold."""
    _decide("undo", action_id, config, {})


@command.command()
@click.argument("action_id")
@config_option
def renew(action_id: str, config: Path | None) -> None:
    """Ask again, with today's facts, for one that expired or was blocked."""
    _decide("renew", action_id, config, {})


@command.command("done")
@click.argument("action_id")
@config_option
@click.option("--reference", required=True, help="where it was done, as the other system calls it")
def mark_done(action_id: str, config: Path | None, reference: str) -> None:
    """Say that somebody did elsewhere what the desk could not."""
    _decide("mark_done", action_id, config, {"reference": reference})


def _decide(verb: str, action_id: str, config: Path | None, inputs: dict[str, object]) -> None:
    async def ask(desk: Desk) -> Decision:
        looked = await look_at_action(desk, verb, action_id, inputs, Looked())
        return await desk.db.write(lambda tx: _press(tx, desk, verb, action_id, inputs, looked))

    decision = with_desk(settings_from(config), ask)
    click.echo(decision.answer)
    if not decision.won:
        raise SystemExit(1)


def _press(tx: Session, desk: Desk, verb: str, action_id: str, inputs: dict[str, object], looked: Looked) -> Decision:
    action = tx.get(Action, action_id)
    who = getpass.getuser()
    return decide(
        tx,
        desk,
        Wish(
            verb=verb,
            action_id=action_id,
            terms_hash=action.terms_hash if action else "",
            by=f"cli/{who}",
            by_name=who,
            source=f"cli:{uuid.uuid4()}",
            inputs=inputs,
            looked=looked,
        ),
    )


@command.command()
@config_option
@click.option("--csv", "as_csv", is_flag=True, help="comma separated, for a spreadsheet; default: JSON lines")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="from this day on (UTC)")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="before this day (UTC)")
def export(config: Path | None, as_csv: bool, since: datetime | None, until: datetime | None) -> None:
    """The ledger: each refund that was decided, with the running total of what was paid back."""

    async def ask(desk: Desk) -> list[dict[str, Any]]:
        start, end = (day.replace(tzinfo=UTC) if day else None for day in (since, until))
        return await desk.db.read(lambda tx: ledger_rows(tx, start, end))

    found = with_desk(settings_from(config), ask)
    if not as_csv:
        for row in found:
            click.echo(json.dumps(row, ensure_ascii=False, default=str))
        return
    writer = csv.DictWriter(sys.stdout, LEDGER_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in found)


LEDGER_COLUMNS = (
    "id", "state", "decided_at", "ended_at", "customer", "order", "payment", "destination", "provider_refund", "amount",
    "amount_minor", "currency", "total_minor", "rule", "decided_by", "approved_by", "reason", "ticket", "version",
    "note",
)  # fmt: skip


def harmless(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
