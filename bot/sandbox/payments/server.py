"""The HTTP side: bearer key, idempotency keys, faults and the log of calls around the operations."""

import asyncio
import contextlib
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.faults import Fault, FaultPlan, Handler, add_fault_routes, serve_with_fault
from bot.sandbox.payments.api import OPERATIONS, Operation
from bot.sandbox.payments.books import BookedCharge, BookedRefund, Books
from bot.sandbox.payments.forms import Params, decode
from bot.sandbox.payments.keys import Keys
from bot.sandbox.payments.refusal import Refusal
from bot.sandbox.payments.webhooks import Webhooks
from bot.sandbox.payments.wire import Json, dispute_json, refund_json

API_KEY = "sk_test_sandbox"
WEBHOOK_SECRET = "whsec_sandbox"


@dataclass(slots=True)
class PaymentsServer:
    """Everything one running sandbox provider holds. `refund_seconds` is how long making a refund takes."""

    api_key: str = API_KEY
    webhooks: Webhooks = field(default_factory=lambda: Webhooks(None, WEBHOOK_SECRET))
    books: Books = field(default_factory=Books)
    keys: Keys = field(default_factory=Keys)
    faults: FaultPlan = field(default_factory=FaultPlan)
    refund_seconds: float = 0.0
    calls: deque[Json] = field(default_factory=lambda: deque(maxlen=10_000))

    def __post_init__(self) -> None:
        self.books.tell = self._tell

    def _tell(self, event: str, about: BookedRefund | BookedCharge) -> None:
        if isinstance(about, BookedCharge):
            self.webhooks.tell(event, dispute_json(about))
            return
        refund = about
        self.webhooks.tell(event, refund_json(refund))
        if event != "refund.created":
            # Accounts from before 2024 subscribe to the older name for the same news.
            self.webhooks.tell("charge.refund.updated", refund_json(refund))


SERVER = web.AppKey("server", PaymentsServer)


def build_app(server: PaymentsServer) -> web.Application:
    """The whole API; the control routes are added by `control.add_control_routes`."""
    app = web.Application()
    app[SERVER] = server
    for operation in OPERATIONS:
        app.router.add_route(operation.method, operation.path, _handler(server, operation))
    app.router.add_route("*", "/v1/{rest:.*}", _unknown)
    add_fault_routes(app, server.faults)
    app.cleanup_ctx.append(_send_webhooks)
    return app


async def _send_webhooks(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[SERVER].webhooks.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _handler(server: PaymentsServer, operation: Operation) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await _answer(server, operation, request)

    async def handle(request: web.Request) -> web.StreamResponse:
        planned = server.faults.take(operation.name)
        if planned is None:
            return await answer(request)
        if planned.fault is Fault.RATE_LIMITED:
            return _json(Refusal("Too many requests made to the API too quickly", status=429, code="rate_limit"))
        return await serve_with_fault(planned, request, answer)

    return handle


async def _answer(server: PaymentsServer, operation: Operation, request: web.Request) -> web.StreamResponse:
    params: Params = {}
    try:
        _check_api_key(server, request)
        params = {**decode(await _form(request)), **request.match_info}
        operation.check(params)
        status, body, replayed = await _once_per_key(server, operation, request, params)
    except Refusal as refusal:
        status, body, replayed = refusal.status, refusal.body(), False
    server.calls.append(
        {
            "operation": operation.name,
            "key": request.headers.get("Idempotency-Key"),
            "params": params,
            "status": status,
            "replayed": replayed,
        }
    )
    headers = {"Request-Id": f"req_{secrets.token_hex(7)}"} | ({"Idempotent-Replayed": "true"} if replayed else {})
    return web.json_response(body, status=status, headers=headers)


async def _form(request: web.Request) -> str:
    return request.query_string if request.method == "GET" else (await request.read()).decode("utf-8", "replace")


def _check_api_key(server: PaymentsServer, request: web.Request) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        raise Refusal("You did not provide an API key.", status=401)
    if given != server.api_key:
        raise Refusal(f"Invalid API Key provided: {given[:8]}****{given[-4:]}", status=401)


async def _once_per_key(
    server: PaymentsServer, operation: Operation, request: web.Request, params: Params
) -> tuple[int, Json, bool]:
    """(status, body, replayed). A key remembers what was executed, also an error, and never a failed check."""
    key = request.headers.get("Idempotency-Key") if operation.method == "POST" else None
    if key is None:
        return 200, await _execute(server, operation, params), False
    stored = server.keys.begin(key, json.dumps([operation.name, params], sort_keys=True))
    if stored is not None:
        return *stored, True
    try:
        status, body = 200, await _execute(server, operation, params)
    except Refusal as refusal:
        if not refusal.executed:
            server.keys.drop(key)
            raise
        status, body = refusal.status, refusal.body()
    server.keys.keep(key, status, body)
    return status, body, False


async def _execute(server: PaymentsServer, operation: Operation, params: Params) -> dict[str, Any]:
    if operation.name == "refunds.create" and server.refund_seconds:
        await asyncio.sleep(server.refund_seconds)
    return operation.do(server.books, params)


async def _unknown(request: web.Request) -> web.StreamResponse:
    return _json(Refusal(f"Unrecognized request URL ({request.method}: {request.path}).", status=404))


def _json(refusal: Refusal) -> web.Response:
    return web.json_response(refusal.body(), status=refusal.status)
