"""`helpdesk init`: a few questions, and then a commented settings file, the Slack manifest and the next commands."""

import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bot.cli.manifest import as_yaml
from bot.errors import SettingsError
from bot.settings_load import parse
from bot.setup import settings_file

Tree = dict[str, Any]
PROVIDERS: Mapping[str, Mapping[str, Any]] = {
    "google": {"imap": "imap.gmail.com", "smtp": "smtp.gmail.com", "sent": "[Gmail]/Sent Mail", "by": "mx.google.com"},
    "microsoft": {"imap": "outlook.office365.com", "smtp": "smtp.office365.com", "sent": "Sent Items", "by": ""},
    "other": {"imap": "", "smtp": "", "sent": "Sent", "by": ""},
}
"""Hosts and names of the mail providers most companies use; `by` is who writes Authentication-Results there."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: where the answer goes, and whether it is shown while it is typed."""

    path: str
    words: str
    default: str = ""
    secret: bool = False
    several: bool = False


FIRST = (Question("desk.name", "What do customers see as the sender's name?", "Helpdesk"),)
SLACK = (
    Question("slack.bot_token", "Bot token (xoxb-…; empty: set it later)", secret=True),
    Question("slack.app_token", "App-level token (xapp-…; empty: set it later)", secret=True),
    Question("slack.staff_channel", "Id of the private staff channel (C…)"),
    Question("slack.approvers", "Who may approve: user ids and user groups, with commas (U…, S…)", several=True),
)
STRIPE = (Question("payments.stripe.api_key", "Stripe's restricted key (rk_…)", secret=True),)
MODEL = (
    Question("model.base_url", "Address of the endpoint (empty: OpenAI's own)"),
    Question("model.api_key", "Its key", secret=True),
    Question("model.name", "Model of the specialists", "gpt-5.6"),
    Question("model.router_name", "Model that routes", "gpt-5.6-luna"),
)
LAST = (
    Question("knowledge.folder", "Folder with your help texts in Markdown (empty: the sample)"),
    Question("alarms.mail_to", "Who gets alarms by mail as well (with commas; empty: nobody)", several=True),
)


@click.command()
@click.option("--file", "file", type=click.Path(path_type=Path), default="helpdesk.toml", show_default=True)
@click.option("--answers", type=click.Path(path_type=Path, exists=True), help="TOML with settings: nothing is asked")
@click.option("--yes", is_flag=True, help="ask nothing and take the defaults: the offline model, no door open")
@click.option("--force", is_flag=True, help="replace the file if there is one")
def command(file: Path, answers: Path | None, yes: bool, force: bool) -> None:
    """Ask a few questions and write a settings file that only you can read, and the manifest of the Slack app."""
    if file.exists() and not force:
        raise click.ClickException(f"{file} exists; edit it, or give --force to replace it")
    chosen = _read(answers) if answers else {} if yes else _ask()
    _complete(chosen)
    text = settings_file(chosen)
    parse(text, origin=str(file))
    _write(file, text, 0o600)
    manifest = file.with_name("slack-manifest.yaml")
    name = str(chosen.get("desk", {}).get("name", "Helpdesk"))
    _write(manifest, as_yaml(name, _public_address(chosen)), 0o644)
    _say_what_next(file, manifest, chosen)


def _read(answers: Path) -> Tree:
    try:
        return tomllib.loads(answers.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{answers}: not valid TOML: {error}") from error


def _ask() -> Tree:
    """The questions, in the order in which an operator has the answers at hand."""
    chosen: Tree = {}
    _put_all(chosen, FIRST)
    if click.confirm("Do customers write in Slack?", default=True):
        click.echo("  Make the app at https://api.slack.com/apps?new_app=1 from the manifest this command writes;")
        click.echo("  its tokens can be put into the file afterwards.")
        _put_all(chosen, SLACK)
    if click.confirm("Do customers write to a mail address?", default=True):
        chosen["mail"] = _ask_mail()
    if click.confirm("Does a language model answer (else the offline one, which says less)?", default=False):
        chosen.setdefault("model", {})["provider"] = "openai"
        _put_all(chosen, MODEL)
    if click.confirm("Are refunds made through Stripe?", default=False):
        chosen["payments"] = {"backend": "stripe"}
        _put_all(chosen, STRIPE)
    _put_all(chosen, LAST)
    return chosen


def _put_all(chosen: Tree, questions: tuple[Question, ...]) -> None:
    for question in questions:
        answer = click.prompt(
            question.words, default=question.default, hide_input=question.secret, show_default=bool(question.default)
        )
        if answer:
            put(chosen, question.path, _list(answer) if question.several else answer)


def put(chosen: Tree, path: str, value: Any) -> None:
    """Set "a.b.c" in a tree."""
    *tables, name = path.split(".")
    for table in tables:
        chosen = chosen.setdefault(table, {})
    chosen[name] = value


def _list(answer: str) -> list[str]:
    return [part.strip() for part in answer.split(",") if part.strip()]


def _ask_mail() -> Tree:
    address = click.prompt("The address")
    known = PROVIDERS[click.prompt("Who keeps that mailbox?", type=click.Choice(list(PROVIDERS)), default="google")]
    host = click.prompt("IMAP server", default=known["imap"] or None)
    outgoing = click.prompt("Submission server (SMTP)", default=known["smtp"] or None)
    password = click.prompt("Password, or an app password", hide_input=True)
    trusted = click.prompt("First word of Authentication-Results in mail you get (empty: later)", default=known["by"])
    return {
        "address": address,
        "trusted_authserv_ids": _list(trusted),
        "imap": {"main": {"host": host, "user": address, "password": password}},
        "smtp_out": {"host": outgoing, "user": address, "password": password},
        "sent": {"mailbox": "main", "folder": known["sent"]},
    }


def _complete(chosen: Tree) -> None:
    """What nobody should have to invent."""
    mail = chosen.get("mail")
    if isinstance(mail, dict) and mail.get("address"):
        mail.setdefault("secret", secrets.token_urlsafe(32))


def _public_address(chosen: Tree) -> str | None:
    """For http mode: a place to be filled in, because only the operator knows it."""
    return "https://YOUR-HOST/slack/events" if chosen.get("slack", {}).get("mode") == "http" else None


def _write(file: Path, text: str, mode: int) -> None:
    """Never readable by others, not even for a moment; the old file is replaced in one step."""
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w", encoding="utf-8") as target:
        target.write(text)
    partial.replace(file)


def _say_what_next(file: Path, manifest: Path, chosen: Tree) -> None:
    config = "" if file == Path("helpdesk.toml") else f" --config {file}"
    say: Callable[[str], None] = click.echo
    say(f"Wrote {file} (mode 600: it may hold secrets) and {manifest}.")
    say("\nNext:")
    if not chosen.get("slack", {}).get("bot_token"):
        say(f"  1. https://api.slack.com/apps?new_app=1 → From a manifest → paste {manifest} → Install to Workspace,")
        say(f"     then put the tokens into [slack] of {file} (or leave Slack out)")
    say(f"  helpdesk doctor{config}      what is wrong, and what mends it")
    say(f"  helpdesk run{config}         the program")
    say(f"  helpdesk status{config}      what is waiting")
