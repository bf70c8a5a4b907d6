"""From nothing to a healthy desk: the questions, the file, the doctor, and what it says when something breaks."""

import asyncio
import json
import os
import stat
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.doctor import CHECKS, EXIT_CODES, Finding, Patient, Severity, examine, with_storage
from bot.doctor.mail import proven_by
from bot.sandbox.process import free_port, started
from bot.settings_load import parse
from bot.setup import settings_file

Tree = dict[str, Any]


@pytest.fixture
async def answers(tmp_path: Path) -> AsyncIterator[Tree]:
    """What an operator of the sandbox would answer; the servers run as processes of their own."""
    async with (
        started("bot.sandbox.slack") as slack,
        started("bot.sandbox.mail") as mail,
        started("bot.sandbox.payments") as payments,
        started("bot.sandbox.model", "--models", "gpt-4.1,gpt-4.1-mini") as model,
    ):
        box = {"host": "127.0.0.1", "tls": "none", "user": mail.ready["address"], "password": mail.ready["password"]}
        yield {
            "database": {"url": f"sqlite:///{tmp_path}/helpdesk.db"},
            "http": {"port": free_port()},
            "slack": {
                "api_url": slack.ready["api_url"],
                "bot_token": slack.ready["bot_token"],
                "app_token": slack.ready["app_token"],
                "staff_channel": "C0STAFF",
                "approvers": ["S0APPROVERS"],
            },
            "mail": {
                "address": mail.ready["address"],
                "trusted_authserv_ids": [mail.ready["authserv_id"]],
                "imap": {"main": {**box, "port": mail.ready["imap_port"]}},
                "smtp_out": {**box, "port": mail.ready["smtp_port"]},
                "sent": {"mailbox": "main", "folder": "Sent"},
            },
            "model": {
                "provider": "openai",
                "base_url": model.ready["base_url"],
                "api_key": model.ready["api_key"],
                "name": "gpt-4.1",
                "router_name": "gpt-4.1-mini",
            },
            "payments": {
                "backend": "stripe",
                "stripe": {"api_key": "sk_test_sandbox", "api_base": payments.url, "webhook_secret": "whsec_x"},
            },
            "shop": {"backend": "sample"},
            "alarms": {"mail_to": ["operator@desk.example"]},
        }


ROOT = Path(__file__).resolve().parents[2]


