"""What the tests of the sandbox Slack share: a stage to play on, and things to post."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.process import Ready, started
from bot.sandbox.slack.client import SlackTown

ACME, STAFF, GENERAL, WATER = "C0ACME", "C0STAFF", "C0GENERAL", "C0WATER"
ALICE, BOB, SAM, ROBIN, NIA, GUEST, BOT = "U0ALICE", "U0BOB", "U0SAM", "U0ROBIN", "U0NIA", "U0GUEST", "U0HELPBOT"
Json = dict[str, Any]


@dataclass
class Stage:
    """The sandbox, the people in it, and our bot's own client (Slack's, without retries)."""

    ready: Ready
    town: SlackTown
    slack: AsyncWebClient
    http: aiohttp.ClientSession

    async def post(self, **message: Any) -> str:
        """What the bot says; its ts."""
        return str((await self.slack.chat_postMessage(**message))["ts"])

    async def call(self, method: str, *, token: str = "bot", **arguments: Any) -> Json:
        """One bare call: JSON body, any token."""
        headers = {"Authorization": f"Bearer {self.ready[f'{token}_token']}"} if token else {}
        async with self.http.post(self.ready["api_url"] + method, json=arguments, headers=headers) as response:
            answer: Json = await response.json()
            return answer


@contextlib.asynccontextmanager
async def a_stage(*arguments: str) -> AsyncIterator[Stage]:
    async with (
        started("bot.sandbox.slack", *arguments) as running,
        SlackTown(running.url) as town,
        aiohttp.ClientSession() as http,
    ):
        slack = AsyncWebClient(running.ready["bot_token"], running.ready["api_url"], session=http, retry_handlers=[])
        yield Stage(running.ready, town, slack, http)


@contextlib.contextmanager
def refused(error: str) -> Iterator[None]:
    """The Web API must say no, with this code."""
    with pytest.raises(SlackApiError) as refusal:
        yield
    assert refusal.value.response["error"] == error, refusal.value.response.data


def button(action_id: str = "approve", value: str = "apr_1", text: str = "Approve", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "value": value, "text": plain(text), **more}


def card(*elements: Json, block_id: str = "card") -> list[Json]:
    return [{"type": "actions", "block_id": block_id, "elements": list(elements or [button()])}]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def modal(*blocks: Json, **more: Any) -> Json:
    field = {
        "type": "input",
        "block_id": "why",
        "label": plain("Why"),
        "element": {"type": "plain_text_input", "action_id": "reason"},
    }
    return {"type": "modal", "title": plain("Deny"), "submit": plain("Send"), "blocks": list(blocks or [field]), **more}
