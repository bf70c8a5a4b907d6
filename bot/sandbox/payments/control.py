"""What a test or the demo page tells the sandbox provider and asks of it: /_control/…, never part of Stripe's API."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.sandbox.payments.books import MOVING, BookedCharge, Books
from bot.sandbox.payments.refusal import Refusal
from bot.sandbox.payments.server import PaymentsServer
from bot.sandbox.payments.wire import Json, charge_json, refund_json

Control = Callable[[PaymentsServer, web.Request], Awaitable[Json]]

LONGEST_WAIT = 60.0


def ledger(books: Books) -> Json:
    """Money that really moved, counted from the refunds themselves.

    `charges`: what each charge gave back and in how many refunds. `by_metadata`: for each metadata
    key and value the refunds made under it, so that a payment made twice shows as count 2.
    """
    charges = {
        charge.id: {
            "amount": charge.amount,
            "currency": charge.currency,
            "refunded": books.refunded(charge.id),
            "refunds": sum(refund.status in MOVING for refund in books.refunds_of(charge.id)),
            "disputed": charge.disputed,
        }
        for charge in books.charges.values()
    }
    by_metadata: dict[str, dict[str, dict[str, int]]] = {}
    for refund in books.refunds.values():
        if refund.status not in MOVING:
            continue
        for key, value in refund.metadata.items():
            entry = by_metadata.setdefault(key, {}).setdefault(value, {"count": 0, "amount": 0})
            entry["count"] += 1
            entry["amount"] += refund.amount
    refunds = [refund_json(refund) for refund in reversed(books.refunds.values())]
    return {"version": books.version, "charges": charges, "by_metadata": by_metadata, "refunds": refunds}


async def _ledger(server: PaymentsServer, request: web.Request) -> Json:
    return ledger(server.books)


async def _changes(server: PaymentsServer, request: web.Request) -> Json:
    """The ledger as soon as its version is above `after`, or when `seconds` are over."""
    if server.books.version <= int(request.query.get("after", -1)):
        seconds = min(float(request.query.get("seconds", 25)), LONGEST_WAIT)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.books.change.wait(), seconds)
    return ledger(server.books)


async def _calls(server: PaymentsServer, request: web.Request) -> Json:
    return {"calls": list(server.calls)}


async def _webhooks(server: PaymentsServer, request: web.Request) -> Json:
    return {"sent": list(server.webhooks.sent)}


async def _add_charge(server: PaymentsServer, request: web.Request) -> Json:
    charge = server.books.book(BookedCharge(**await request.json()))
    return charge_json(server.books, charge)


async def _change_charge(server: PaymentsServer, request: web.Request) -> Json:
    """`disputed` true or false; `refunds_become` a status for the refunds to come."""
    charge = server.books.find_charge(request.match_info["id"], None)
    wish = await request.json()
    charge.refunds_become = wish.get("refunds_become", charge.refunds_become)
    if "disputed" in wish:
        server.books.dispute(charge, bool(wish["disputed"]))
    return charge_json(server.books, charge)


async def _refund_by_hand(server: PaymentsServer, request: web.Request) -> Json:
    """Somebody refunds in the provider's dashboard: no key, no metadata."""
    charge = server.books.find_charge(request.match_info["id"], None)
    wish = await request.json()
    return refund_json(server.books.refund(charge, wish.get("amount"), reason=None, metadata={}))


async def _move_refund(server: PaymentsServer, request: web.Request) -> Json:
    wish = await request.json()
    refund = server.books.refunds[request.match_info["id"]]
    server.books.move(refund, wish["status"], wish.get("failure_reason"))
    return refund_json(refund)


async def _settings(server: PaymentsServer, request: web.Request) -> Json:
    """`key_lifetime` and `refund_seconds` in seconds, `webhook_url`."""
    wish: dict[str, Any] = await request.json()
    server.keys.lifetime = float(wish.get("key_lifetime", server.keys.lifetime))
    server.refund_seconds = float(wish.get("refund_seconds", server.refund_seconds))
    server.webhooks.url = wish.get("webhook_url", server.webhooks.url)
    return {"ok": True}


async def _forget_keys(server: PaymentsServer, request: web.Request) -> Json:
    server.keys.forget()
    return {"ok": True}


ROUTES: tuple[tuple[str, str, Control], ...] = (
    ("GET", "/_control/ledger", _ledger),
    ("GET", "/_control/changes", _changes),
    ("GET", "/_control/calls", _calls),
    ("GET", "/_control/webhooks", _webhooks),
    ("POST", "/_control/charges", _add_charge),
    ("POST", "/_control/charges/{id}", _change_charge),
    ("POST", "/_control/charges/{id}/refunds", _refund_by_hand),
    ("POST", "/_control/refunds/{id}", _move_refund),
    ("POST", "/_control/settings", _settings),
    ("DELETE", "/_control/keys", _forget_keys),
)


def add_control_routes(app: web.Application, server: PaymentsServer) -> None:
    """Serve ROUTES; a wish that makes no sense is answered 400 with the reason."""
    for method, path, control in ROUTES:
        app.router.add_route(method, path, _serve(server, control))


def _serve(server: PaymentsServer, control: Control) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return web.json_response(await control(server, request))
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        except (TypeError, ValueError, KeyError) as error:
            return web.json_response({"error": {"message": f"{type(error).__name__}: {error}"}}, status=400)

    return handle
