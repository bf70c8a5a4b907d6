"""Every delivery of Slack becomes a Raw and is stored before Slack is answered, whichever way it came."""

import contextlib
import hashlib
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from channels.base import Accept, Json, Raw

LOG = logging.getLogger("channels.slack")

CHANNEL = "slack"
NAME = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
BOLTS_OWN = ("url_verification", "ssl_check")
Headers = Mapping[str, Sequence[str]]


class Intake(AsyncMiddleware):
    """Stands before bolt's authorisation, stores what arrives and ends the request there.

    Only here is Slack's yes tied to the commit: bolt acknowledges before a listener runs, and drops
    the event when its own auth.test fails. `accept` is None until the desk runs; until then, and when
    it raises, Slack gets no yes and delivers again. `recovered` is called at the first success after a
    failure, because Slack gives up after three attempts.
    """

    def __init__(self, recovered: Callable[[], None]) -> None:
        self.accept: Accept | None = None
        self.last_event_at: datetime | None = None
        self._recovered = recovered
        self._failing = False

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse | None:
        """Bolt's middleware call: Slack's own checks pass through, everything else is stored."""
        if req.body.get("type") in BOLTS_OWN:
            await next()
            return resp
        return await self.store(raw_of(req.body, envelope_of(req.mode, req.headers)))

    async def store(self, raw: Raw) -> BoltResponse:
        """200 once `raw` is committed, 503 when it is not."""
        self.last_event_at = datetime.now(UTC)
        if self.accept is None:
            return BoltResponse(status=503, body="not ready, send again")
        try:
            await self.accept(raw)
        except Exception as error:
            # The rim: whatever went wrong, the only answer is "not stored", and Slack sends it again.
            self._failing = True
            LOG.warning("a delivery was not stored and not acknowledged: %s", type(error).__name__, exc_info=error)
            return BoltResponse(status=503, body="not stored, send again")
        if self._failing:
            self._failing = False
            self._recovered()
        return BoltResponse(status=200)


class Door:
    """Bolt with our intake in it: takes one request of either mode and says what to answer."""

    def __init__(self, client: AsyncWebClient, intake: Intake):
        self._intake = intake
        with without_slack_variables():
            # Signatures are checked in http.py, where a wrong one is never logged with its body.
            self.app = AsyncApp(
                name="helpdesk",
                client=client,
                before_authorize=intake,
                request_verification_enabled=False,
                logger=LOG,
            )

    async def over_http(self, body: str, headers: Mapping[str, str]) -> BoltResponse:
        """The answer to a request whose signature is already proven."""
        try:
            request = AsyncBoltRequest(body=body, headers=dict(headers), mode="http")
        except Exception:
            # Bolt trips over shapes Slack does not document; they are kept for a person instead.
            return await self._intake.store(strange(body.encode(), envelope_of("http", {})))
        return await self.app.async_dispatch(request)

    async def over_socket(self, payload: object, headers: Mapping[str, str | Sequence[str]] | None) -> BoltResponse:
        """The answer to the payload of one Socket Mode envelope."""
        try:
            if not isinstance(payload, dict):
                raise TypeError("payload is no object")
            request = AsyncBoltRequest(body=payload, headers=dict(headers or {}), mode="socket_mode")
        except Exception:
            return await self._intake.store(strange(json.dumps(payload).encode(), envelope_of("socket_mode", {})))
        return await self.app.async_dispatch(request)


@contextlib.contextmanager
def without_slack_variables() -> Iterator[None]:
    """Hide SLACK_… variables while bolt is built: a stray SLACK_CLIENT_ID silently turns its OAuth mode on."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SLACK_")}
    try:
        yield
    finally:
        os.environ.update(hidden)


# ------------------------------------------------------------------ pure


def raw_of(payload: Json, envelope: Json) -> Raw:
    """`payload` as a Raw; the same delivery gives the same key however often it comes."""
    payload = without_our_past(payload)
    return Raw(CHANNEL, key_of(payload), lane_of(payload), to_bytes(payload), envelope)


def without_our_past(payload: Json) -> Json:
    """When we change a message of ours, Slack sends us what it said before, which may have been erased since."""
    event = payload.get("event")
    if not isinstance(event, Mapping) or event.get("subtype") != "message_changed" or not _is_map(event, "message"):
        return payload
    grants = payload.get("authorizations")
    us = [grant.get("user_id") for grant in grants if isinstance(grant, Mapping)] if isinstance(grants, list) else []
    if event["message"].get("user") not in us:
        return payload
    return {**payload, "event": {name: value for name, value in event.items() if name != "previous_message"}}


def strange(body: bytes, envelope: Json) -> Raw:
    """Bytes we cannot look into, kept as they are."""
    return Raw(CHANNEL, _digest(body), "slack:strange", body, envelope)


def to_bytes(payload: Json) -> bytes:
    # ASCII, because JSON may carry lone surrogates that UTF-8 cannot.
    return json.dumps(payload, separators=(",", ":")).encode("ascii")


def envelope_of(mode: str, headers: Headers) -> dict[str, str]:
    """How it came: the way, the moment, and Slack's retry headers where it came again."""
    again = {
        name: str(headers[header][0])
        for name, header in (("retry_num", "x-slack-retry-num"), ("retry_reason", "x-slack-retry-reason"))
        if headers.get(header)
    }
    return {"via": "http" if mode == "http" else "socket", "received_at": datetime.now(UTC).isoformat(), **again}


def key_of(payload: Json) -> str:
    """event_id for events, otherwise the digest of the whole: two presses differ in what they carry, a repeat does not.

    A trigger_id alone would do at Slack; who sends presses with equal ones must not have a press swallowed.
    """
    value = payload.get("event_id") if payload.get("type") == "event_callback" else None
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    return _digest(to_bytes(payload))


def lane_of(payload: Json) -> str:
    """ "slack:team:channel:root" of the thread a delivery is about, so that one thread is read in order."""
    event = payload.get("event")
    if isinstance(event, Mapping):
        team, place = _team(payload), _place_of_event(event)
    else:
        team, place = _team(payload), _place_of_interaction(payload)
    return ":".join(["slack", team, *place]).rstrip(":")


def _team(payload: Json) -> str:
    grants = payload.get("authorizations")
    ours = grants[0].get("team_id") if isinstance(grants, list) and grants and isinstance(grants[0], Mapping) else None
    team = payload.get("team")
    return _word(ours) or _word(payload.get("team_id")) or (_word(team.get("id")) if isinstance(team, Mapping) else "")


def _place_of_event(event: Json) -> tuple[str, str]:
    inner = next((event[name] for name in ("message", "previous_message", "item") if _is_map(event, name)), event)
    root = inner.get("thread_ts") or event.get("thread_ts") or inner.get("ts") or event.get("deleted_ts")
    return _word(event.get("channel")) or _word(inner.get("channel")), _word(root)


def _place_of_interaction(payload: Json) -> tuple[str, str]:
    container = payload["container"] if _is_map(payload, "container") else {}
    channel = payload["channel"].get("id") if _is_map(payload, "channel") else container.get("channel_id")
    message = payload["message"] if _is_map(payload, "message") else container
    user = payload["user"].get("id") if _is_map(payload, "user") else payload.get("user_id")
    root = message.get("thread_ts") or message.get("ts") or message.get("message_ts")
    return _word(channel) or _word(payload.get("channel_id")) or "form", _word(root) or _word(user)


def _is_map(source: Json, name: str) -> bool:
    return isinstance(source.get(name), Mapping)


def _word(value: Any) -> str:
    return value if isinstance(value, str) and NAME.fullmatch(value) else ""


def _digest(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()
