"""The door for a payment provider's signed events: verified, committed, and only then answered with yes."""

import hashlib
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.backends.payments import PaymentEvent
from bot.desk import Desk
from bot.steps.news import PAYMENTS, keep_news
from storage.models import Delivery

LARGEST = 256 * 1024


def payments_webhook(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint. 400: not signed by the provider. 413: too large. 200: committed; sent again it is the same row."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large\n", status_code=413)
        try:
            events = desk.payments.parse_webhook(request.headers, body)
        except ValueError:
            return PlainTextResponse("not signed\n", status_code=400)
        await desk.db.write(lambda tx: keep_news(tx, desk, _delivery(desk, body, events)))
        return PlainTextResponse("ok\n")

    return endpoint


async def _body(request: Request) -> bytes | None:
    """The exact bytes; None as soon as there are too many of them."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return None
    return body


def _delivery(desk: Desk, body: bytes, events: list[PaymentEvent]) -> Delivery:
    """The envelope keeps where to look: the signature cannot be checked again once it is old."""
    refunds = [event.refund for event in events if event.refund is not None]
    return Delivery(
        channel=PAYMENTS,
        key=hashlib.sha256(body).hexdigest(),
        lane=PAYMENTS,
        body=body,
        envelope={
            "keys": [refund.key for refund in refunds],
            "refunds": [refund.ref for refund in refunds],
            "disputed": [event.disputed for event in events if event.disputed],
        },
        received_at=desk.now(),
    )
