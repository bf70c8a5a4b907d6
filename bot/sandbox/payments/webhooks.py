"""Signed webhooks as Stripe sends them: `Stripe-Signature: t=…,v1=…` over the exact bytes, retried when not taken."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from typing import Any

import aiohttp

TRIES = 6
FIRST_PAUSE = 0.2


def sign(body: bytes, secret: str, at: int) -> str:
    """The value of the Stripe-Signature header (https://docs.stripe.com/webhooks#verify-manually)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def event_json(kind: str, shown: dict[str, Any]) -> dict[str, Any]:
    """https://docs.stripe.com/api/events/object"""
    return {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": shown},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


class Webhooks:
    """Sends events one after the other to `url` (None: nowhere); `sent` keeps what became of each."""

    def __init__(self, url: str | None, secret: str) -> None:
        self.url = url
        self.secret = secret
        self.sent: deque[dict[str, Any]] = deque(maxlen=1000)
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def tell(self, kind: str, shown: dict[str, Any]) -> None:
        """Queue one event; returns at once."""
        if self.url:
            self._waiting.put_nowait(event_json(kind, shown))

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                event = await self._waiting.get()
                status = await self._deliver(session, event)
                self.sent.append({"id": event["id"], "type": event["type"], "status": status})

    async def _deliver(self, session: aiohttp.ClientSession, event: dict[str, Any]) -> int:
        """The last status the receiver answered; 0 when it never did."""
        body = json.dumps(event).encode()
        status = 0
        for attempt in range(TRIES):
            headers = {
                "Stripe-Signature": sign(body, self.secret, int(time.time())),
                "Content-Type": "application/json",
            }
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(self.url or "", data=body, headers=headers) as answer:
                    status = answer.status
            if 200 <= status < 300:
                break
            await asyncio.sleep(FIRST_PAUSE * 2**attempt)
        return status
