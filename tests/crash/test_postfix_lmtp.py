"""A real mail server hands in mail while the desk is killed again and again: each mail is there, and there once."""

import asyncio
import contextlib
import random
import re
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from bot.evals.chaos.town import open_desks
from bot.sandbox.process import free_port
from bot.sealing import opened
from storage.db import Database
from storage.models import Delivery
from tests.crash.postfix import Postfix, running_postfix, send_many, why_not

SECRET = "a secret only this test knows"
MAILS, KILLS = 2000, 10
ADDRESS = "support@desk.example"

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]


@pytest.mark.skipif(bool(why_not()), reason=f"NOT RUN: {why_not()}")
async def test_two_thousand_mails_and_ten_kills_are_two_thousand_rows(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path}/desk.db", free_port()
    environment = {
        "HELPDESK_CONFIG": "/dev/null",
        "HELPDESK_DATABASE__URL": url,
        "HELPDESK_MAIL__ADDRESS": ADDRESS,
        "HELPDESK_MAIL__SECRET": SECRET,
        "HELPDESK_MAIL__SMTP_IN__PORT": str(port),
        "HELPDESK_MAIL__SMTP_IN__PROTOCOL": "lmtp",
        "HELPDESK_MAIL__SMTP_IN__MIN_FREE_DISK": "1000000",
    }
    with running_postfix("desk.example", port) as postfix:
        async with open_desks(environment, tmp_path / "desk.log") as desks:
            sending = asyncio.create_task(asyncio.to_thread(send_many, postfix.port, ADDRESS, MAILS))
            pid = await desks.start("mail")
            rows = 0
            for _ in range(KILLS):
                rows = await _until_more_than(tmp_path / "desk.db", rows + random.randrange(20, 120))
                await desks.kill(pid)
                pid = await desks.start("mail")
            await sending
            await _all_handed_over(postfix)
            await desks.stop(pid)
        assert desks.kills == KILLS
        _check_log(postfix)
    rows, receipts, message_ids = await _stored(url)
    assert (rows, message_ids) == (MAILS, MAILS)
    assert receipts >= rows, "a mail whose answer was lost came again, and is the same row"


async def _until_more_than(file: Path, rows: int) -> int:
    """How many rows there are, as soon as there are more: each desk takes some mail in before it is killed."""
    async with asyncio.timeout(60):
        while (count := await asyncio.to_thread(_count, file)) <= rows:  # noqa: ASYNC110 - another process's table
            await asyncio.sleep(0.02)
    return count


def _count(file: Path) -> int:
    if not file.exists():
        return 0
    with contextlib.closing(sqlite3.connect(file)) as connection:
        try:
            return int(connection.execute("select count(*) from delivery").fetchone()[0])
        except sqlite3.OperationalError:  # no table yet
            return 0


async def _all_handed_over(postfix: Postfix) -> None:
    async with asyncio.timeout(120):
        while postfix.queued():  # noqa: ASYNC110 - another program's queue
            await asyncio.sleep(0.2)


def _check_log(postfix: Postfix) -> None:
    """The mail server was never told no: what it was told 250 for is what we have."""
    states = Counter(re.findall(r"status=(\w+)", postfix.log()))
    assert states["sent"] == MAILS, states
    assert states["bounced"] == 0


async def _stored(url: str) -> tuple[int, int, int]:
    db = Database(url)
    await db.open()

    def look(tx: Session) -> tuple[int, int, int]:
        rows = tx.exec(select(col(Delivery.body), col(Delivery.receipts))).all()
        ids = {
            match[1]
            for body, _ in rows
            if (match := re.search(rb"(?im)^message-id:\s*(<[^>]+>)", opened(body, [SECRET])))
        }
        return len(rows), sum(receipts for _, receipts in rows), len(ids)

    try:
        return await db.read(look)
    finally:
        await db.close()
