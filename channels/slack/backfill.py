"""After every gap, reads from history what Slack may have given up delivering, and hands it to the same intake."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.base import Accept, PermanentChannelError, TemporaryChannelError
from channels.slack.api import PAGE, SlackApi
from channels.slack.intake import raw_of
from channels.slack.people import Me

Fetch = Callable[[str | None], Awaitable[AsyncSlackResponse]]

LOG = logging.getLogger("channels.slack")

# Slack tries three times within about six minutes; what is older than the newest message we hold by more
# than that has either arrived or been given up.
OVERLAP_SECONDS = 600.0
AGAIN_SECONDS = 30.0
LONGEST_PAUSE = 120.0
MOST_PAUSES = 5
KINDS = "public_channel,private_channel,im"


class Watermarks(Protocol):
    """What the desk already holds: read from its rows whenever a gap is to be filled."""

    async def newest(self) -> Mapping[str, str]:
        """The newest stored message ts of every Slack channel, by channel id."""

    async def began(self) -> str:
        """When this desk first listened, as a ts; "" where nothing is kept."""

    async def active_threads(self) -> Sequence[tuple[str, str]]:
        """(channel id, root ts) of the threads in which somebody may still be writing."""


@dataclass(frozen=True, slots=True)
class Place:
    """One channel to read, from `oldest` on, and the roots of the threads in it that may have gone on.

    `shared` None: Slack did not say.
    """

    channel: str
    oldest: str
    threads: frozenset[str] = frozenset()
    shared: bool | None = None
    direct: bool = False


@dataclass(slots=True)
class BackfillFacts:
    """When gaps were last filled and how many messages were handed over."""

    last_at: datetime | None = None
    last_found: int = 0
    runs: int = 0


class Backfill:
    """Fills gaps one after the other; many gaps at once are one.

    The first fill is at start. Messages that did arrive are handed over again on purpose: the desk
    knows each (team, channel, ts) and keeps it once. A channel we hold nothing of is read from the
    newest moment we hold anything at all: since then we may have been away. Before there is any, that
    is the moment this desk first listened: a crash may have come before its first message was kept.
    """

    def __init__(self, api: SlackApi, watermarks: Watermarks):
        self._api, self._watermarks = api, watermarks
        self._wanted = asyncio.Event()
        self.facts = BackfillFacts()

    async def begin(self) -> None:
        """Know from when on nothing may be missed, before anything can be."""
        await self._watermarks.began()

    def gap(self) -> None:
        """Something may have been missed just now."""
        self._wanted.set()

    async def run(self, accept: Accept) -> None:
        """Fill every gap until cancelled; a fill that fails is begun again."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self.fill(accept)
            except Exception as error:
                # The rim: nothing read so far is lost, and everything is read again.
                LOG.warning("backfill stopped (%s: %s); again in %.0f s", type(error).__name__, error, AGAIN_SECONDS)
                self._wanted.set()
                await asyncio.sleep(AGAIN_SECONDS)

    async def fill(self, accept: Accept) -> int:
        """Hand every message since the watermarks to `accept`, oldest first; returns how many."""
        me = await self._api.me()
        places = [place async for place in self._places()]
        found = 0
        for place in places:
            for message in await self._missed(place):
                await accept(raw_of(event_of(message, place, me), {"via": "backfill", "received_at": _now()}))
                found += 1
        self.facts = BackfillFacts(datetime.now(UTC), found, self.facts.runs + 1)
        return found

    async def _places(self) -> AsyncIterator[Place]:
        """The channels the bot is in, each with the moment to read from; where nothing is kept, none."""
        newest = await self._watermarks.newest()
        began = await self._watermarks.began()
        if not (newest or began):
            return
        unseen = _earlier(max(newest.values(), key=float)) if newest else began  # not what was said before we came
        active = await self._watermarks.active_threads()
        async for channel in self._channels(newest):
            where = str(channel.get("id") or "")
            if where:
                yield Place(
                    where,
                    _earlier(newest[where]) if where in newest else unseen,
                    threads=frozenset(root for home, root in active if home == where),
                    shared=channel.get("is_ext_shared"),
                    direct=bool(channel.get("is_im")),
                )

    async def _channels(self, newest: Mapping[str, str]) -> AsyncIterator[Mapping[str, Any]]:
        """The channels the bot is in; where Slack does not list them, those we hold messages of."""
        try:
            async for channel in self._list(_Call.channels(self._api), "channels"):
                yield channel
        except PermanentChannelError as error:
            LOG.warning("backfill: Slack does not list our channels (%s); reading the known ones", error)
            for where in newest:
                yield {"id": where}

    async def _missed(self, place: Place) -> list[dict[str, Any]]:
        """Messages of the channel and of its threads since `place.oldest`, oldest first, each once."""
        try:
            return await self._read(place)
        except PermanentChannelError as error:
            LOG.warning("backfill: %s cannot be read: %s", place.channel, error)
            return []

    async def _read(self, place: Place) -> list[dict[str, Any]]:
        found = {message["ts"]: message async for message in self._list(_Call.history(self._api, place), "messages")}
        roots = {ts for ts, message in found.items() if message.get("reply_count")}
        for root in sorted(roots | place.threads, key=float):
            async for message in self._list(_Call.replies(self._api, place, root), "messages"):
                # The root comes with every page of replies, however old it is.
                if float(message["ts"]) >= float(place.oldest):
                    found.setdefault(message["ts"], message)
        return [found[ts] for ts in sorted(found, key=float)]

    async def _list(self, fetch: Fetch, name: str) -> AsyncIterator[Any]:
        """All entries; waits when Slack asks us to slow down."""
        for attempt in range(MOST_PAUSES + 1):
            try:
                entries = [entry async for entry in self._api.pages(fetch, name)]
                break
            except TemporaryChannelError as error:
                if error.retry_after is None or attempt == MOST_PAUSES:
                    raise
                await asyncio.sleep(min(error.retry_after, LONGEST_PAUSE))
        for entry in entries:
            yield entry


