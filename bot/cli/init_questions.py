"""What `helpdesk init` asks: each question with where its answer goes, and what an answer must look like."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

Tree = dict[str, Any]
Check = Callable[[str], str | date]
"""The answer as it is kept; raises click.UsageError saying what is expected."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `secret`: not shown when typed; `several`: answers with commas; `needed`: asked until answered."""

    path: str
    words: str
    default: str = ""
    secret: bool = False
    several: bool = False
    needed: bool = False
    check: Check | None = None


def looks_like(pattern: str, expected: str) -> Check:
    """Every answer must match `pattern` from its beginning to its end."""
    whole = re.compile(pattern)

    def check(answer: str) -> str:
        if not whole.fullmatch(answer):
            raise click.UsageError(f"expected {expected}")
        return answer

    return check


def is_folder(answer: str) -> str:
    """An existing folder, as an absolute path: the program may be started from anywhere."""
    folder = Path(answer).expanduser()
    if not folder.is_dir():
        raise click.UsageError(f"there is no folder {folder}; make it first, or leave this empty")
    return str(folder.absolute())


def is_day(answer: str) -> date:
    """A day as 2027-01-31."""
    try:
        return date.fromisoformat(answer)
    except ValueError:
        raise click.UsageError("expected a day like 2027-01-31") from None


address = looks_like(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+", "a mail address such as support@example.com")
channel = looks_like(
    r"[CG][A-Z0-9]{2,}", "a channel id such as C0123456789 (the channel's name → About, at the bottom)"
)
person = looks_like(r"[USW][A-Z0-9]{2,}", "ids such as U0123456789 (people) or S0123456789 (user groups)")
host = looks_like(r"[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]", "the name of a server, without http:// and without a port")
web = looks_like(r"https?://\S+", "an address that begins with http:// or https://")

NAME = Question("desk.name", "What do customers see as the sender's name?", "Helpdesk")
DATABASE = Question(
    "database.url",
    "Database: Enter for one SQLite file here, or postgresql://… for several machines",
    check=looks_like(r"sqlite:///.+|postgresql://.+", "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"),
)
SLACK = (
    Question(
        "slack.bot_token",
        "Bot token (xoxb-…; OAuth & Permissions; Enter: later)",
        secret=True,
        check=looks_like(r"xoxb-\S+", "a bot token, which begins with xoxb-"),
    ),
    Question(
        "slack.app_token",
        "App-level token (xapp-…; Basic Information, scope connections:write; Enter: later)",
        secret=True,
        check=looks_like(r"xapp-\S+", "an app-level token, which begins with xapp-"),
    ),
    Question("slack.staff_channel", "Id of the private staff channel (C…; Enter: later)", check=channel),
    Question(
        "slack.approvers", "Who may approve: ids with commas (U…, S…; Enter: nobody yet)", several=True, check=person
    ),
)
MAIL_ADDRESS = Question("mail.address", "The address", needed=True, check=address)
TRUSTED = Question(
    "mail.trusted_authserv_ids",
    "First word of Authentication-Results in mail you get (Enter: later, doctor explains)",
    several=True,
)
STRIPE = (
    Question(
        "payments.stripe.api_key",
        "Stripe's restricted key (rk_…)",
        secret=True,
        needed=True,
        check=looks_like(r"[rs]k_(live|test)_\S+", "a key that begins with rk_live_, rk_test_, sk_live_ or sk_test_"),
    ),
)
MODEL = (
    Question("model.base_url", "Address of the endpoint (Enter: OpenAI's own)", check=web),
    Question("model.api_key", "Its key (any text where it asks for none)", secret=True, needed=True),
    Question("model.name", "Model of the specialists", "gpt-5.6"),
    Question("model.router_name", "Model that routes", "gpt-5.6-luna"),
)
LAST = (
    Question(
        "knowledge.folder", "Folder with your help texts in Markdown (Enter: the sample that ships)", check=is_folder
    ),
    Question(
        "alarms.mail_to", "Who gets alarms by mail as well (with commas; Enter: nobody)", several=True, check=address
    ),
)
PASSWORD = Question("password", "Password, or an app password", secret=True, needed=True)
MICROSOFT = (
    Question("tenant", "Directory (tenant) id of the app registration", needed=True),
    Question("client_id", "Application (client) id", needed=True),
    Question("client_secret", "Client secret (the value, not its id)", secret=True, needed=True),
    Question("expires_on", "Day on which that secret ends, such as 2027-01-31", needed=True, check=is_day),
)

PROVIDERS: Mapping[str, Mapping[str, str]] = {
    "google": {"imap": "imap.gmail.com", "smtp": "smtp.gmail.com", "sent": "[Gmail]/Sent Mail", "by": "mx.google.com"},
    "microsoft": {"imap": "outlook.office365.com", "smtp": "smtp.office365.com", "sent": "Sent Items", "by": ""},
    "other": {"imap": "", "smtp": "", "sent": "Sent", "by": ""},
}
"""Hosts and names of the mail providers most companies use; `by` is who writes Authentication-Results there."""


def ask(question: Question) -> Any:
    """The answer, asked again until it can be right; "" or [] when it was left out."""
    while True:
        answer = click.prompt(
            question.words,
            default=None if question.needed and not question.default else question.default,
            hide_input=question.secret,
            show_default=bool(question.default),
        ).strip()
        parts = [part.strip() for part in answer.split(",") if part.strip()] if question.several else [answer]
        try:
            kept = [question.check(part) if question.check and part else part for part in parts]
        except click.UsageError as error:
            click.echo(f"  That does not look right: {error.message}.")
            continue
        return kept if question.several else kept[0]


def put(chosen: Tree, path: str, value: Any) -> None:
    """Set "a.b.c" in a tree."""
    *tables, name = path.split(".")
    for table in tables:
        chosen = chosen.setdefault(table, {})
    chosen[name] = value


def put_all(chosen: Tree, questions: Sequence[Question]) -> None:
    """Ask each, and keep what was answered."""
    for question in questions:
        answer = ask(question)
        if answer:
            put(chosen, question.path, answer)


def ask_mail() -> Tree:
    """The whole section [mail]: where mail is read, how it leaves, and where sent mail is found again."""
    own = ask(MAIL_ADDRESS)
    kind = click.prompt("Who keeps that mailbox?", type=click.Choice(list(PROVIDERS)), default="google")
    known = PROVIDERS[kind]
    incoming = ask(Question("", "IMAP server", known["imap"], needed=True, check=host))
    outgoing = ask(Question("", "Submission server (SMTP)", known["smtp"], needed=True, check=host))
    proof = _microsoft() if kind == "microsoft" else {"password": ask(PASSWORD)}
    section: Tree = {
        "address": own,
        "imap": {"main": {"host": incoming, "user": own, **proof}},
        "smtp_out": {"host": outgoing, "user": own, **proof},
        "sent": {"mailbox": "main", "folder": known["sent"]},
    }
    trusted = [known["by"]] if known["by"] else ask(TRUSTED)
    return {**section, "trusted_authserv_ids": trusted} if trusted else section


def _microsoft() -> Tree:
    """Microsoft 365 takes no passwords any more: the app asks in its own name (see deploy/MICROSOFT.md)."""
    click.echo("  Microsoft 365 takes no passwords: deploy/MICROSOFT.md says how the app is registered.")
    answers = {question.path: ask(question) for question in MICROSOFT}
    tenant = answers.pop("tenant")
    url = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
    oauth = {"token_url": url, "scope": "https://outlook.office365.com/.default", **answers}
    return {"auth": "xoauth2", "oauth": oauth}
