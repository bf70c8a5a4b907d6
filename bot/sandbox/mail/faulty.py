"""Planned faults for protocols that answer in lines instead of HTTP."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.sandbox.faults import HANG_SECONDS, Fault, FaultPlan


class Dropped(Exception):
    """The connection is to be cut without another byte."""


async def answer(
    plan: FaultPlan, operation: str, apply: Callable[[], Awaitable[str]], *, later: str, never: str
) -> str:
    """The line that `apply` gives, or what the planned fault makes of it. `later` and `never` are the refusals.

    Raises Dropped. After "apply then …" the work is done, and the client cannot know.
    """
    planned = plan.take(operation)
    if planned is None:
        return await apply()
    match planned.fault:
        case Fault.RATE_LIMITED:
            return later
        case Fault.SERVER_ERROR:
            return never
        case Fault.RESET:
            raise Dropped
        case Fault.HANG:
            await asyncio.sleep(HANG_SECONDS)
            raise Dropped
        case Fault.DELAY:
            await asyncio.sleep(planned.seconds)
            return await apply()
    await apply()
    if planned.fault is Fault.APPLY_THEN_ERROR:
        return later
    if planned.fault is Fault.APPLY_THEN_HANG:
        await asyncio.sleep(HANG_SECONDS)
    raise Dropped