class _Call:
    """The three reading calls, as functions of a cursor."""

    @staticmethod
    def channels(api: SlackApi) -> Fetch:
        return lambda cursor: api.client.users_conversations(
            types=KINDS, exclude_archived=True, limit=PAGE, cursor=cursor
        )

    @staticmethod
    def history(api: SlackApi, place: Place) -> Fetch:
        return lambda cursor: api.client.conversations_history(
            channel=place.channel, oldest=place.oldest, limit=PAGE, cursor=cursor, include_all_metadata=True
        )

    @staticmethod
    def replies(api: SlackApi, place: Place, root: str) -> Fetch:
        return lambda cursor: api.client.conversations_replies(
            channel=place.channel, ts=root, oldest=place.oldest, limit=PAGE, cursor=cursor, include_all_metadata=True
        )


def event_of(message: Mapping[str, Any], place: Place, me: Me) -> dict[str, Any]:
    """A message of history in the shape in which Slack would have delivered it.

    Its key "backfill:channel:ts" is the same at every fill until somebody edits the message: that is news again.
    """
    edited = message.get("edited")
    version = f":{edited['ts']}" if isinstance(edited, Mapping) and edited.get("ts") else ""
    kind = {"channel_type": "im"} if place.direct else {}
    return {
        "type": "event_callback",
        "event_id": f"backfill:{place.channel}:{message['ts']}{version}",
        "event_time": int(float(message["ts"])),
        "team_id": me.team_id,
        "authorizations": [{"team_id": me.team_id, "enterprise_id": me.enterprise_id, "user_id": me.user_id}],
        **({} if place.shared is None else {"is_ext_shared_channel": bool(place.shared)}),
        "backfill": True,
        "event": {**message, "type": "message", "channel": place.channel, **kind},
    }


def _earlier(ts: str) -> str:
    return f"{max(0.0, float(ts) - OVERLAP_SECONDS):.6f}"


def _now() -> str:
    return datetime.now(UTC).isoformat()
