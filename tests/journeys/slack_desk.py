"""A whole desk on the sandbox Slack: the real bolt door, the real staff room, a worker; in this very process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from bot.cursors import DeskWatermarks
from bot.desk import Desk
from bot.sandbox.process import Running
from bot.sandbox.slack.client import SlackTown
from bot.steps.accept import accepting
from bot.web import serving
from bot.wiring import slack_config
from bot.worker import run_job
from channels.slack import SlackChannel, SlackStaffRoom, SocketPace
from tests.desks import open_test_desk, rows, with_parts

ACME, STAFF = "C0ACME", "C0STAFF"
ALICE, BOB, SAM, ROBIN, NIA, GUEST = "U0ALICE", "U0BOB", "U0SAM", "U0ROBIN", "U0NIA", "U0GUEST"
BOT = "U0HELPBOT"
ORDER = "Where is my order ORD-1001?"
QUICK = SocketPace(check=0.05, ping=0.2, rebuild_after=0.5, first_pause=0.05, longest_pause=0.2, drain=3.0)


@dataclass
class SlackDesk:
    """The desk, the people outside, and what both can be asked."""

    desk: Desk
    town: SlackTown
    channel: SlackChannel
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    async def said(self, where: str = ACME, thread_ts: str | None = None) -> list[dict[str, Any]]:
        """What our bot posted there, oldest first: the fake's record, not ours."""
        return [one for one in await self.town.messages(where, thread_ts) if one["user"] == BOT]

    async def answered(self, thread_ts: str, *, times: int = 1, where: str = ACME) -> list[dict[str, Any]]:
        """Wait until the bot has posted so often into this thread."""
        return await self.until(partial(self.said, where, thread_ts), lambda found: len(found) >= times)

    async def card(self, about: str, *, saying: str = "") -> dict[str, Any]:
        """Wait for the card in the staff channel whose header contains `about`, and whose text `saying`."""

        def it(found: list[dict[str, Any]]) -> dict[str, Any] | None:
            return next((one for one in found if about in header(one) and saying in words(one)), None)

        return await self.until(partial(self.said, STAFF), it)

    async def press(self, who: str, card: dict[str, Any], verb: str, **more: Any) -> dict[str, Any]:
        """Press the button that does `verb` on the card as it is shown now."""
        return await self.town.click(STAFF, who, card["ts"], f"hd:{verb}", **more)

    async def heard(self, who: str, *, saying: str = "") -> str:
        """Wait for something only `who` can see; its words."""

        async def look() -> list[dict[str, Any]]:
            return await self.town.ephemerals(who)

        found = await self.until(look, lambda seen: next((one for one in seen if saying in words(one)), None))
        return words(found)

    async def modal(self, who: str, title: str) -> dict[str, Any]:
        """Wait for a form on the screen of `who`."""

        async def look() -> list[dict[str, Any]]:
            return await self.town.modals(who)

        def it(views: list[dict[str, Any]]) -> dict[str, Any] | None:
            return next((view for view in views if text_of(view["title"]) == title), None)

        return await self.until(look, it)

    async def submit(self, who: str, view_id: str, **typed: str) -> dict[str, Any]:
        """Fill in a form and send it off."""
        return await self.town.submit(who, view_id, **{f"hd:{name}": text for name, text in typed.items()})

    async def rows(self, table: Any, count: int = 0) -> list[Any]:
        """The rows of a table, once there are at least `count`."""
        return await self.until(partial(rows, self.desk, table), lambda found: len(found) >= count, ok=True)

    async def quiet(self) -> None:
        """Everything that arrived was understood and nothing is left to do."""
        await self.town.quiet()

        async def waiting() -> int:
            return await self.desk.db.read(lambda tx: len(self.desk.jobs.waiting(tx)))

        await self.until(waiting, lambda left: left == 0, ok=True)

    async def until(
        self, look: Callable[[], Any], true: Callable[[Any], Any], *, seconds: float = 15, ok: bool = False
    ) -> Any:
        """Look until `true` of what is seen; its value, or with `ok` what was seen."""
        async with asyncio.timeout(seconds):
            while True:
                seen = await look()
                if value := true(seen):
                    return seen if ok else (value if value is not True else seen)
                for task in self.tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.03)


def having(**sections: Any) -> pytest.MarkDecorator:
    """Marks a test that wants a desk with these settings."""
    return pytest.mark.parametrize("desk_sections", [sections], indirect=True)


def words(thing: Any) -> str:
    """Everything people can read in a message or view."""
    if isinstance(thing, dict):
        own = [thing["text"]] if isinstance(thing.get("text"), str) else []
        links = [thing["url"]] if thing.get("type") == "link" else []
        return "\n".join([*own, *links, *(words(value) for value in thing.values() if isinstance(value, dict | list))])
    return "\n".join(filter(None, map(words, thing))) if isinstance(thing, list) else ""


def header(message: dict[str, Any]) -> str:
    blocks = message.get("blocks") or []
    return next((text_of(block["text"]) for block in blocks if block["type"] == "header"), "")


def text_of(thing: Any) -> str:
    return str(thing.get("text", "")) if isinstance(thing, dict) else str(thing)


def buttons(message: dict[str, Any]) -> list[str]:
    """The verbs of the buttons that are on a card now."""
    rows = [block for block in message.get("blocks") or [] if block["type"] == "actions"]
    return [element["action_id"].removeprefix("hd:") for block in rows for element in block["elements"]]


def settings_for(server: Running, sections: dict[str, Any]) -> dict[str, Any]:
    ready = server.ready
    base = {
        "bot_token": ready["bot_token"],
        "app_token": ready["app_token"],
        "signing_secret": ready["signing_secret"],
        "api_url": ready["api_url"],
        "staff_channel": STAFF,
        "approvers": "S0APPROVERS",
        "doubt_seconds": 0.3,
        "timeout_seconds": 1.5,
    }
    return {"http": {"port": 0}, **sections, "slack": {**base, **sections.get("slack", {})}}


@asynccontextmanager
async def open_slack_desk(
    server: Running, town: SlackTown, url: str, payments_url: str, *, listen: bool = True, **sections: Any
) -> AsyncIterator[SlackDesk]:
    """The desk at work. In http mode its own server takes what the sandbox pushes. Sections as in helpdesk.toml."""
    async with open_test_desk(url, payments_url, **settings_for(server, sections)) as plain:
        config = slack_config(plain.settings.slack)
        assert config is not None
        channel = SlackChannel(replace(config, pace=QUICK), watermarks=DeskWatermarks(plain.db))
        desk = with_parts(
            plain, channels={"slack": channel}, staff_room=SlackStaffRoom(channel.config, api=channel.api)
        )
        async with contextlib.AsyncExitStack() as stack:
            found = SlackDesk(desk, town, channel)
            found.tasks.append(asyncio.create_task(desk.jobs.work(partial(run_job, desk))))
            if config.mode == "http":
                port = await stack.enter_async_context(serving(desk))
                await town.options(push_url=f"http://127.0.0.1:{port}/slack/events")
            if listen:
                await start_listening(found)
            try:
                yield found
            finally:
                for task in found.tasks:
                    task.cancel()
                await asyncio.gather(*found.tasks, return_exceptions=True)
                await channel.close()


async def start_listening(found: SlackDesk) -> None:
    """Open the door, and wait until Slack is on the line."""
    found.tasks.append(asyncio.create_task(found.channel.run(accepting(found.desk))))
    if found.channel.config.mode == "socket":

        async def connected() -> int:
            return found.channel.health().connected

        await found.until(connected, lambda count: count == 2, ok=True)
