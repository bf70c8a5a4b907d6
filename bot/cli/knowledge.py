"""`helpdesk knowledge`: search the documents, decide about proposed articles, see which answers a change overtook."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session

from bot.cli.common import config_option, json_option, print_rows, settings_from, with_desk
from bot.desk import Desk
from bot.knowledge.drafts import OPEN, Undecided, approve, list_proposals, reject, retract, title_of
from bot.knowledge.news import stale_answers
from storage.models import KnowledgeProposal

by_option = click.option("--as", "by", default="cli", show_default=True, help="who decides, for the audit log")


@click.group()
def command() -> None:
    """What the team may quote, and what it should learn."""


@command.command("search")
@click.argument("question")
@json_option
@config_option
def search(question: str, as_json: bool, config: Path | None) -> None:
    """Show which passages the team would see for QUESTION, best first; nothing: it would not answer."""

    async def ask(desk: Desk) -> list[dict[str, Any]]:
        return [
            {
                "document": hit.passage.document,
                "section": hit.passage.section,
                "coverage": round(hit.coverage, 2),
                "cosine": round(hit.cosine, 2),
                "text": " ".join(hit.passage.text.split()),
            }
            for hit in await desk.team.find_knowledge(question)
        ]

    print_rows(with_desk(settings_from(config), ask), as_json=as_json)


@command.command("list")
@click.option("--state", default=OPEN, show_default=True, help="open, approved, rejected, or all")
@json_option
@config_option
def list_(state: str, as_json: bool, config: Path | None) -> None:
    """List proposed articles."""

    async def ask(desk: Desk) -> list[dict[str, Any]]:
        found = await desk.db.read(lambda tx: list_proposals(tx, "" if state == "all" else state))
        return [_row(proposal) for proposal in found]

    print_rows(with_desk(settings_from(config), ask), as_json=as_json)


def _row(proposal: KnowledgeProposal) -> dict[str, Any]:
    return {
        "id": proposal.id,
        "state": proposal.state,
        "ticket": proposal.ticket_id,
        "at": f"{proposal.at:%Y-%m-%d %H:%M}",
        "title": title_of(proposal.text),
    }


@command.command("show")
@click.argument("proposal_id", metavar="PROPOSAL")
@config_option
def show(proposal_id: str, config: Path | None) -> None:
    """Print the article as Markdown, for example to edit it: `… > article.md`."""

    async def ask(desk: Desk) -> KnowledgeProposal | None:
        return await desk.db.read(lambda tx: tx.get(KnowledgeProposal, proposal_id))

    proposal = with_desk(settings_from(config), ask)
    if proposal is None:
        raise click.ClickException(f"there is no proposal {proposal_id}; `helpdesk knowledge list` shows them")
    click.echo(proposal.text)


@command.command("approve")
@click.argument("proposal_id", metavar="PROPOSAL")
@click.option("--file", "file", type=click.Path(exists=True, path_type=Path), help="the text to approve instead")
@by_option
@config_option
def approve_(proposal_id: str, file: Path | None, by: str, config: Path | None) -> None:
    """Let the team quote it from now on."""
    text = file.read_text(encoding="utf-8") if file else ""
    _decide(config, lambda tx, desk: approve(tx, desk, proposal_id, by, text))


@command.command("reject")
@click.argument("proposal_id", metavar="PROPOSAL")
@by_option
@config_option
def reject_(proposal_id: str, by: str, config: Path | None) -> None:
    """Do not let the team quote it."""
    _decide(config, lambda tx, desk: reject(tx, desk, proposal_id, by))


@command.command("retract")
@click.argument("proposal_id", metavar="PROPOSAL")
@by_option
@config_option
def retract_(proposal_id: str, by: str, config: Path | None) -> None:
    """Take an approved article back."""
    _decide(config, lambda tx, desk: retract(tx, desk, proposal_id, by))


def _decide(config: Path | None, decide: Callable[[Session, Desk], KnowledgeProposal]) -> None:
    async def ask(desk: Desk) -> str:
        def change(tx: Session) -> str:
            proposal = decide(tx, desk)
            return f"{proposal.id} is {proposal.state}: {title_of(proposal.text)}"

        return await desk.db.write(change)

    try:
        click.echo(with_desk(settings_from(config), ask))
    except Undecided as undecided:
        raise click.ClickException(str(undecided)) from undecided


@command.command("stale")
@json_option
@config_option
def stale(as_json: bool, config: Path | None) -> None:
    """List the answers of the last 90 days that cited words no document contains any more."""

    async def ask(desk: Desk) -> list[dict[str, Any]]:
        await desk.team.refresh_knowledge()
        found = await desk.db.read(lambda tx: stale_answers(tx, desk))
        return [
            {
                "document": document,
                "section": relied.section,
                "ticket": relied.ticket_id,
                "message": relied.message_id,
                "cited": " ".join(relied.passage.split()),
            }
            for document, answers in found.items()
            for relied in answers
        ]

    print_rows(with_desk(settings_from(config), ask), as_json=as_json)
