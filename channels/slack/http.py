"""The guard in front of bolt for signed HTTP events: small, signed and fresh, or refused with a short word."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

LOG = logging.getLogger("channels.slack")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Dispatch = Callable[[str, Mapping[str, str]], Awaitable[BoltResponse]]

PATH = "/slack/events"
LARGEST_BODY = 1024 * 1024
BODY_SECONDS = 10.0
FRESH_SECONDS = 300
TIMESTAMP = re.compile(rb"\d{1,12}")
SIGNATURE = re.compile(rb"v0=[0-9a-f]{64}")


class _Refused(Exception):
    def __init__(self, status: int, why: str):
        super().__init__(why)
        self.status = status


class SlackHttp:
    """An ASGI app for POST /slack/events.

    200 only after the commit; 503 when nothing was stored, so that Slack delivers again; 401 without a
    fresh, correct signature (https://docs.slack.dev/authentication/verifying-requests-from-slack);
    400, 404, 405, 408 and 413 for what is no delivery of Slack. Bodies are never logged.
    """

    def __init__(self, dispatch: Dispatch, signing_secret: str, *, clock: Callable[[], float] = time.time):
        self._dispatch = dispatch
        self._verifier = SignatureVerifier(signing_secret)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            _check_address(scope)
            timestamp, signature = self._check_headers(scope)
            body = await _read(receive, scope)
        except _Refused as refused:
            await _say(send, refused.status, str(refused))
            return
        if body is None:
            return
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            await _say(send, 400, "the body is not UTF-8")
            return
        if not self._verifier.is_valid(text, timestamp, signature):
            LOG.warning("a request with a wrong signature was refused")
            await _say(send, 401, "wrong signature")
            return
        await self._pass_on(text, _headers(scope["headers"]), send)

    async def _pass_on(self, text: str, headers: Mapping[str, str], send: Send) -> None:
        response = await self._dispatch(text, headers)
        if response.status >= 500:
            await _say(send, 503, "not stored, send again")
            return
        await _say(send, response.status, response.body, _content_type(response))

    def _check_headers(self, scope: Scope) -> tuple[str, str]:
        timestamp = _one(scope["headers"], b"x-slack-request-timestamp", TIMESTAMP)
        signature = _one(scope["headers"], b"x-slack-signature", SIGNATURE)
        if not timestamp or not signature:
            raise _Refused(401, "not signed")
        skew = self._clock() - int(timestamp)
        if abs(skew) > FRESH_SECONDS:
            LOG.warning("a request signed %.0f seconds away from our clock was refused: is the clock right?", skew)
            raise _Refused(401, "signed too long ago, or the clocks differ")
        return timestamp, signature


def _check_address(scope: Scope) -> None:
    if not str(scope["path"]).rstrip("/").endswith(PATH):
        raise _Refused(404, "not here")
    if scope["method"] != "POST":
        raise _Refused(405, "only POST")


def _one(headers: Iterable[tuple[bytes, bytes]], name: bytes, shape: re.Pattern[bytes]) -> str:
    """The value of a header that occurs once and has the right shape, otherwise ""."""
    values = [value.strip() for key, value in headers if key.lower() == name]
    return values[0].decode("ascii") if len(values) == 1 and shape.fullmatch(values[0]) else ""


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in headers}


async def _read(receive: Receive, scope: Scope) -> bytes | None:
    """The body, or None when the sender went away. Raises _Refused when it is too large or too slow."""
    announced = next((value for key, value in scope["headers"] if key.lower() == b"content-length"), b"0")
    if not announced.isdigit() or int(announced[:20]) > LARGEST_BODY:
        raise _Refused(
            413 if announced.isdigit() else 400, "larger than 1 MiB" if announced.isdigit() else "bad length"
        )
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message.get("body", b"")
                if len(body) > LARGEST_BODY:
                    raise _Refused(413, "larger than 1 MiB")
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError as error:
        raise _Refused(408, "too slow") from error


def _content_type(response: BoltResponse) -> str:
    return str((response.headers.get("content-type") or ["text/plain;charset=utf-8"])[0])


async def _say(send: Send, status: int, text: str, content_type: str = "text/plain;charset=utf-8") -> None:
    body = text.encode()
    headers = [(b"content-type", content_type.encode("latin-1")), (b"content-length", str(len(body)).encode())]
    if status == 405:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    for word in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{word}.complete"})