async def helpdesk(*arguments: str, folder: Path) -> tuple[int, str]:
    """What an operator types, and sees."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def examined(chosen: Tree, *names: str) -> dict[str, list[Finding]]:
    """What the doctor finds with these settings."""
    chosen = changed(chosen, "mail.secret", "a long random text")
    patient = Patient(parse(settings_file(chosen), origin="helpdesk.toml"), Path("helpdesk.toml"))
    async with with_storage(patient) as opened:
        return await examine(opened, frozenset(names))


def worst(found: list[Finding]) -> Finding:
    return max(found, key=lambda finding: finding.severity)


def changed(chosen: Tree, path: str, value: Any) -> Tree:
    """The same answers with another one at "a.b.c"."""
    name, _, rest = path.partition(".")
    inner = changed(chosen.get(name, {}), rest, value) if rest else value
    return {**chosen, name: inner}


async def test_from_nothing_to_a_healthy_doctor_in_two_commands(answers: Tree, tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text(settings_file(answers))

    code, said = await helpdesk("init", "--answers", "answers.toml", folder=tmp_path)
    assert code == 0, said
    code, said = await helpdesk("doctor", "--json", folder=tmp_path)

    told = json.loads(said)
    assert [row for row in told["findings"] if row["severity"] in ("error", "warning")] == []
    assert (code, told["healthy"]) == (0, True)
    assert {row["check"] for row in told["findings"]} == set(CHECKS)

    written = tmp_path / "helpdesk.toml"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    kept = tomllib.loads(written.read_text())
    assert kept["slack"]["bot_token"] == answers["slack"]["bot_token"]
    assert len(kept["mail"]["secret"]) > 20, "nobody should have to invent it"
    assert "# quiet_seconds = 1.5" in written.read_text()
    assert (tmp_path / "slack-manifest.yaml").exists()

    code, said = await helpdesk("init", "--answers", "answers.toml", folder=tmp_path)
    assert code == 1
    assert "--force" in said, "a file with secrets is never overwritten by accident"


EXPIRED = {"token_url": "http://127.0.0.1:9/t", "client_id": "app", "expires_on": "2020-01-01"}
BROKEN: list[tuple[str, str, Any, str]] = [
    ("slack token", "slack.bot_token", "xoxb-wrong", "slack.bot_token"),
    ("slack app token", "slack.app_token", "xapp-wrong", "App-Level Tokens"),
    ("slack staff channel", "slack.staff_channel", "C0GENERAL", "private"),
    ("slack staff channel", "slack.staff_channel", "C0ACME", "private"),
    ("slack staff channel", "slack.staff_channel", "C0NOWHERE", "/invite"),
    ("slack approvers", "slack.approvers", ["U0GUEST"], "slack.approvers"),
    ("slack channels", "slack.channels", {"C0WATER": {"mode": "all"}}, "/invite"),
    ("imap", "mail.imap.main.password", "wrong", "app password"),
    ("imap", "mail.imap.main.folder", "Nowhere", "folder"),
    ("imap", "mail.imap.main.port", 9, "port"),
    ("sent folder", "mail.sent.folder", "Versendet", "mail.sent.folder"),
    ("smtp out", "mail.smtp_out.password", "wrong", "mail.smtp_out"),
    ("mail proof", "mail.trusted_authserv_ids", [], "Authentication-Results"),
    ("model", "model.api_key", "wrong", "model.api_key"),
    ("model", "model.name", "gpt-none", "model.name"),
    ("knowledge", "knowledge.folder", "nowhere", "mkdir"),
    ("payments", "payments.stripe.api_key", "sk_test_wrong", "restricted key"),
    ("refund policy", "policy.refund.automatic_limit", "900", "automatic_limit"),
    ("refund policy", "policy.refund.roles", {"U0SAM": {"limit": "20"}}, "policy.refund.roles"),
    ("prices", "model.name", "gpt-none", 'model.prices."gpt-none"'),
    ("embeddings", "model.embedding_name", "embed-none", "model.name"),
    ("hours", "policy.hours", {"days": "mon", "opens": "09:00", "closes": "09:00"}, "policy.hours"),
    ("mail tokens", "mail.imap.main.oauth", {**EXPIRED}, "expires_on"),
    ("shop", "shop.backend", "tests.none:Shop", "edit"),
    ("alarms", "mail.smtp_out", None, "mail.smtp_out"),
]


async def test_everything_that_is_broken_is_found_with_what_mends_it(answers: Tree) -> None:
    missed = []
    for check, path, value, mend in BROKEN:
        found = (
            await examined(changed(answers, path, value) if value is not None else _without(answers, path), check)
        )[check]
        said = worst(found)
        if said.severity < Severity.WARNING or mend not in said.mend:
            missed.append((check, path, value, said))
    assert missed == []


def _without(chosen: Tree, path: str) -> Tree:
    name, _, rest = path.partition(".")
    if not rest:
        return {key: value for key, value in chosen.items() if key != name}
    return {**chosen, name: _without(chosen[name], rest)}


async def test_a_mail_to_ourselves_shows_the_whole_way(answers: Tree) -> None:
    found = (await examined(answers, "mail round trip"))["mail round trip"]

    assert worst(found).severity < Severity.WARNING
    assert "came back into main" in found[0].what
    assert "mail round trip" not in await examined(answers, "shop"), "only when it is asked for"


@pytest.mark.parametrize(
    ("results", "severity", "mend"),
    [
        (["mx.google.com; dkim=pass; dmarc=pass"], Severity.OK, ""),
        (["mx.example.net 1; dmarc=pass"], Severity.WARNING, '["mx.example.net"]'),
        (["mx.google.com; dmarc=fail (p=none)"], Severity.ERROR, "DKIM"),
        ([], Severity.NOTE, "provider"),
    ],
)
def test_what_came_back_says_whom_to_believe(results: list[str], severity: Severity, mend: str) -> None:
    said = worst(proven_by(results, frozenset({"mx.google.com"})))

    assert said.severity is severity
    assert mend in said.mend


async def test_a_token_with_too_few_scopes_is_told_which_are_missing(answers: Tree) -> None:
    async with started("bot.sandbox.slack", "--scopes", "chat:write,channels:read") as slack:
        chosen = changed(answers, "slack.api_url", slack.ready["api_url"])
        said = worst((await examined(chosen, "slack scopes"))["slack scopes"])

    assert said.severity is Severity.ERROR
    assert "users:read" in said.what
    assert "helpdesk manifest" in said.mend


async def test_a_server_that_says_nothing_costs_one_check_its_time_and_no_more(answers: Tree) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    chosen = changed(changed(answers, "model.base_url", f"http://127.0.0.1:{port}/v1"), "doctor.seconds", 1.0)

    async with asyncio.timeout(8):
        found = await examined(chosen, "model", "shop")

    assert worst(found["model"]).severity is Severity.ERROR
    assert worst(found["shop"]).severity < Severity.WARNING
    server.close()


async def test_secrets_others_can_read_are_an_error_with_the_command_that_mends_it(tmp_path: Path) -> None:
    file = tmp_path / "helpdesk.toml"
    file.write_text('[mail]\nsecret = "a long random text"\n')
    file.chmod(0o644)
    patient = Patient(parse(file.read_text(), origin=str(file)), file)

    said = worst((await examine(patient, frozenset({"secret files"})))["secret files"])
    file.chmod(0o600)
    mended = worst((await examine(patient, frozenset({"secret files"})))["secret files"])

    assert (said.severity, said.mend) == (Severity.ERROR, f"chmod 600 {file}")
    assert mended.severity is Severity.OK


def test_the_exit_code_says_how_bad_it_is() -> None:
    assert [EXIT_CODES[severity] for severity in Severity] == [0, 0, 1, 2]
