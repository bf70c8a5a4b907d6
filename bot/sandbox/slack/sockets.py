"""Socket Mode: single-use addresses, up to ten sockets, each envelope to any one of them, answered in time or not."""

import asyncio
import contextlib
import itertools
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.sandbox.feed import Feed
from bot.sandbox.slack.delivery import Attempt, Delivery, Kind, Options
from bot.sandbox.slack.world import Json

MAX_SOCKETS = 10
TICKET_SECONDS = 30.0
# Slack closes the old socket some time after it has announced it.
REFRESH_SECONDS = 10.0
HOST = "applink-sandbox"


@dataclass(slots=True, eq=False)
class Socket:
    """One connection of the app; `leaving` once it has been told to go."""

    number: int
    connection: web.WebSocketResponse
    transport: asyncio.Transport | None
    leaving: bool = False
    envelopes: int = 0
    awaited: dict[str, "asyncio.Future[Attempt]"] = field(default_factory=dict)


class SocketHub:
    """All connections of the app, and the envelopes they have not yet acknowledged."""

    def __init__(self, options: Options, feed: Feed, app_id: str) -> None:
        self.sockets: list[Socket] = []
        self.refuse = 0
        self.stray_acks = 0
        self._options = options
        self._feed = feed
        self._app_id = app_id
        self._tickets: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._turn = 0
        self._closing: list[asyncio.Task[None]] = []
        self._joined = asyncio.Event()

    def ticket(self) -> str:
        """A word that opens one connection, once, soon."""
        word = secrets.token_hex(16)
        self._tickets[word] = time.monotonic() + TICKET_SECONDS
        return word

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET /link/?ticket=…: refused without a fresh ticket, when told to refuse, and above ten sockets."""
        good_until = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if self.refuse > 0:
            self.refuse -= 1
            return web.Response(status=408, text="refused by the sandbox")
        if time.monotonic() > good_until:
            return web.Response(status=404, text="no such ticket")
        if len(self.sockets) >= MAX_SOCKETS:
            return web.Response(status=429, text="too many websockets")
        connection = web.WebSocketResponse(heartbeat=20)
        await connection.prepare(request)
        await self._live(Socket(next(self._numbers), connection, request.transport))
        return connection

    async def _live(self, socket: Socket) -> None:
        await socket.connection.send_json(self._hello())
        self.sockets.append(socket)
        self._feed.add("socket", socket=socket.number, state="open")
        try:
            self._joined.set()
            self._joined = asyncio.Event()
            async for frame in socket.connection:
                if frame.type is WSMsgType.TEXT:
                    self._heard(socket, frame.data)
        finally:
            self.sockets.remove(socket)
            for waiting in socket.awaited.values():
                if not waiting.done():
                    waiting.set_result(Attempt(acked=False, reason="socket_closed"))
            self._feed.add("socket", socket=socket.number, state="closed")

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.sockets) + 1,
            "connection_info": {"app_id": self._app_id},
            "debug_info": {"host": HOST, "build_number": 1, "approximate_connection_time": 18060},
        }

    def _heard(self, socket: Socket, data: str) -> None:
        """An acknowledgement counts only on the connection its envelope went out on, and only in time."""
        try:
            answer = json.loads(data)
        except ValueError:
            answer = {}
        waiting = socket.awaited.pop(answer.get("envelope_id", ""), None) if isinstance(answer, dict) else None
        if waiting is None or waiting.done():
            self.stray_acks += 1
            return
        waiting.set_result(Attempt(acked=True, reply=answer.get("payload")))

    async def attempt(self, delivery: Delivery) -> Attempt:
        """Send one envelope to one live socket and wait for its acknowledgement."""
        socket = await self._pick(delivery)
        if socket is None:
            return Attempt(acked=False, reason="no_socket", final=True)
        envelope_id = str(uuid.uuid4())
        answer: asyncio.Future[Attempt] = asyncio.get_running_loop().create_future()
        socket.awaited[envelope_id] = answer
        socket.envelopes += 1
        try:
            await socket.connection.send_json(_envelope(envelope_id, delivery))
            return await asyncio.wait_for(answer, self._options.ack_seconds)
        except TimeoutError:
            return Attempt(acked=False, reason="timeout")
        except ConnectionError:
            return Attempt(acked=False, reason="socket_closed")
        finally:
            socket.awaited.pop(envelope_id, None)

    async def _pick(self, delivery: Delivery) -> Socket | None:
        """The next live socket in turn; an event waits for one, a click does not wait long."""
        patience = self._options.offline_seconds if delivery.kind is Kind.EVENT else self._options.ack_seconds
        until = time.monotonic() + patience
        while True:
            open_ones = [socket for socket in self.sockets if not socket.connection.closed]
            staying = [socket for socket in open_ones if not socket.leaving] or open_ones
            if staying:
                self._turn += 1
                return staying[self._turn % len(staying)]
            left = until - time.monotonic()
            if left <= 0:
                return None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._joined.wait(), left)

    def told(self) -> Json:
        return {
            "sockets": [
                {"number": each.number, "envelopes": each.envelopes, "leaving": each.leaving} for each in self.sockets
            ],
            "refuse": self.refuse,
            "stray_acks": self.stray_acks,
        }

    def forget(self) -> None:
        """No more handshakes to refuse, nothing counted; the connections stay."""
        self.refuse = self.stray_acks = 0

    async def drop(self) -> int:
        """Cut every connection without a word; the number cut."""
        doomed = [socket for socket in self.sockets if socket.transport is not None]
        for socket in doomed:
            assert socket.transport is not None
            socket.transport.abort()
        return len(doomed)

    async def disconnect(self, reason: str, close_after: float = REFRESH_SECONDS) -> int:
        """Announce the end to every connection, and close it `close_after` seconds later; the number told."""
        told = [socket for socket in self.sockets if not socket.leaving]
        for socket in told:
            socket.leaving = reason != "warning"
            await socket.connection.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}})
            if socket.leaving:
                self._closing.append(asyncio.create_task(_close_later(socket, close_after)))
        return len(told)

    async def close(self) -> None:
        for task in self._closing:
            task.cancel()
        for socket in list(self.sockets):
            await socket.connection.close()


def _envelope(envelope_id: str, delivery: Delivery) -> Json:
    envelope: Json = {
        "type": delivery.kind.value,
        "envelope_id": envelope_id,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.kind is not Kind.EVENT,
    }
    if delivery.kind is Kind.EVENT:
        envelope |= {"retry_attempt": delivery.attempts, "retry_reason": delivery.reason}
    return envelope


async def _close_later(socket: Socket, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await socket.connection.close()
