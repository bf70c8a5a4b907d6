"""Everything one running sandbox Slack holds, built in one place."""

import time
from dataclasses import dataclass, field

from aiohttp import web

from bot.sandbox.faults import FaultPlan
from bot.sandbox.feed import Feed
from bot.sandbox.slack.delivery import Deliveries, Options, Transport
from bot.sandbox.slack.handles import Handles
from bot.sandbox.slack.openid_state import SignIns
from bot.sandbox.slack.push import Push
from bot.sandbox.slack.seed import build_world
from bot.sandbox.slack.sockets import SocketHub
from bot.sandbox.slack.world import Json


@dataclass(slots=True)
class Call:
    """One call of the Web API as it was counted; `applied` says that it changed the world."""

    n: int
    method: str
    http: str
    time: float = field(default_factory=time.time)
    args: Json = field(default_factory=dict)
    token: str = "none"
    ok: bool = False
    error: str = ""
    applied: bool = False
    fault: str = ""


class Town:
    """One sandbox Slack: its world, who is connected, what was sent and called."""

    def __init__(self, seed: Json, options: Options, scopes: list[str] | None = None) -> None:
        self.base = ""
        self.options = options
        self.faults = FaultPlan()
        self.feed = Feed()
        self.calls: list[Call] = []
        self.handles = Handles(options)
        self.sign_ins = SignIns()
        self.buckets: dict[str, list[float]] = {}
        self._seed, self._scopes = seed, scopes
        self._first_options = {name: getattr(options, name) for name in options.__dataclass_fields__}
        self.world = build_world(seed, scopes)
        self.hub = SocketHub(options, self.feed, self.world.app.id)
        self.push = Push(options, lambda: self.world.app.signing_secret)
        self.deliveries = Deliveries(options, self.feed, self._transport)

    def _transport(self) -> Transport:
        return self.push if self.options.push_url else self.hub

    def reset(self) -> None:
        """Begin again with the seed: no calls, faults, deliveries; options as at the start; sockets stay."""
        last_micros = self.world.last_micros
        self.world = build_world(self._seed, self._scopes)
        # A timestamp is never given twice, or a client that keeps its cursor would be fooled.
        self.world.last_micros = last_micros
        self.options.change(self._first_options)
        self.faults.clear()
        self.deliveries.forget()
        self.handles.forget()
        self.sign_ins.forget()
        self.hub.forget()
        self.calls.clear()
        self.buckets.clear()
        self.feed.add("reset")

    async def close(self) -> None:
        self.deliveries.forget()
        await self.hub.close()
        await self.push.close()


TOWN = web.AppKey("town", Town)
