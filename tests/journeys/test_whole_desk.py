"""The real program with other settings: Slack over HTTP, models behind the official client, a provider that is down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.evals.chaos.town import Town, open_desks, open_town
from bot.sandbox.faults import Fault
from bot.sandbox.model.client import ModelTown
from bot.sandbox.process import free_port, started

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]

ORDER = "Where is my order ORD-1001?"
PEOPLE = {"HELPDESK_SHOP__BACKEND": "sample"}


@asynccontextmanager
async def running_desk(town: Town, folder: Path, **more: str) -> AsyncIterator[None]:
    """`helpdesk run` with the town's settings and `more`."""
    async with open_desks({**town.environment, **PEOPLE, **more}, folder / "desk.log") as desks:
        pid = await desks.start()
        yield
        await desks.stop(pid)


@asynccontextmanager
async def model_behind_the_client(api: str) -> AsyncIterator[tuple[ModelTown, dict[str, str]]]:
    """A model server, and the settings that lead to it."""
    async with started("bot.sandbox.model") as model, ModelTown(model.url) as models:
        yield (
            models,
            {
                "HELPDESK_MODEL__PROVIDER": "openai",
                "HELPDESK_MODEL__BASE_URL": str(model.ready["base_url"]),
                "HELPDESK_MODEL__API_KEY": str(model.ready["api_key"]),
                "HELPDESK_MODEL__API": api,
                "HELPDESK_MODEL__NAME": "sandbox-large",
                "HELPDESK_MODEL__ROUTER_NAME": "sandbox-small",
            },
        )


async def answer_in_thread(town: Town, ts: str, seconds: float = 40) -> dict[str, Any]:
    """The first message of ours in the thread."""

    def ours(world: dict[str, Any]) -> Any:
        channel = next(each for each in world["channels"] if each["id"] == "C0ACME")
        return next((m for m in channel["messages"] if m.get("thread_ts") == ts and m.get("bot_id")), None)

    found: dict[str, Any] = await town.slack.until(ours, seconds)
    return found


@pytest.mark.parametrize("api", ["responses", "chat_completions"])
async def test_any_openai_compatible_endpoint_answers_and_never_sees_a_card_number(tmp_path: Path, api: str) -> None:
    async with (
        open_town(tmp_path, f"sqlite:///{tmp_path}/h.db") as town,
        model_behind_the_client(api) as (models, settings),
        running_desk(town, tmp_path, **settings),
    ):
        ts = await town.slack.say("C0ACME", "U0ALICE", f"{ORDER} My card is 4532-1234-5678-9012.")
        answer = await answer_in_thread(town, ts)
        assert "ORD-1001" in answer["text"]
        sent = str(await models.log())
        assert "ORD-1001" in sent
        assert "4532" not in sent
        assert "1234-5678" not in sent


async def test_slack_over_http_asks_and_answers_in_the_thread(tmp_path: Path) -> None:
    port = free_port()
    push = ("--push-url", f"http://127.0.0.1:{port}/slack/events")
    http = {"HELPDESK_SLACK__MODE": "http", "HELPDESK_HTTP__PORT": str(port)}
    async with open_town(tmp_path, f"sqlite:///{tmp_path}/h.db", *push) as town:
        http["HELPDESK_SLACK__SIGNING_SECRET"] = town.signing_secret
        async with running_desk(town, tmp_path, **http):
            await wait_for_door(town, port)
            ts = await town.slack.say("C0ACME", "U0ALICE", ORDER)
            assert "ORD-1001" in (await answer_in_thread(town, ts))["text"]


async def wait_for_door(town: Town, port: int) -> None:
    """Slack sends its challenge until the desk answers it."""
    for _ in range(120):
        if (await town.slack.act("verify_push")).get("verified"):
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"nobody answered Slack's challenge at port {port}")


async def test_a_model_that_is_down_is_asked_again_and_then_a_person_is_fetched(tmp_path: Path) -> None:
    async with (
        open_town(tmp_path, f"sqlite:///{tmp_path}/h.db") as town,
        model_behind_the_client("responses") as (models, settings),
        running_desk(town, tmp_path, **settings, HELPDESK_DESK__MAX_TRIES="2"),
    ):
        await models.fault("responses", Fault.SERVER_ERROR, times=1)
        ts = await town.slack.say("C0ACME", "U0ALICE", ORDER)
        assert "ORD-1001" in (await answer_in_thread(town, ts))["text"]

        await models.fault("responses", Fault.SERVER_ERROR, times=1000)
        ts = await town.slack.say("C0ACME", "U0BOB", ORDER)
        answer = await answer_in_thread(town, ts)
        assert "colleague" in answer["text"]
        assert "500" not in answer["text"]
        assert await person_is_needed(town)


async def person_is_needed(town: Town) -> bool:
    """Whether staff get the card, which is a job of its own and may come a moment after the answer."""
    for _ in range(200):
        if any("person is needed" in card["text"] for card in await town.slack.messages("C0STAFF")):
            return True
        await asyncio.sleep(0.1)
    return False
