"""`helpdesk show TICKET`: everything about one ticket."""

from pathlib import Path
from typing import Any

import click
from sqlmodel import Session, col, select

from bot.cli.common import config_option, json_option, print_found, settings_from, with_desk
from bot.desk import Desk
from storage.models import Action, Decision, Message, Run, Step, Ticket


@click.command()
@click.argument("ticket")
@config_option
@json_option
def command(ticket: str, config: Path | None, as_json: bool) -> None:
    """Show one ticket: its messages, runs with their trace, and actions with their decisions."""

    async def ask(desk: Desk) -> dict[str, Any] | None:
        return await desk.db.read(lambda tx: story(tx, ticket))

    found = with_desk(settings_from(config), ask)
    print_found(found, f"there is no ticket {ticket}; `helpdesk queue` lists those that wait", _text, as_json)


def story(tx: Session, ticket_id: str) -> dict[str, Any] | None:
    """The ticket with everything that belongs to it, oldest first; None when there is no such ticket."""
    ticket = tx.get(Ticket, ticket_id)
    if ticket is None:
        return None
    messages = tx.exec(select(Message).where(Message.ticket_id == ticket_id).order_by(col(Message.sent_at)))
    runs = tx.exec(select(Run).where(Run.ticket_id == ticket_id).order_by(col(Run.started_at)))
    actions = tx.exec(select(Action).where(Action.ticket_id == ticket_id).order_by(col(Action.created_at)))
    return {
        "ticket": ticket.model_dump(mode="json"),
        "messages": [message.model_dump(mode="json") for message in messages],
        "runs": [{**run.model_dump(mode="json"), "steps": _steps(tx, run.id)} for run in runs],
        "actions": [{**action.model_dump(mode="json"), "decisions": decisions_of(tx, action.id)} for action in actions],
    }


def _steps(tx: Session, run_id: str) -> list[dict[str, Any]]:
    steps = tx.exec(select(Step).where(Step.run_id == run_id).order_by(col(Step.at), col(Step.id)))
    return [step.model_dump(mode="json") for step in steps]


def decisions_of(tx: Session, action_id: str) -> list[dict[str, Any]]:
    """Every press about an action, oldest first; where its answer went is nobody's business."""
    decisions = tx.exec(select(Decision).where(Decision.action_id == action_id).order_by(col(Decision.at)))
    return [decision.model_dump(mode="json", exclude={"answer_to"}) for decision in decisions]


def _text(found: dict[str, Any]) -> str:
    ticket = found["ticket"]
    lines = [f"{ticket['id']}  {ticket['status']}  {ticket['channel']}  {ticket['subject']}"]
    lines += [f"\n{m['sent_at']}  {m['author_name'] or m['role']}:\n{m['text']}" for m in found["messages"]]
    for run in found["runs"]:
        route = " → ".join(run["route"])
        lines.append(f"\n{run['id']}  {run['state']}  {route}  {run['input_tokens']}+{run['output_tokens']} tokens")
    lines += [f"{a['id']}  {a['kind']}  {a['amount_minor']} {a['currency']}  {a['state']}" for a in found["actions"]]
    return "\n".join(lines)
