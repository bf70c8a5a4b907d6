"""`helpdesk refunds`: decide from the command line, by the same rules and into the same rows as in Slack."""

import getpass
import uuid
from pathlib import Path

import click
from sqlmodel import Session, col, select

from bot.actions.approvals import Wish, decide
from bot.actions.refund import summary
from bot.cli.common import config_option, json_option, print_rows, settings_from, with_desk
from bot.desk import Desk
from storage.models import Action, Decision


@click.group()
def command() -> None:
    """List and decide refunds, by the same rules as in Slack."""


@command.command("list")
@config_option
@json_option
@click.option("--all", "everything", is_flag=True, help="also those that are over")
def list_(config: Path | None, as_json: bool, everything: bool) -> None:
    """List refunds that are not over, oldest first."""

    async def ask(desk: Desk) -> list[dict[str, object]]:
        return await desk.db.read(lambda tx: _rows(tx, everything))

    print_rows(with_desk(settings_from(config), ask), as_json=as_json)


def _rows(tx: Session, everything: bool) -> list[dict[str, object]]:
    wanted = select(Action).where(Action.kind == "refund").order_by(col(Action.created_at))
    if not everything:
        wanted = wanted.where(col(Action.open_key).is_not(None))
    return [
        {
            "id": action.id,
            "state": action.state.value,
            "what": summary(action),
            "customer": action.customer_id or "",
            "rule": action.verdict.get("rule", ""),
            "terms_hash": action.terms_hash,
        }
        for action in tx.exec(wanted)
    ]


@command.command()
@click.argument("action_id")
@config_option
def approve(action_id: str, config: Path | None) -> None:
    """Approve a pending refund. Who may run this command may decide."""
    _decide("approve", action_id, config, "")


@command.command()
@click.argument("action_id")
@config_option
@click.option("--reason", default="", help="told to the customer")
def deny(action_id: str, config: Path | None, reason: str) -> None:
    """Deny a pending refund."""
    _decide("deny", action_id, config, reason)


def _decide(verb: str, action_id: str, config: Path | None, reason: str) -> None:
    async def ask(desk: Desk) -> Decision:
        return await desk.db.write(lambda tx: _press(tx, desk, verb, action_id, reason))

    decision = with_desk(settings_from(config), ask)
    click.echo(decision.answer)
    if not decision.won:
        raise SystemExit(1)


def _press(tx: Session, desk: Desk, verb: str, action_id: str, reason: str) -> Decision:
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
            reason=reason,
        ),
    )
