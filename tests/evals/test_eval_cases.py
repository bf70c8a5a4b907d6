"""The cases that ship, on the offline team and through the official client over both APIs."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from offline_server import serving

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.team import Team
from agents_team.tools.shop import Shop
from bot.backends.sample_shop import SampleShop
from bot.evals.case import Case, Expected, load_cases
from bot.evals.report import compare, holds, save, table
from bot.evals.runner import Outcome, TeamMaker, run_cases
from bot.evals.variants import with_typo
from bot.settings import Settings
from bot.wiring import EVERY_KIND, team_for_eval

SECRETS = re.compile(r"4532.?1234.?5678.?9012|123-45-6789|000123456789|021000021|DE89 ?3704")


def offline(knowledge: Knowledge | None, strict: bool, shop_file: Path | None) -> tuple[Shop, Team]:
    return team_for_eval(Settings(), knowledge, strict, shop_file)


async def outcomes_of(cases: list[Case], make: TeamMaker, *, with_variants: bool) -> list[Outcome]:
    return [outcome async for outcome in run_cases(cases, make, with_variants=with_variants)]


async def test_offline_every_case_passes_and_what_must_hold_holds_in_every_variant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes = await outcomes_of(load_cases(), offline, with_variants=True)
    with capsys.disabled():
        print("\n" + table(outcomes))  # noqa: T201

    assert [o for o in outcomes if o.variant == "as written" and not o.passed] == []
    assert holds(outcomes)
    assert sum(o.passed for o in outcomes) / len(outcomes) >= 0.95


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async with serving() as url:
        yield url


@pytest.mark.parametrize("api", ["responses", "chat_completions"])
async def test_the_same_cases_pass_through_the_client_and_no_secret_number_leaves(server: str, api: str) -> None:
    def make(knowledge: Knowledge | None, strict: bool, shop_file: Path | None) -> tuple[Shop, Team]:
        shop = SampleShop(file=shop_file)
        config = TeamConfig(
            provider="openai", base_url=f"{server}/v1", api_key="sk-sandbox", name="sandbox-large",
            router_name="sandbox-small", api=api, router_first=False, can=EVERY_KIND, strict_pii=strict,
        )  # fmt: skip
        return shop, Team(config, shop, knowledge or Knowledge(SAMPLE_KNOWLEDGE))

    outcomes = await outcomes_of(load_cases(), make, with_variants=False)

    assert [(o.case, o.failed) for o in outcomes if not o.passed] == []
    async with ClientSession() as session, session.get(f"{server}/_control/log") as answer:
        log = await answer.json()
    assert len(log) > 100
    assert not any(row["body"].get("stream") for row in log)
    assert SECRETS.search(json.dumps(log)) is None
    assert "[card ending 9012]" in json.dumps(log)


async def test_two_runs_are_compared(tmp_path: Path) -> None:
    [case] = [case for case in load_cases() if case.id == "small-talk-costs-no-search"]
    [good] = await outcomes_of([case], offline, with_variants=False)
    elsewhere = case.thread[0].model_copy(update={"expect": Expected(lane="refund")})
    wrong = case.model_copy(update={"thread": (elsewhere,)})
    [bad] = await outcomes_of([wrong], offline, with_variants=False)
    save([good], tmp_path / "before.json", {"model": "offline"})

    assert "1 worse" in compare([bad], tmp_path / "before.json")
    assert "0 worse" in compare([good], tmp_path / "before.json")
    assert "lane faq instead of refund" in table([bad])


async def test_pass_k_needs_every_time() -> None:
    [case] = [case for case in load_cases() if case.id == "small-talk-costs-no-search"]
    [outcome] = [o async for o in run_cases([case], offline, times=3, with_variants=False)]

    assert (outcome.times, outcome.passed) == (3, True)


def test_a_wrong_case_names_file_case_and_field(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("- id: x\n  group: routing\n  thread: [{say: hi, expect: {lanes: faq}}]\n")

    with pytest.raises(ValueError, match=r"mine.yaml: case x: thread.0.expect.lanes"):
        load_cases((tmp_path,))


def test_a_typo_leaves_ids_and_short_words_alone() -> None:
    assert with_typo("ORD-1001 is $49.99") == "ORD-1001 is $49.99"
    assert with_typo("please refund ORD-1001") != "please refund ORD-1001"
