"""The real program from outside: how soon it is there, how much memory it takes, how fast mail goes through it."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack

from bot.sandbox.process import free_port
from tests.bench.figures import Line, in_turn
from tests.bench.post_sink import Sink, open_sink
from tests.bench.processes import running
from tests.bench.scale import Scale
from tests.bench.scripted import QUESTION
from tests.bench.small_desk import MemoryLog, open_small_desk, turn_of_alice
from tests.bench.smtp_client import mail, send
from tests.bench.smtp_server import ADDRESS

BENCH = "start"
IDLE_SECONDS = 1.5
SENDERS = 5
LIBRARIES = "agents, slack_bolt.app.async_app, sqlmodel, alembic, procrastinate, uvicorn"
RATE = "tickets/s"


async def measure(scale: Scale) -> list[Line]:
    """Seconds beside a Python that does nothing, and megabytes before and after some work."""
    help_taken = await in_turn(scale.pick(2, 5), lambda: _run_once("-m", "bot", "--help"), _bare_python)
    ready_taken = await in_turn(scale.pick(1, 4), lambda: _until_ready(scale), _libraries)
    return [
        Line(BENCH, "`helpdesk --help`", "`python -c pass`", "s", *help_taken),
        Line(BENCH, "`helpdesk run` until all is up, new database", "importing its libraries", "s", *ready_taken),
        *await _at_work(scale),
    ]


async def _bare_python() -> float:
    return await _run_once("-c", "pass")


async def _libraries() -> float:
    return await _run_once("-c", f"import {LIBRARIES}")


async def _run_once(*arguments: str) -> float:
    started = time.perf_counter()
    async with running(*arguments) as child:
        assert child.process.stdout is not None
        await child.process.stdout.read()
        await child.process.wait()
        return time.perf_counter() - started


async def _until_ready(scale: Scale) -> float:
    async with open_sink() as sink:
        started = time.perf_counter()
        async with running("-m", "bot", "run", environment=_settings(scale, sink, free_port())) as desk:
            await desk.line()
            return time.perf_counter() - started


async def _at_work(scale: Scale) -> list[Line]:
    """Tickets come by SMTP and the answers leave by SMTP, as in a real desk with the offline team."""
    tickets = scale.pick(10, 200)
    port = free_port()
    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(open_sink())
        environment = _settings(scale, sink, port)
        desk = await stack.enter_async_context(running("-m", "bot", "run", environment=environment))
        await desk.line()
        await asyncio.sleep(IDLE_SECONDS)
        idle, idle_cpu = desk.resident_mib(), desk.cpu_seconds()
        rate = tickets / await _answered(port, sink, tickets)
        busy, cpu = desk.resident_mib(), desk.cpu_seconds() - idle_cpu
    alone = await _team_alone(scale, tickets)
    return [
        Line(BENCH, f"Memory after {tickets} tickets by mail", "idle", "MiB", [busy], [idle]),
        Line(BENCH, "Mail in to answer out, real program, offline team", "the team alone", RATE, [rate], [alone]),
        Line(BENCH, "CPU of it", "the clock", "s a ticket", [cpu / tickets], [1 / rate]),
    ]


async def _team_alone(scale: Scale, answers: int) -> float:
    """Answers of the offline team per second, one after the other, with nothing around it."""
    async with open_small_desk(scale.new_file()) as desk:
        turn = await turn_of_alice(desk, QUESTION)
        started = time.perf_counter()
        for _ in range(answers):
            await desk.team.respond(turn, MemoryLog())
        return answers / (time.perf_counter() - started)


async def _answered(port: int, sink: Sink, tickets: int) -> float:
    """Seconds from the first mail to the last answer."""
    numbers = iter(range(tickets))
    started = time.perf_counter()
    await asyncio.gather(*(_write(port, numbers) for _ in range(SENDERS)))
    await sink.until(tickets)
    return time.perf_counter() - started


async def _write(port: int, numbers: Iterator[int]) -> None:
    for number in numbers:
        await send(port, mail(number, QUESTION))


def _settings(scale: Scale, sink: Sink, port: int) -> Mapping[str, str]:
    settings = {
        "CONFIG": "/dev/null",
        "DATABASE__URL": scale.new_file(),
        "DESK__QUIET_SECONDS": "0",
        "HTTP__PORT": "0",
        "SHOP__BACKEND": "sample",
        "MAIL__ADDRESS": ADDRESS,
        "MAIL__SECRET": "bench",
        "MAIL__SMTP_IN__PORT": str(port),
        "MAIL__SMTP_IN__PROTOCOL": "smtp",
        "MAIL__SMTP_OUT__HOST": "127.0.0.1",
        "MAIL__SMTP_OUT__PORT": str(sink.port),
        "MAIL__SMTP_OUT__TLS": "none",
    }
    return {f"HELPDESK_{name}": value for name, value in settings.items()}
