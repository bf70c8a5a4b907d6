"""The rules of the house, read off the source itself: who may act, who may commit, how money and time are written."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from bot.cli import COMMANDS, cli
from bot.settings import Section
from bot.settings_load import known_paths

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("bot", "channels", "agents_team", "storage")

BROAD_EXCEPTS = {
    "agents_team/mcp/connection.py": "a server that is down is left out, and tried again; after doubt a person decides",
    "agents_team/team.py": "sorts what the SDK raises; what it does not know goes on as it was",
    "bot/doctor/__init__.py": "a check that breaks is a finding, and the others go on",
    "bot/doctor/mail.py": "whatever a mail server or its library says is the finding",
    "bot/backends/kit.py": "a check that crashes is a check that failed",
    "bot/doors.py": "a door that falls shut is opened again",
    "bot/watch/pulse.py": "a desk must not stop because it cannot say how it is",
    "bot/web.py": "whatever it is, the desk is not ready",
    "bot/worker.py": "a failed step is tried again, then a person is fetched",
    "channels/mail/imap.py": "nothing was marked: the mailbox is read again",
    "channels/mail/parse/read.py": "a mail that cannot be parsed is still a ticket",
    "channels/mail/smtp.py": "not committed: the sender is asked to come again",
    "channels/slack/backfill.py": "a gap that could not be filled is read again",
    "channels/slack/intake.py": "not stored: not acknowledged, so Slack sends it again",
    "channels/slack/socket.py": "no connection: tried again",
    "storage/db_sqlite.py": "the caller gets the error, and its change is undone",
    "storage/jobs.py": "a job that raised is started again",
    "storage/transactions.py": "a change that is committed is reported as committed",
}
"""The rims: where any failure ends in "again", in "not acknowledged" or with a person."""


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def modules(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """(path from the root, syntax tree) of every module in these rooms."""
    for room in rooms:
        for file in sorted((ROOT / room).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), tree_of(file)


def calls(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    """(last name before the dot, method, call) of every method call: `desk.db.write(…)` gives db, write."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield _last_name(node.func.value), node.func.attr, node


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def at(path: str, node: ast.AST) -> str:
    return f"{path}:{getattr(node, 'lineno', 0)}"


# ------------------------------------------------------------------ what it says


def test_every_module_says_in_one_sentence_what_it_is_for() -> None:
    def says(path: str, tree: ast.Module) -> bool:
        first = (ast.get_docstring(tree) or "").partition("\n\n")[0]
        # A schema step is named by what it changes.
        return bool(first) if "/migrations/versions/" in path else first.endswith((".", "…", "?"))

    assert [path for path, tree in modules(*ROOMS, "tests") if not says(path, tree)] == []


MOST_LINES = {"bot": 450, "channels": 450, "agents_team": 450, "storage": 450, "tests": 700}


@pytest.mark.parametrize("room", MOST_LINES)
def test_no_module_and_no_function_is_too_long_to_be_read_at_once(room: str) -> None:
    def lines(node: ast.AST) -> int:
        return int(getattr(node, "end_lineno", 0)) - int(getattr(node, "lineno", 0)) + 1

    # A schema step is a list of tables.
    trees = [(path, tree) for path, tree in modules(room) if "/migrations/versions/" not in path]
    functions = [
        at(path, node)
        for path, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines(node) > 50
    ]

    assert functions == []
    assert [path for path, tree in trees if tree.body[-1].end_lineno > MOST_LINES[room]] == []


def test_every_setting_says_why_it_exists() -> None:
    sections = [kind for kind in _sections() if issubclass(kind, BaseModel)]

    silent = [
        f"{section.__name__}.{name}"
        for section in sections
        for name, field in section.model_fields.items()
        if not field.description and not _is_section(field.annotation)
    ]

    assert len(sections) > 10
    assert silent == []
    assert [section.__name__ for section in sections if not section.__doc__] == []


def _sections() -> list[type[Section]]:
    return list(Section.__subclasses__())


def _is_section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)


NAMED_IN_THE_DESIGN = [
    "database.url", "slack.mode", "slack.bot_token", "slack.app_token", "slack.signing_secret", "slack.api_url",
    "slack.staff_channel", "slack.approvers", "slack.channels.<name>.mode", "mail.address", "mail.secret",
    "mail.imap.<name>.host", "mail.imap.<name>.port", "mail.imap.<name>.tls", "mail.imap.<name>.user",
    "mail.imap.<name>.password", "mail.imap.<name>.folder", "mail.imap.<name>.auth", "mail.imap.<name>.poll_seconds",
    "mail.smtp_in.host", "mail.smtp_in.port", "mail.smtp_in.protocol", "mail.smtp_out.host", "mail.smtp_out.port",
    "mail.smtp_out.tls", "mail.smtp_out.user", "mail.smtp_out.password", "mail.trusted_authserv_ids",
    "model.provider", "model.base_url", "model.api_key", "model.name", "model.router_name", "model.api",
    "payments.backend", "payments.stripe.api_key", "payments.stripe.api_base", "shop.backend", "knowledge.folder",
    "policy.refund.preset", "http.host", "http.port", "team.folder",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMED_IN_THE_DESIGN)
