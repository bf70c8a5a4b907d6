"""The console over the real application: queries, rendering and all, on a small and on a large desk."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from bot.console.keys import begin_session
from bot.desk import Desk
from bot.web import app
from tests.bench.figures import percentile

PAGES = {
    "console, queue page": "/console?list=all",
    "console, second queue page of one channel": "/console?list=done&channel=slack&after=tkt_zzzz",
    "console, queue page of what is open": "/console",
    "console, search for words nobody wrote": "/console?list=all&words=xylophone",
    "console, charts page": "/console/numbers",
}


@asynccontextmanager
async def staff_browser(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is signed in."""
    secret = await desk.db.write(lambda tx: begin_session(tx, desk, "cli/bench", "Bench", how="link"))
    transport = httpx.ASGITransport(app=app(desk), client=("127.0.0.1", 50_000))
    cookies = {"helpdesk-session-8080": secret}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", cookies=cookies) as browser:
        yield browser


async def page_p95(desk: Desk, path: str, times: int) -> float:
    """Milliseconds of the slowest twentieth, after one visit that is not counted."""
    taken = []
    async with staff_browser(desk) as browser:
        for _ in range(times + 1):
            started = time.perf_counter()
            answer = await browser.get(path)
            taken.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status_code}")
    return percentile(taken[1:], 95)
