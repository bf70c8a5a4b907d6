"""Log lines are JSON, name what they are about, and hold nothing anybody could misuse."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.logs import mask_event, masked

ROOT = Path(__file__).resolve().parents[2]

SECRETS = [
    ("the token xoxb-1234567890-abcdef was refused", "xoxb-1234567890"),
    ("key sk_live_abcdefghijklmnop", "abcdefghijklmnop"),
    ("postgresql://helpdesk:hunter2@db/helpdesk", "hunter2"),
    ("Authorization: Bearer abc.def.ghijklmnop", "ghijklmnop"),
    ("my card is 4242 4242 4242 4242", "4242 4242 4242"),
    ("mail from wanda.walrus@walrus.example", "wanda.walrus"),
]


@pytest.mark.parametrize(("line", "secret"), SECRETS, ids=[secret for _, secret in SECRETS])
def test_what_nobody_may_misuse_is_masked_however_deep_it_is(line: str, secret: str) -> None:
    assert secret in line
    assert secret not in masked(line)
    assert secret not in json.dumps(mask_event(None, "info", {"event": "x", "data": {"deep": [line]}}))


def test_ids_and_reasons_stay_readable() -> None:
    line = "ticket tkt_01m7wv2qfv000cjdn98w7nq36z: no answer within 120 seconds from w…@walrus.example"
    assert masked(line) == line
    assert masked("wanda@walrus.example").endswith("@walrus.example")


PROGRAM = """
import asyncio, logging
import structlog
from bot.logs import configure_logs
from storage.jobs import Job
from bot.desk import Desk, utc_now
from bot.worker import run_job
from bot.settings import Settings

configure_logs("info")
logging.getLogger("procrastinate.worker").info("too much")
logging.getLogger("channels.slack").warning("connecting with xoxb-123456789-secret")

async def main():
    structlog.contextvars.bind_contextvars(run="run_1")
    desk = Desk(Settings(), None, None, {}, None, None, None, None, utc_now)
    await run_job(desk, Job("job_1", "nothing anybody knows", "row_1", "tkt_1", 1))

asyncio.run(main())
structlog.get_logger("bot").info("done", address="wanda.walrus@walrus.example")
"""


def test_every_line_of_the_program_is_json_with_masked_text() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=ROOT, check=True)

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines if "too much" in line["event"]] == []
    assert any(line.get("logger") == "channels.slack" and "********" in line["event"] for line in lines)
    assert any(line.get("run") == "run_1" for line in lines)
    assert "wanda" not in done.stderr
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)


async def test_the_lines_of_one_job_name_its_ticket() -> None:
    import structlog

    from bot.worker import _ticket_of
    from storage.jobs import Job

    assert _ticket_of(Job("j", "answer", "tkt_1", "tkt_1", 1)) == {"ticket": "tkt_1"}
    assert _ticket_of(Job("j", "tick", "x", "tick:expire", 1)) == {}

    async def other() -> dict[str, object]:
        return dict(structlog.contextvars.get_contextvars())

    structlog.contextvars.bind_contextvars(ticket="tkt_mine")
    task = asyncio.create_task(other())
    assert (await task)["ticket"] == "tkt_mine"
    structlog.contextvars.clear_contextvars()