def test_a_setting_others_rely_on_keeps_its_name(name: str) -> None:
    assert name in {".".join(path) for path in known_paths()}


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_in_the_table_is_there_and_is_listed_as_what_it_is(name: str) -> None:
    listed = CliRunner().invoke(cli, ["--help"], terminal_width=200)
    helped = CliRunner().invoke(cli, [name, "--help"])

    assert re.search(rf"^  {name} +{re.escape(COMMANDS[name][1])}$", listed.output, re.MULTILINE)
    assert helped.exit_code == 0, helped.output
    assert helped.output.startswith(f"Usage: cli {name}")


# ------------------------------------------------------------------ who may act


def test_only_a_refund_action_asks_the_provider_to_pay_back() -> None:
    paying = {
        path
        for path, tree in modules(*ROOMS)
        for owner, method, _ in calls(tree)
        if method == "refund" and "payments" in owner
    }
    tree = tree_of(ROOT / "bot/actions/refund_paths.py")
    inside = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef)
        for _, method, _ in calls(function)
        if method == "refund"
    }

    # The conformance kit pays back a few minor units of a test account that its user names.
    assert paying == {"bot/actions/refund_paths.py", "bot/backends/kit.py"}
    assert inside == {"do"}


def test_only_the_act_step_carries_an_action_out() -> None:
    # What only changes rows (a verb, a command) is a plain function; whatever reaches out is awaited.
    doing = {
        path
        for path, tree in modules(*ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Await)
        for owner, method, _ in calls(node)
        if method == "do" and owner != "step"
    }

    assert doing == {"bot/steps/act.py"}


def test_only_the_bot_opens_transactions() -> None:
    writing = {
        path
        for path, tree in modules("channels", "agents_team", "storage")
        for owner, method, _ in calls(tree)
        if method == "write" and owner.endswith("db")
    }

    # The job engine writes down which job runs.
    assert writing <= {"storage/jobs_embedded.py", "storage/jobs_rescue.py"}


# ------------------------------------------------------------------ money and time


def test_money_is_never_a_float() -> None:
    money = re.compile(r"amount|minor|price|money|cost|limit_minor", re.IGNORECASE)

    def floats(tree: ast.Module) -> Iterator[ast.AST]:
        for node in ast.walk(tree):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=kind) | ast.arg(arg=name, annotation=kind):
                    wrong = kind is not None and "float" in ast.unparse(kind)
                case ast.FunctionDef(name=name, returns=kind) | ast.AsyncFunctionDef(name=name, returns=kind):
                    wrong = kind is not None and "float" in ast.unparse(kind)
                case _:
                    continue
            if wrong and money.search(name):
                yield node

    assert [at(path, node) for path, tree in modules(*ROOMS) for node in floats(tree)] == []


def test_every_time_is_aware() -> None:
    def naive(owner: str, method: str, call: ast.Call) -> bool:
        if (owner, method) in {("datetime", "utcnow"), ("datetime", "utcfromtimestamp"), ("date", "today")}:
            return True
        return (owner, method) == ("datetime", "now") and not call.args and not call.keywords

    found = [
        at(path, call)
        for path, tree in modules(*ROOMS, "tests")
        for owner, method, call in calls(tree)
        if naive(owner, method, call)
    ]
    assert found == []


def test_nothing_sleeps_on_the_event_loop() -> None:
    found = [
        at(path, call)
        for path, tree in modules(*ROOMS, "tests")
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef)
        for node in _in_the_loop(function)
        for owner, method, call in calls(node)
        if (owner, method) == ("time", "sleep")
    ]
    assert found == []


def _in_the_loop(function: ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Its statements without the plain functions inside it, which run in threads and transactions."""
    return (node for node in function.body if not isinstance(node, ast.FunctionDef))


# ------------------------------------------------------------------ manners


def test_only_commands_print() -> None:
    found = [
        at(path, node)
        for path, tree in modules(*ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _last_name(node.func) == "print" and isinstance(node.func, ast.Name)
    ]
    assert [where for where in found if not where.startswith("bot/cli/")] == []


def test_everything_is_caught_only_at_the_rims() -> None:
    found: dict[str, list[int]] = {}
    for path, tree in modules(*ROOMS):
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node):
                found.setdefault(path, []).append(node.lineno)

    assert {path: lines for path, lines in found.items() if path not in BROAD_EXCEPTS} == {}
    assert BROAD_EXCEPTS.keys() - found.keys() == set(), "the list names rims that are no longer there"


def _is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether it catches everything and does not hand it on."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = any(kind is None or _last_name(kind) in ("Exception", "BaseException") for kind in kinds)
    last = handler.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_nothing_is_caught_and_forgotten() -> None:
    found = [
        at(path, node)
        for path, tree in modules(*ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and all(isinstance(s, ast.Pass) for s in node.body)
    ]
    assert found == []


def test_our_own_code_is_never_mocked() -> None:
    def imported(tree: ast.Module) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    mocking = re.compile(r"(^|\.)(mock|MagicMock|Mock|AsyncMock)(\.|$)|^pytest_mock")
    found = [f"{path}: {name}" for path, tree in modules("tests") for name in imported(tree) if mocking.search(name)]
    assert found == []


def test_no_test_file_hides_another_of_the_same_name() -> None:
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    machine = re.compile(rb"/(?:wor" + rb"k|roo" + rb"t|User" + rb"s)/[\w.]")
    found = [path for path in _kept_files() if machine.search((ROOT / path).read_bytes())]
    assert found == []


def _kept_files() -> list[str]:
    """What is, or would be, in the repository; without one (an unpacked release) the files of the rooms."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return [name for name in names if name and (ROOT / name).is_file()]
    return [path for path, _ in modules(*ROOMS, "tests")]
