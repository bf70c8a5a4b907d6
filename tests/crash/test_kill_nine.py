"""The real program under kill -9 at random moments, counted by the servers outside and not by our own tables."""

import os
from pathlib import Path

import pytest

from bot.evals.chaos.rampage import rampage
from bot.evals.chaos.town import open_town
from bot.evals.chaos.verdict import judge

KILLS = int(os.environ.get("HELPDESK_TEST_KILLS", "200"))

pytestmark = [pytest.mark.serial, pytest.mark.timeout(900)]


async def test_one_process_on_sqlite_killed_two_hundred_times(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/helpdesk.db"
    async with open_town(tmp_path, url) as town:
        customers, _ = await rampage(town, tmp_path / "desk.log", KILLS, ["all"], pause=1.2)
        verdict = await judge(town, customers, url)

    assert verdict.problems == []
    assert verdict.slack_messages > KILLS / 20
    assert verdict.mails > KILLS / 20
