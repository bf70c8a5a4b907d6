"""Slack events taken in and on disk per second, beside the same signed requests that are only said yes to."""

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from bot.steps.accept import accepting
from channels.base import Accept, Raw
from channels.slack import SlackChannel, SlackConfig
from tests.bench.figures import Line, in_turn
from tests.bench.scale import Scale
from tests.bench.small_desk import open_small_desk

BENCH = "slack"
SECRET = "bench-secret"
AT_A_TIME = 20
_serial = itertools.count(time.time_ns())


async def measure(scale: Scale) -> list[Line]:
    """Signature, bolt and our intake in this process, without a socket."""
    events = scale.pick(60, 400)

    async def keep_nothing(_: Raw) -> None:
        return None

    async with open_small_desk(scale.new_file()) as desk, _door(accepting(desk)) as ours, _door(keep_nothing) as other:
        await in_turn(1, lambda: _per_second(ours, events), lambda: _per_second(other, events))
        taken = await in_turn(scale.pick(2, 7), lambda: _per_second(ours, events), lambda: _per_second(other, events))
    what = f"Slack events committed, {AT_A_TIME} at a time"
    return [Line(BENCH, what, "the same, keeping nothing", "events/s", *taken, "at least 300 events/s")]


@asynccontextmanager
async def _door(accept: Accept) -> AsyncIterator[Any]:
    """The ASGI app of a channel in http mode that hands to `accept`."""
    config = SlackConfig("xoxb-bench", signing_secret=SECRET, mode="http", api_url="http://127.0.0.1:9/api/")
    channel = SlackChannel(config)
    run = asyncio.create_task(channel.run(accept))
    await asyncio.sleep(0)
    try:
        yield channel.asgi
    finally:
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run
        await channel.close()


async def _per_second(app: Any, events: int) -> float:
    numbers = iter(range(events))
    started = time.perf_counter()
    await asyncio.gather(*(_post_all(app, numbers) for _ in range(AT_A_TIME)))
    return events / (time.perf_counter() - started)


async def _post_all(app: Any, numbers: Iterator[int]) -> None:
    for _ in numbers:
        status = await _post(app, _event(next(_serial)))
        assert status == 200, f"answered with {status}"


async def _post(app: Any, body: bytes) -> int:
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": "/slack/events", "headers": _headers(body)}
    await app(scope, receive, send)
    return int(answers[0]["status"])


def _headers(body: bytes) -> list[tuple[bytes, bytes]]:
    stamp = str(int(time.time())).encode()
    mac = hmac.new(SECRET.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
    return [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-slack-request-timestamp", stamp),
        (b"x-slack-signature", b"v0=" + mac.encode()),
    ]


def _event(number: int) -> bytes:
    """A message of a customer in a Slack Connect channel; no two are the same."""
    ts = f"{number // 10**6}.{number % 10**6:06}"
    event = {
        "type": "message",
        "channel": "C0ACME",
        "channel_type": "channel",
        "user": "U0ALICE",
        "team": "T0ACME",
        "text": "Where is my order ORD-1002? I have been waiting for some days now.",
        "ts": ts,
        "event_ts": ts,
    }
    envelope = {
        "type": "event_callback",
        "event_id": f"Ev{number}",
        "event_time": number // 10**9,
        "team_id": "T0NORTHWIND",
        "api_app_id": "A0HELP",
        "is_ext_shared_channel": True,
        "authorizations": [{"team_id": "T0NORTHWIND", "user_id": "U0BOT", "is_bot": True}],
        "event": event,
    }
    return json.dumps(envelope).encode()
