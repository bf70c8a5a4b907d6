"""HTTP mode: signed posts to the app's own address, with Slack's retry headers."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.delivery import Attempt, Delivery, Kind, Options
from bot.sandbox.slack.world import Json

MAX_REDIRECTS = 2


class Push:
    """Posts to `options.push_url`; nothing is sent to an address that has not answered the challenge."""

    def __init__(self, options: Options, signing_secret: Callable[[], str]) -> None:
        self._options = options
        self._signing_secret = signing_secret
        self._verified = ""
        self._session: aiohttp.ClientSession | None = None

    async def attempt(self, delivery: Delivery) -> Attempt:
        """Post once. Acknowledged means a 2xx in time; `X-Slack-No-Retry: 1` ends the tries."""
        if not await self.verify():
            return Attempt(acked=False, reason="url_not_verified")
        body, content_type = _encode(delivery)
        headers = {"Content-Type": content_type}
        if delivery.attempts:
            headers |= {"X-Slack-Retry-Num": str(delivery.attempts), "X-Slack-Retry-Reason": delivery.reason}
        return await self._post(body, headers)

    async def verify(self) -> bool:
        """Send `url_verification` unless this address has already answered it rightly."""
        if self._verified == self._options.push_url:
            return True
        challenge = secrets.token_hex(20)
        body = json.dumps({"type": "url_verification", "token": "sandbox", "challenge": challenge}).encode()
        outcome = await self._post(body, {"Content-Type": "application/json"})
        echoed = outcome.reply.get("challenge") if isinstance(outcome.reply, dict) else outcome.reply
        if outcome.acked and echoed == challenge:
            self._verified = self._options.push_url
        return self._verified == self._options.push_url

    async def _post(self, body: bytes, headers: dict[str, str]) -> Attempt:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"User-Agent": "Slackbot 1.0 (sandbox)"})
        limit = aiohttp.ClientTimeout(total=self._options.ack_seconds)
        signed = headers | sign(self._signing_secret(), body, time.time())
        try:
            async with self._session.post(
                self._options.push_url, data=body, headers=signed, timeout=limit, max_redirects=MAX_REDIRECTS
            ) as response:
                return await _judge(response)
        except TimeoutError:
            return Attempt(acked=False, reason="http_timeout")
        except aiohttp.TooManyRedirects:
            return Attempt(acked=False, reason="too_many_redirects")
        except aiohttp.ClientError:
            return Attempt(acked=False, reason="connection_failed")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def sign(secret: str, body: bytes, now: float) -> dict[str, str]:
    """The two headers of Slack's request signature, version v0."""
    timestamp = str(int(now))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _encode(delivery: Delivery) -> tuple[bytes, str]:
    """Events are JSON, clicks a form with one field, commands a plain form."""
    form = "application/x-www-form-urlencoded"
    if delivery.kind is Kind.EVENT:
        return json.dumps(delivery.payload).encode(), "application/json"
    if delivery.kind is Kind.COMMAND:
        return urlencode(delivery.payload).encode(), form
    return urlencode({"payload": json.dumps(delivery.payload)}).encode(), form


async def _judge(response: aiohttp.ClientResponse) -> Attempt:
    text = await response.text()
    if not 200 <= response.status < 300:
        final = response.headers.get("X-Slack-No-Retry") == "1"
        return Attempt(acked=False, reason="http_error", final=final)
    if response.content_type == "application/json" and text:
        reply: Json | str = json.loads(text)
        return Attempt(acked=True, reply=reply)
    return Attempt(acked=True, reply=text or None)
