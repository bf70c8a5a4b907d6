"""Brings payloads to the app: tried again when not acknowledged, given up after the tries, all of it counted."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from bot.sandbox.feed import Feed
from bot.sandbox.slack.world import Json

RETRIES = 3


class Kind(StrEnum):
    """What is delivered; only events are tried again, as in Slack."""

    EVENT = "events_api"
    INTERACTIVE = "interactive"
    COMMAND = "slash_commands"


class State(StrEnum):
    WAITING = "waiting"
    ACKED = "acked"
    DROPPED = "dropped"


@dataclass(slots=True)
class Options:
    """What a test or an operator of the sandbox may turn; seconds are seconds."""

    ack_seconds: float = 3.0
    # How long an event waits for a socket to be there, in all its tries together.
    offline_seconds: float = 60.0
    retry_seconds: list[float] = field(default_factory=lambda: [0.0, 1.0, 3.0])
    trigger_seconds: float = 3.0
    dedupe_client_msg_id: bool = False
    limit_posts: bool = False
    push_url: str = ""

    def change(self, wish: Json) -> None:
        """Set the options named in `wish`; ValueError for a name that does not exist."""
        for name, value in wish.items():
            if name not in self.__dataclass_fields__:
                raise ValueError(f"no option {name}")
            setattr(self, name, value)


@dataclass(slots=True)
class Attempt:
    """How one try ended. `final` means that no other will follow."""

    acked: bool
    reason: str = ""
    reply: Any = None
    final: bool = False


@dataclass(slots=True)
class Delivery:
    """One payload on its way to the app."""

    n: int
    kind: Kind
    payload: Json
    state: State = State.WAITING
    attempts: int = 0
    reason: str = ""
    reply: Any = None
    sent: float = field(default_factory=time.time)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self) -> Json:
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "done"}


class Transport(Protocol):
    """Socket Mode or HTTP push."""

    async def attempt(self, delivery: Delivery) -> Attempt: ...


class Deliveries:
    """Everything sent to the app since the last reset."""

    def __init__(self, options: Options, feed: Feed, transport: Callable[[], Transport]) -> None:
        self.all: list[Delivery] = []
        self._options = options
        self._feed = feed
        self._transport = transport
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, kind: Kind, payload: Json) -> Delivery:
        """Start bringing `payload` to the app; wait on `done` to know how it ended."""
        delivery = Delivery(len(self.all) + 1, kind, payload)
        self.all.append(delivery)
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    def forget(self) -> None:
        """Stop every delivery on its way and forget the finished ones."""
        for task in self._tasks:
            task.cancel()
        for delivery in self.all:
            if delivery.state is State.WAITING:
                delivery.state, delivery.reason = State.DROPPED, "reset"
                delivery.done.set()
        self.all.clear()

    async def _deliver(self, delivery: Delivery) -> None:
        pauses = [0.0, *self._options.retry_seconds[:RETRIES]] if delivery.kind is Kind.EVENT else [0.0]
        for pause in pauses:
            await asyncio.sleep(pause)
            outcome = await self._transport().attempt(delivery)
            delivery.attempts += 1
            delivery.reason, delivery.reply = outcome.reason, outcome.reply
            if outcome.acked or outcome.final:
                break
        delivery.state = State.ACKED if outcome.acked else State.DROPPED
        delivery.done.set()
        self._feed.add("delivery", delivery=delivery.n, state=delivery.state)
