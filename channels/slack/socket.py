"""Socket Mode under our own supervision: several sockets, watched, rebuilt, and drained when we stop."""

import asyncio
import contextlib
import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.websockets import SocketModeClient

from channels.slack.config import SocketPace
from channels.slack.intake import Door

LOG = logging.getLogger("channels.slack")

CONNECT_SECONDS = 30.0
CLOSE_SECONDS = 2.0
NORMAL_CLOSURE = 1000  # RFC 6455, 7.4.1


@dataclass(slots=True)
class SocketFacts:
    """The health of one socket: for `doctor`, `status` and alarms."""

    connected_since: datetime | None = None
    reconnects: int = 0
    failed_attempts: int = 0


class Socket(AsyncSocketModeHandler):
    """One connection. Bolt's own handler forgets its tasks; we keep them, to be able to finish them."""

    def __init__(self, door: Door, app_token: str, ping: float):
        super().__init__(door.app, app_token, logger=LOG, ping_interval=ping)
        self._door = door
        self._busy: set[asyncio.Task[Any]] = set()
        self.client.message_listeners.append(self._take_strange)

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Store, then acknowledge; no acknowledgement when it was not stored."""
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            answer = await self._door.over_socket(req.payload, build_headers(req))
            await send_async_response(client, req, answer, time.time())
        finally:
            self._busy.discard(task)

    async def _take_strange(self, _: object, message: dict[str, Any], __: str | None = None) -> None:
        """Envelopes whose payload the SDK refuses to read are stored for a person and acknowledged."""
        envelope_id = message.get("envelope_id")
        if isinstance(envelope_id, str) and not isinstance(message.get("payload"), dict | str):
            answer = await self._door.over_socket(message.get("payload"), None)
            if answer.status == 200:
                await self.client.send_message(json.dumps({"envelope_id": envelope_id}))

    async def finish(self, drain: float) -> None:
        """Stop listening, let what already arrived be stored and acknowledged for `drain` seconds, close."""
        client = self.client
        if client.message_receiver is not None:
            client.message_receiver.cancel()
        end = time.monotonic() + drain
        while True:
            # The SDK hands a message from its queue to a task of ours without telling anybody, so we look.
            await asyncio.sleep(0.02)
            if time.monotonic() > end or (client.message_queue.empty() and not self._busy):
                break
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(client.close(), CLOSE_SECONDS)  # type: ignore[no-untyped-call]
        tasks = [client.message_processor, client.current_session_monitor, client.message_receiver, *self._busy]
        living = [task for task in tasks if task is not None]
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)


class Sockets:
    """Keeps `pace.sockets` connections alive until cancelled; calls `gap` after every time one was away."""

    def __init__(self, door: Door, app_token: str, pace: SocketPace, gap: Callable[[], None]):
        self._door, self._app_token, self._pace, self._gap = door, app_token, pace, gap
        self.facts = [SocketFacts() for _ in range(max(1, pace.sockets))]

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for facts in self.facts:
                group.create_task(self._keep(facts))

    async def _keep(self, facts: SocketFacts) -> None:
        pause = self._pace.first_pause
        while True:
            # A new handler each time: its one-time address and whatever state it is stuck in are thrown away.
            socket = Socket(self._door, self._app_token, self._pace.ping)
            try:
                if await self._connect(socket, facts):
                    pause = self._pace.first_pause
                    await self._watch(socket, facts)
            finally:
                facts.connected_since = None
                await socket.finish(self._pace.drain)
            await asyncio.sleep(random.uniform(0.5, 1.0) * pause)
            pause = min(pause * 2, self._pace.longest_pause)

    async def _connect(self, socket: Socket, facts: SocketFacts) -> bool:
        try:
            await asyncio.wait_for(socket.connect_async(), CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        except Exception as error:
            # The rim: whatever kept us from connecting, we try again.
            facts.failed_attempts += 1
            LOG.warning("Socket Mode: no connection (%s: %s); trying again", type(error).__name__, error)
            return False
        self._connected(facts)
        return True

    async def _watch(self, socket: Socket, facts: SocketFacts) -> None:
        """Returns when the socket has been away for too long; the SDK reconnects by itself until then."""
        session, away_since = socket.client.current_session, None
        while True:
            await asyncio.sleep(self._pace.check)
            if not await socket.client.is_connected():
                facts.connected_since = None
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > self._pace.rebuild_after:
                    LOG.warning("Socket Mode: away for %.0f s; building a new connection", self._pace.rebuild_after)
                    return
            elif away_since is not None or socket.client.current_session is not session:
                refreshed = away_since is None and session is not None and session.close_code == NORMAL_CLOSURE
                session, away_since = socket.client.current_session, None
                facts.reconnects += 1
                self._connected(facts, gap=not refreshed)

    def _connected(self, facts: SocketFacts, *, gap: bool = True) -> None:
        """Slack asks each socket to be replaced every few hours; we leave the old one after the new one is up,
        so only other endings leave a gap."""
        facts.connected_since = datetime.now(UTC)
        if gap:
            self._gap()
