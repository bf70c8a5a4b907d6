"""Faults a sandbox server can be told to have: the same words for every protocol spoken over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HANG_SECONDS = 600.0


class Fault(StrEnum):
    """What goes wrong. The `apply_then_…` faults do the work first: the caller cannot know."""

    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    RESET = "reset"
    APPLY_THEN_RESET = "apply_then_reset"
    APPLY_THEN_HANG = "apply_then_hang"
    APPLY_THEN_ERROR = "apply_then_500"
    HANG = "hang"
    DELAY = "delay"


@dataclass(slots=True)
class Planned:
    """One fault waiting for its calls; `operation` is a name such as "chat.postMessage", or "*" for all."""

    operation: str
    fault: Fault
    times: int = 1
    skip: int = 0
    seconds: float = 1.0


class FaultPlan:
    """The faults a server still has to have, in the order they were planned."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []

    def plan(self, planned: Planned) -> None:
        self._planned.append(planned)

    def clear(self) -> None:
        self._planned.clear()

    def take(self, operation: str) -> Planned | None:
        """The fault this call gets, if any; counts it down."""
        for planned in self._planned:
            if planned.operation not in (operation, "*") or planned.times <= 0:
                continue
            if planned.skip > 0:
                planned.skip -= 1
                continue
            planned.times -= 1
            return planned
        return None


async def serve_with_fault(planned: Planned, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer `request` the way `planned` says. `seconds` is Retry-After for 429 and the wait for delay."""
    match planned.fault:
        case Fault.RATE_LIMITED:
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": f"{planned.seconds:.0f}"}
            )
        case Fault.SERVER_ERROR:
            return web.Response(status=500, text="internal error")
        case Fault.RESET:
            return _reset(request)
        case Fault.APPLY_THEN_RESET:
            await handler(request)
            return _reset(request)
        case Fault.APPLY_THEN_ERROR:
            await handler(request)
            return web.Response(status=500, text="internal error")
        case Fault.APPLY_THEN_HANG:
            await handler(request)
            await asyncio.sleep(HANG_SECONDS)
            return _reset(request)
        case Fault.HANG:
            await asyncio.sleep(HANG_SECONDS)
            return _reset(request)
        case Fault.DELAY:
            await asyncio.sleep(planned.seconds)
    return await handler(request)


def _reset(request: web.Request) -> web.StreamResponse:
    """Drop the connection without an answer; what is returned has nowhere to go."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def add_fault_routes(app: web.Application, plan: FaultPlan) -> None:
    """POST /_control/faults plans one (fields of Planned), DELETE forgets all."""

    async def add(request: web.Request) -> web.Response:
        wish = await request.json()
        plan.plan(Planned(**{**wish, "fault": Fault(wish["fault"])}))
        return web.json_response({"ok": True})

    async def forget(_: web.Request) -> web.Response:
        plan.clear()
        return web.json_response({"ok": True})

    app.router.add_post("/_control/faults", add)
    app.router.add_delete("/_control/faults", forget)
