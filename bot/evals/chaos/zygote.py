"""Starts `helpdesk run` many times quickly: imports the program once and forks; each child is the real program.

Reads lines from standard input: a role ("all", "worker", "pay") forks a process and answers its pid; "quit" ends.
Children are killed from outside.
"""

import asyncio
import os
import signal
import sys
from functools import partial
from typing import Any, cast

import agents_team.team  # noqa: F401  (the program imports it when it builds its team)
import bot.app
import bot.backends.stripe
from agents_team.router import shipped_router
from bot.desk import Desk
from bot.logs import configure_logs
from bot.settings_load import load
from bot.wiring import make_payments, make_shop
from bot.worker import run_job
from channels.memory import MemoryChannel
from storage.db import Database
from storage.jobs_embedded import EmbeddedJobs


async def only_pay() -> None:
    """The program's own worker, steps and provider; no team, and a Slack that is a list: for tests of money alone."""
    settings, nobody = load().settings, cast(Any, None)
    # The schema is up to date: looking again at every start would take longer than a payment.
    db = Database(settings.database.url)
    await db.open()
    parts = {"slack": MemoryChannel()}, None, nobody, make_shop(settings.shop), make_payments(settings.payments)
    desk = Desk(settings, db, EmbeddedJobs(db), *parts)
    await desk.jobs.work(partial(run_job, desk), concurrency=settings.desk.concurrency)


def child(role: str) -> None:
    configure_logs()
    if role == "pay":
        asyncio.run(only_pay())
        return
    asyncio.run(bot.app.run(load().settings, role=role))


def main() -> None:
    shipped_router()  # what every start reads, read once
    # Dead children are collected by the kernel.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        role = line.strip()
        if role == "quit":
            return
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # The pipes belong to the zygote: a child that held them would keep its reader waiting.
            for number in (0, 1):
                os.dup2(2, number)
            try:
                child(role)
            finally:
                os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
