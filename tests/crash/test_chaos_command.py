"""`helpdesk chaos` as an operator runs it: a few kills, and the counts; never on a database with something in it."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import cli
from storage.migrate import upgrade

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]


async def test_a_few_kills_and_every_promise_is_counted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "chaos", "--kills", "3", "--seconds", "20", "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, "--log", str(tmp_path / "log"), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()

    found = json.loads(said)
    assert process.returncode == 0, found
    assert found["holds"] is True
    assert 1 <= found["kills"] <= 3
    assert found["answered"] == found["slack_messages"] + found["mails"] > 0
    assert found["lost"] == found["said_twice"] == found["refunded_twice"] == []
    assert (tmp_path / "log").stat().st_size > 0


def test_a_database_with_something_in_it_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/real.db"
    upgrade(url)

    done = CliRunner().invoke(cli, ["chaos", "--database", url])

    assert done.exit_code == 1
    assert "give an empty database" in done.output
