"""`python -m tests.bench.smtp_server ours|nothing URL`: an SMTP server as a process, to be measured from outside."""

import asyncio
import json
import signal
import sys
import time
from typing import Any

from aiosmtpd.smtp import SMTP

from bot.steps.accept import accepting
from channels.mail.config import MailConfig, SmtpInConfig
from channels.mail.smtp import SmtpDoor
from tests.bench.small_desk import open_small_desk

ADDRESS = "support@desk.example"


def say(**facts: Any) -> None:
    """One line of JSON to whoever started us."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


async def until_told_to_stop() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


async def serve_ours(url: str) -> None:
    """Our door; 250 follows the commit in SQLite."""
    limits = SmtpInConfig(port=0, protocol="smtp")
    door = SmtpDoor(MailConfig(ADDRESS, "bench"), limits)
    async with open_small_desk(url) as desk:
        work = asyncio.create_task(door.run(accepting(desk)))
        await door.opened.wait()
        say(port=door.port)
        await until_told_to_stop()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    say(cpu=time.process_time())


class Yes:
    """Says 250 to everything and keeps nothing."""

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        return "250 OK"


async def serve_nothing(_: str) -> None:
    """The library's own server with a handler that does nothing."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Yes(), loop=loop), "127.0.0.1", 0)
    say(port=server.sockets[0].getsockname()[1])
    await until_told_to_stop()
    server.close()
    say(cpu=time.process_time())


SERVERS = {"ours": serve_ours, "nothing": serve_nothing}

if __name__ == "__main__":
    asyncio.run(SERVERS[sys.argv[1]](sys.argv[2]))
