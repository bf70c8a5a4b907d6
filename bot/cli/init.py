"""`helpdesk init`: a few questions, and then a commented settings file, the Slack manifest and the next commands."""

import os
import secrets
import tomllib
from pathlib import Path

import click

from bot.cli.init_questions import DATABASE, LAST, MODEL, NAME, SLACK, STRIPE, Tree, ask_mail, put_all
from bot.cli.manifest import as_yaml
from bot.errors import SettingsError
from bot.settings_load import parse
from bot.setup import settings_file

NEW_APP = "https://api.slack.com/apps?new_app=1"


@click.command()
@click.option("--file", "file", type=click.Path(path_type=Path), default="helpdesk.toml", show_default=True)
@click.option("--answers", type=click.Path(path_type=Path, exists=True), help="TOML with settings: nothing is asked")
@click.option("--yes", is_flag=True, help="ask nothing and take the defaults: the offline model, no door open")
@click.option("--force", is_flag=True, help="replace the file if there is one")
def command(file: Path, answers: Path | None, yes: bool, force: bool) -> None:
    """Ask a few questions and write a settings file that only you can read, and the manifest of the Slack app."""
    if file.exists() and not force:
        raise click.ClickException(f"{file} exists; edit it, or give --force to replace it")
    chosen = _read(answers) if answers else {} if yes else _ask(file)
    write_settings(file, chosen)
    write_manifest(file, chosen)
    _say_what_next(file, chosen)


def write_settings(file: Path, chosen: Tree) -> None:
    """The commented file, readable by its owner alone; SettingsError, and no file, when they are wrong."""
    _complete(chosen)
    text = settings_file(chosen)
    parse(text, origin=str(file))
    _write(file, text, 0o600)


def write_manifest(file: Path, chosen: Tree) -> Path:
    """Beside the settings file; returns its path."""
    manifest = file.with_name("slack-manifest.yaml")
    name = str(chosen.get("desk", {}).get("name", "Helpdesk"))
    _write(manifest, as_yaml(name, _public_address(chosen)), 0o644)
    return manifest


def _read(answers: Path) -> Tree:
    try:
        return tomllib.loads(answers.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{answers}: not valid TOML: {error}") from error


def _ask(file: Path) -> Tree:
    """The questions, in the order in which an operator has the answers at hand."""
    chosen: Tree = {}
    click.echo(
        "A few questions; Enter takes the default in brackets, and everything can be changed in the file later.\n"
    )
    put_all(chosen, (NAME, DATABASE))
    if click.confirm("\nDo customers write in Slack?", default=True):
        _say_how_to_make_the_app(write_manifest(file, chosen))
        put_all(chosen, SLACK)
    if click.confirm("\nDo customers write to a mail address?", default=True):
        chosen["mail"] = ask_mail()
    if click.confirm("\nDoes a language model answer (else the offline one, which says less)?", default=False):
        chosen.setdefault("model", {})["provider"] = "openai"
        put_all(chosen, MODEL)
    if click.confirm("\nAre refunds made through Stripe?", default=False):
        chosen["payments"] = {"backend": "stripe"}
        put_all(chosen, STRIPE)
    click.echo()
    put_all(chosen, LAST)
    return chosen


def _say_how_to_make_the_app(manifest: Path) -> None:
    click.echo(f"  1. Open {NEW_APP} → From a manifest → your workspace → paste {manifest} (just written) → Create")
    click.echo("  2. Install App → Install to Workspace; the bot token is shown there")
    click.echo("  3. Basic Information → App-Level Tokens → Generate, with the scope connections:write")
    click.echo("  4. In Slack: make a private channel for staff, and /invite the bot there and where customers write")


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
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w", encoding="utf-8") as target:
        target.write(text)
    partial.replace(file)


def _say_what_next(file: Path, chosen: Tree) -> None:
    config = "" if file == Path("helpdesk.toml") else f" --config {file}"
    click.echo(f"\nWrote {file} (mode 600: it may hold secrets) and {file.with_name('slack-manifest.yaml')}.\n\nNext:")
    slack = chosen.get("slack", {})
    missing = [name for name in ("bot_token", "app_token", "staff_channel", "approvers") if not slack.get(name)]
    if missing and (slack or "mail" not in chosen):
        click.echo(f"  put {', '.join(f'slack.{name}' for name in missing)} into {file}")
    click.echo(f"  helpdesk doctor{config}      what is wrong, and what mends it")
    click.echo(f"  helpdesk run{config}         the program")
    click.echo(f"  helpdesk status{config}      what is waiting")
