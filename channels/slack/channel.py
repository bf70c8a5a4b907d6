"""SlackChannel: the Slack door as the conductor holds it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_bolt.response import BoltResponse

from channels.base import Accept, Inbound, Json, Nothing, PermanentChannelError, Raw, Reply, TemporaryChannelError
from channels.slack.api import SlackApi
from channels.slack.backfill import Backfill, BackfillFacts, Watermarks
from channels.slack.config import SlackConfig
from channels.slack.files import fetch_file
from channels.slack.http import SlackHttp
from channels.slack.intake import CHANNEL, Door, Intake
from channels.slack.parse import Scene, load, parse, people_in
from channels.slack.people import Me, Person, team_of
from channels.slack.progress import Progress
from channels.slack.reactions import called_by_emoji, message_under
from channels.slack.send import find_reply, send_reply
from channels.slack.socket import SocketFacts, Sockets

CLICK_AGE_SECONDS = 60.0
PROFILE_AGE_SECONDS = 300.0


class NothingStored:
    """Watermarks of a desk without rows: nothing is read from history."""

    async def newest(self) -> Mapping[str, str]:
        return {}

    async def began(self) -> str:
        return ""

    async def active_threads(self) -> Sequence[tuple[str, str]]:
        return ()


@dataclass(frozen=True, slots=True)
class SlackHealth:
    """What `doctor`, `status` and alarms want to know."""

    mode: str
    connected: int
    sockets: tuple[SocketFacts, ...]
    last_event_at: datetime | None
    backfill: BackfillFacts


class SlackChannel:
    """The Channel port for Slack.

    In mode "socket" `run` keeps the sockets; in mode "http" route POST /slack/events to `asgi`, which
    answers 503 until `run` has been started. Both store before they acknowledge. `api` may be shared
    with SlackStaffRoom; `close` ends its connections.
    """

    name = CHANNEL
    knows_sent = True

    def __init__(self, config: SlackConfig, watermarks: Watermarks | None = None, api: SlackApi | None = None):
        self.config = config
        self.api = api or SlackApi(config)
        self._backfill = Backfill(self.api, watermarks or NothingStored())
        self._progress = Progress(self.api)
        self._intake = Intake(recovered=self._backfill.gap)
        self._sockets: Sockets | None = None
        self._door: Door | None = None
        # None without a signing secret: events over HTTP could not be proven.
        self.asgi = SlackHttp(self._over_http, config.signing_secret) if config.signing_secret else None

    # -------------------------------------------------------------- in

    async def run(self, accept: Accept) -> None:
        """Listen until cancelled. What already arrived is stored and acknowledged before this returns."""
        self._intake.accept = accept
        try:
            await self._backfill.begin()
            self._backfill.gap()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._backfill.run(accept))
                if self.config.mode == "socket":
                    self._sockets = Sockets(self.door, self.config.app_token, self.config.pace, self._backfill.gap)
                    group.create_task(self._sockets.run())
        finally:
            self._intake.accept = None

    @property
    def door(self) -> Door:
        """Bolt with our intake, built when first needed because its client belongs to the running loop."""
        self._door = self._door or Door(self.api.client, self._intake)
        return self._door

    async def _over_http(self, body: str, headers: Mapping[str, str]) -> BoltResponse:
        return await self.door.over_http(body, headers)

    async def catch_up(self, accept: Accept) -> int:
        """Read from history what may have been missed, now; returns how many messages were handed over."""
        return await self._backfill.fill(accept)

    async def read(self, raw: Raw) -> Inbound:
        """Understand a stored delivery, asking Slack who its people are.

        Raises Unreadable for what cannot be understood and TemporaryChannelError when Slack does not
        answer, or may not be asked until somebody mends the token: the delivery waits, it is not lost.
        """
        payload = await self._called_for(load(raw.body))
        if payload is None:
            return Nothing("a reaction on a message that is gone")
        actors, named = people_in(payload)
        try:
            me = await self.api.me()
            people = await self._actors(payload, actors - {me.user_id}, me)
        except PermanentChannelError as error:
            raise TemporaryChannelError(f"cannot look up who this is: {error}") from error
        people |= await self._named(named, me)
        return parse(payload, Scene(me, self.config, people, _received(raw)))

    async def _actors(self, payload: dict[str, Any], actors: frozenset[str], me: Me) -> dict[str, Person]:
        """Profiles of who acted. Slack may refuse those of another company; the event itself then says enough."""
        age = PROFILE_AGE_SECONDS if payload.get("type") == "event_callback" else CLICK_AGE_SECONDS
        try:
            return await self.api.people(actors, max_age=age)
        except PermanentChannelError:
            event = payload.get("event")
            team = team_of(event, None) if isinstance(event, Mapping) else ""
            if not team.startswith("T") or team == me.team_id:
                raise
            return {}

    async def _called_for(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        """What was handed in, or the message that a reaction asks a ticket of; None when that is gone."""
        if _event_type(payload) != "reaction_added":
            return payload
        try:
            me = await self.api.me()
            called = called_by_emoji(payload, self.config, me)
            return await message_under(self.api, *called, payload, me) if called else payload
        except PermanentChannelError:
            return None

    async def _named(self, user_ids: frozenset[str], me: Me) -> dict[str, Person]:
        """Names for mentions: good to have, never worth waiting for."""
        try:
            return await self.api.people(user_ids - {me.user_id})
        except (TemporaryChannelError, PermanentChannelError):
            return {}

    # -------------------------------------------------------------- out

    async def find_sent(self, reply: Reply) -> str | None:
        """See send.find_reply: `reply.first_tried_at` is the first earlier attempt, None when there was none."""
        return await find_reply(self.api, reply, self.config.doubt_seconds)

    async def send(self, reply: Reply) -> str:
        """See send.send_reply."""
        return await send_reply(self.api, reply, self.config.doubt_seconds)

    async def show_progress(self, external_id: str, to: Json, doing: str) -> None:
        """See progress.Progress.show."""
        await self._progress.show(external_id, to, doing)

    async def fetch(self, source: Json, most_bytes: int) -> tuple[bytes, str]:
        """See files.fetch_file."""
        config = self.config
        return await fetch_file(
            self.api, config.api_url, config.bot_token, source, min(most_bytes, config.most_file_bytes)
        )

    # -------------------------------------------------------------- care

    def health(self) -> SlackHealth:
        sockets = tuple(self._sockets.facts) if self._sockets else ()
        return SlackHealth(
            mode=self.config.mode,
            connected=sum(facts.connected_since is not None for facts in sockets),
            sockets=sockets,
            last_event_at=self._intake.last_event_at,
            backfill=self._backfill.facts,
        )

    async def close(self) -> None:
        """End the connections to Slack; call after `run` has ended."""
        await self.api.close()


def _received(raw: Raw) -> datetime:
    try:
        at = datetime.fromisoformat(str(raw.envelope.get("received_at")))
    except ValueError:
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _event_type(payload: Json) -> str:
    event = payload.get("event")
    return str(event.get("type")) if isinstance(event, Mapping) else ""
