"""However a mail was built, reading it ends within its budget, and it is still somebody's mail."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mail_doors import CONFIG

from channels.base import Raw, Wrote
from channels.mail import worker
from channels.mail.parse import read_mail
from channels.mail.send import MailChannel
from channels.mail.worker import ParserPool

MAIL = b"From: anna@customer.example\r\nSubject: Lamp\r\n\r\nIt is broken.\r\n"


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    opened = ParserPool(processes=1, seconds=5.0)
    yield opened
    await opened.close()


async def test_mail_read_in_another_process_is_the_same_mail(pool: ParserPool) -> None:
    body = (
        b"From: anna@customer.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\nsee file\r\n--b\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n--b--\r\n"
    )
    there, here = await pool.read(CONFIG, body, {}), read_mail(body)
    assert (there.visible, there.from_, there.headers) == (here.visible, here.from_, here.headers)
    assert [(a.filename, a.sha256) for a in there.attachments] == [(a.filename, a.sha256) for a in here.attachments]


class Stuck(worker._Child):
    """A process that is given a mail it never finishes; the one after it is well again."""

    stuck = 1

    def ask(self, raw: bytes, options: Any) -> Any:
        if Stuck.stuck > 0:
            Stuck.stuck -= 1
            os.kill(self._process.pid, 19)  # SIGSTOP: it does nothing any more, and only a kill ends it
        return super().ask(raw, options)


@pytest.mark.parametrize("times", [1, 2])
async def test_mail_over_its_budget_is_a_ticket_with_a_flag(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Once: the headers alone are read instead. Twice: nothing but the envelope is left."""
    monkeypatch.setattr(worker, "_Child", Stuck)
    Stuck.stuck = times
    pool = ParserPool(processes=1, seconds=0.5)
    channel = MailChannel(CONFIG, parsers=pool)
    raw = Raw("mail", "k", "l", MAIL, {"mail_from": "anna@customer.example", "transport": "smtp"})
    started = time.monotonic()
    wrote = await channel.read(raw)
    assert time.monotonic() - started < 4
    assert isinstance(wrote, Wrote)
    assert {"partial", "over_budget"} <= set(wrote.flags)
    assert wrote.author.external_id == "anna@customer.example"
    assert wrote.subject == ("Lamp" if times == 1 else "")
    assert "could not be read" in wrote.text
    after = await channel.read(raw)
    assert isinstance(after, Wrote)
    assert (after.text, after.flags) == ("It is broken.", ())
    await pool.close()


async def test_process_that_died_is_replaced(pool: ParserPool) -> None:
    await pool.read(CONFIG, MAIL, {})
    [child] = pool._children
    os.kill(child._process.pid, 9)
    await asyncio.sleep(0.1)
    mail = await pool.read(CONFIG, MAIL, {})
    assert (mail.visible, mail.flags) == ("It is broken.", ())


async def test_stopping_in_the_middle_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_Child", Stuck)
    Stuck.stuck = 1
    pool = ParserPool(processes=1, seconds=60)
    reading = asyncio.create_task(pool.read(CONFIG, MAIL, {}))
    await asyncio.sleep(0.5)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert pool._children == set()
    Stuck.stuck = 0
    assert (await pool.read(CONFIG, MAIL, {})).visible == "It is broken."
    await pool.close()
    assert pool._children == set()


async def test_several_mails_share_the_processes(pool: ParserPool) -> None:
    mails = await asyncio.gather(*(pool.read(CONFIG, MAIL.replace(b"Lamp", b"%d" % n), {}) for n in range(20)))
    assert [mail.subject for mail in mails] == [str(n) for n in range(20)]
    assert len(pool._children) == 1
