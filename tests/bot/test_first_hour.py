"""The first hour of an operator: two commands to a healthy desk on the sandbox, and what `helpdesk init` asks."""

import asyncio
import json
import os
import pty
import signal
import stat
import sys
import tomllib
from pathlib import Path

from bot.doctor import CHECKS
from tests.bot.test_doctor_journey import ROOT, helpdesk

SECONDS = 30


async def test_two_commands_lead_from_nothing_to_a_healthy_doctor(tmp_path: Path) -> None:
    sandbox = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "sandbox"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert sandbox.stdout is not None
    said = (await asyncio.wait_for(sandbox.stdout.readline(), SECONDS)).decode()
    try:
        command = said.strip().partition(": helpdesk ")[2].split()
        code, told = await helpdesk(*command, "--json", folder=tmp_path)
    finally:
        sandbox.send_signal(signal.SIGINT)
        await asyncio.wait_for(sandbox.wait(), SECONDS)
        sandbox._transport.close()  # type: ignore[attr-defined]

    found = json.loads(told)
    assert [row for row in found["findings"] if row["severity"] in ("error", "warning")] == []
    assert (code, found["healthy"], sandbox.returncode) == (0, True, 0)
    assert {row["check"] for row in found["findings"]} == set(CHECKS)


class Terminal:
    """A terminal with `helpdesk init` in it, and a person who reads before they type."""

    def __init__(self, folder: Path):
        self._ours, theirs = pty.openpty()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
        self._command = [sys.executable, "-m", "bot", "init"]
        self._options = {"cwd": folder, "env": {**clean, "PYTHONPATH": str(ROOT)}}
        self._theirs = theirs
        self.seen = ""

    async def start(self) -> None:
        streams = {"stdin": self._theirs, "stdout": self._theirs, "stderr": self._theirs}
        self._process = await asyncio.create_subprocess_exec(
            *self._command, **self._options, **streams, start_new_session=True
        )
        os.close(self._theirs)

    async def answer(self, question: str, typed: str | None) -> None:
        """Wait for the words of a question, then type; None: only read."""
        await self._until(question)
        self.seen = self.seen.rpartition(question)[2]
        if typed is None:
            return
        os.write(self._ours, f"{typed}\n".encode())

    async def _until(self, words: str) -> None:
        async with asyncio.timeout(SECONDS):
            while words not in self.seen:
                self.seen += (await asyncio.to_thread(os.read, self._ours, 4096)).decode()

    async def end(self) -> int:
        """The exit code; `seen` has everything that was said since the last answer."""
        try:
            while more := await asyncio.to_thread(os.read, self._ours, 4096):
                self.seen += more.decode()
        except OSError:
            pass  # Linux says so when the other side is gone
        os.close(self._ours)
        return await asyncio.wait_for(self._process.wait(), SECONDS)


async def test_the_questions_lead_to_a_file_that_works_and_wrong_answers_are_asked_again(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    await terminal.start()
    for question, typed in (
        ("sender's name?", "Northwind Support"),
        ("Database", ""),
        ("in Slack?", "y"),
        ("Bot token", "xapp-oops"),
        ("begins with xoxb-", None),
        ("Bot token", "xoxb-1-secret"),
        ("App-level token", "xapp-1-secret"),
        ("staff channel", "#staff"),
        ("C0123456789", None),
        ("staff channel", ""),
        ("Who may approve", "U0SAM, S0LEADS"),
        ("mail address?", "y"),
        ("The address", "support@northwind.example"),
        ("keeps that mailbox?", "microsoft"),
        ("IMAP server", ""),
        ("Submission server", ""),
        ("tenant", "t-1"),
        ("client) id", "c-1"),
        ("Client secret", "s3cret"),
        ("secret ends", "soon"),
        ("a day like 2027-01-31", None),
        ("secret ends", "2031-01-31"),
        ("Authentication-Results", ""),
        ("language model", "n"),
        ("Stripe?", "n"),
        ("help texts", "/nowhere/at/all"),
        ("no folder", None),
        ("help texts", ""),
        ("gets alarms", "ops@northwind.example"),
    ):
        await terminal.answer(question, typed)
    code = await terminal.end()

    assert code == 0, terminal.seen
    assert "helpdesk doctor" in terminal.seen
    assert "s3cret" not in terminal.seen
    file = tmp_path / "helpdesk.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = tomllib.loads(file.read_text())
    assert told["slack"]["approvers"] == ["U0SAM", "S0LEADS"]
    assert told["slack"]["bot_token"] == "xoxb-1-secret"
    assert told["mail"]["imap"]["main"]["oauth"]["token_url"].startswith("https://login.microsoftonline.com/t-1/")
    assert str(told["mail"]["smtp_out"]["oauth"]["expires_on"]) == "2031-01-31"
    assert told["alarms"]["mail_to"] == ["ops@northwind.example"]
    assert "name: Northwind Support" in (tmp_path / "slack-manifest.yaml").read_text()
    assert (await helpdesk("config", "lint", folder=tmp_path))[0] == 0


async def test_a_file_of_secrets_is_never_replaced_by_accident(tmp_path: Path) -> None:
    assert (await helpdesk("init", "--yes", folder=tmp_path))[0] == 0
    before = (tmp_path / "helpdesk.toml").read_text()

    code, said = await helpdesk("init", "--yes", folder=tmp_path)

    assert (code, "--force" in said) == (1, True)
    assert (tmp_path / "helpdesk.toml").read_text() == before
