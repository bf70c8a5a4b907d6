"""The Slack door against the sandbox: the door running, an inbox behind it, and the conductor's way of sending."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from bot.sandbox.process import Running
from channels.base import Inbound, Raw, Reply, TemporaryChannelError
from channels.slack import SlackChannel, SlackConfig, SocketPace

ACME, STAFF = "C0ACME", "C0STAFF"
QUICK = SocketPace(check=0.05, ping=0.2, rebuild_after=0.5, first_pause=0.05, longest_pause=0.2, drain=3.0)


def config(slack: Running, **changes: Any) -> SlackConfig:
    """The settings of a desk at this sandbox, with short times."""
    ready = slack.ready
    base = SlackConfig(
        bot_token=ready["bot_token"],
        app_token=ready["app_token"],
        signing_secret=ready["signing_secret"],
        api_url=ready["api_url"],
        staff_channel=STAFF,
        approvers=("S0APPROVERS",),
        doubt_seconds=0.3,
        timeout=2.0,
        pace=QUICK,
    )
    return replace(base, **changes)


@dataclass
class Inbox:
    """What a desk stores: each key once. `refuse` makes the next tries fail, `gate` makes them wait."""

    stored: dict[str, Raw] = field(default_factory=dict)
    tries: int = 0
    refuse: int = 0
    gate: asyncio.Event | None = None

    async def accept(self, raw: Raw) -> None:
        self.tries += 1
        if self.refuse > 0:
            self.refuse -= 1
            raise OSError("disk full")
        if self.gate is not None:
            await self.gate.wait()
        self.stored.setdefault(raw.key, raw)

    async def until(self, true: Callable[[list[Raw]], Any], seconds: float = 10.0) -> Any:
        """Wait until `true` of what is stored; its value."""
        async with asyncio.timeout(seconds):
            while True:
                if value := true(list(self.stored.values())):
                    return value
                await asyncio.sleep(0.02)


@dataclass
class Rows:
    """The watermarks a desk would derive from its rows."""

    marks: Mapping[str, str] = field(default_factory=dict)
    threads: Sequence[tuple[str, str]] = ()
    start: str = ""

    async def newest(self) -> Mapping[str, str]:
        return self.marks

    async def began(self) -> str:
        return self.start

    async def active_threads(self) -> Sequence[tuple[str, str]]:
        return self.threads


@contextlib.asynccontextmanager
async def listening(channel: SlackChannel, inbox: Inbox, *, wait: bool = True) -> AsyncIterator[None]:
    """The door open; closed as the conductor closes it."""
    run = asyncio.create_task(channel.run(inbox.accept))
    try:
        if wait and channel.config.mode == "socket":
            await until(lambda: channel.health().connected == channel.config.pace.sockets)
        yield
    finally:
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run
        await channel.close()


@contextlib.asynccontextmanager
async def over_http(channel: SlackChannel) -> AsyncIterator[str]:
    """The channel's ASGI app behind a real server; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/slack/events", channel.asgi)])
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
    finally:
        server.should_exit = True
        await task
        listener.close()


async def until(true: Callable[[], Any], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if true():
                return
            await asyncio.sleep(0.02)


async def read_all(channel: SlackChannel, raws: Sequence[Raw]) -> list[Inbound]:
    return [await channel.read(raw) for raw in raws]


def reply(text: str = "Your order is on its way.", *, thread_ts: str, key: str = "msg_1", **changes: Any) -> Reply:
    to = {"channel": ACME, "thread_ts": thread_ts, "team": "T0NORTHWIND"}
    return replace(Reply(key, "tkt_1", to, text, datetime.now(UTC)), **changes)


async def deliver(channel: SlackChannel, wanted: Reply, tries: int = 6) -> str:
    """Send as the conductor does: note the try, look if there was one before, send, wait when asked to."""
    first_tried_at = None
    for _ in range(tries):
        attempt = replace(wanted, first_tried_at=first_tried_at)
        first_tried_at = first_tried_at or datetime.now(UTC)
        try:
            return await channel.find_sent(attempt) or await channel.send(attempt)
        except TemporaryChannelError as error:
            await asyncio.sleep(min(error.retry_after or 0.05, 2.0))
    raise AssertionError(f"not delivered in {tries} tries")


def keys(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """The markers of our own messages, in the order in which they were posted."""
    return [message["metadata"]["event_payload"]["k"] for message in messages if message.get("metadata")]
