"""Two processes on PostgreSQL under kill -9 at random moments, counted by the servers outside."""

import os
from pathlib import Path

import pytest

from bot.evals.chaos.rampage import rampage
from bot.evals.chaos.town import open_town
from bot.evals.chaos.verdict import judge

KILLS = max(int(os.environ.get("HELPDESK_TEST_KILLS", "200")) * 3 // 10, 5)

pytestmark = [pytest.mark.serial, pytest.mark.timeout(900)]


async def test_two_workers_on_postgresql_killed_sixty_times(tmp_path: Path, postgres_url: str) -> None:
    async with open_town(tmp_path, postgres_url) as town:
        customers, _ = await rampage(town, tmp_path / "desk.log", KILLS, ["all", "worker"], pause=1.0)
        verdict = await judge(town, customers, postgres_url)

    assert verdict.problems == []
