"""A real mailbox is filled while the desk that reads it is killed again and again: each mail is taken in once."""

import asyncio
import random
import re
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from bot.evals.chaos.town import open_desks
from bot.sealing import opened
from storage.db import Database
from storage.models import Delivery
from tests.channels.mail_doors.imap_servers import DOVECOT, Server, dovecot

SECRET = "a secret only this test knows"
MAILS, KILLS = 300, 8
BOX = "HELPDESK_MAIL__IMAP__main__"

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]


def mail(number: int) -> bytes:
    head = f"From: anna@customer.example\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@customer.example>\r\n\r\n"
    return head.encode() + b"x" * number + b"\r\n"


def fill(server: Server) -> None:
    with server.client() as client:
        for number in range(MAILS):
            client.append("INBOX", mail(number))


def left(server: Server, folder: str) -> int:
    with server.client() as client:
        return int(client.select_folder(folder, readonly=True)[b"EXISTS"]) if client.folder_exists(folder) else 0


@pytest.mark.skipif(DOVECOT is None, reason="NOT RUN: Dovecot is not installed (apt-get install dovecot-imapd)")
async def test_three_hundred_mails_and_eight_kills_are_three_hundred_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    with dovecot() as server:
        environment = {
            "HELPDESK_CONFIG": "/dev/null",
            "HELPDESK_DATABASE__URL": url,
            "HELPDESK_MAIL__ADDRESS": "support@desk.example",
            "HELPDESK_MAIL__SECRET": SECRET,
            f"{BOX}HOST": "127.0.0.1",
            f"{BOX}PORT": str(server.port),
            f"{BOX}TLS": "none",
            f"{BOX}USER": server.user,
            f"{BOX}PASSWORD": server.password,
            f"{BOX}START": "all",
            f"{BOX}POLL_SECONDS": "0.3",
            f"{BOX}DONE_FOLDER": "Processed",
        }
        async with open_desks(environment, tmp_path / "desk.log") as desks:
            filling = asyncio.create_task(asyncio.to_thread(fill, server))
            pid = await desks.start("mail")
            for _ in range(KILLS):
                await asyncio.sleep(random.uniform(0.8, 1.6))
                await desks.kill(pid)
                pid = await desks.start("mail")
            await filling
            async with asyncio.timeout(60):
                while await asyncio.to_thread(left, server, "INBOX"):  # noqa: ASYNC110 - another program's mailbox
                    await asyncio.sleep(0.2)
            await desks.stop(pid)
        assert desks.kills == KILLS
        assert await asyncio.to_thread(left, server, "Processed") == MAILS
    assert await _subjects(url) == sorted(f"Mail {number}" for number in range(MAILS))


def _subject(body: bytes) -> str:
    found = re.search(rb"Subject: (.*)\r\n", body)
    assert found is not None
    return found[1].decode("ascii")


async def _subjects(url: str) -> list[str]:
    db = Database(url)
    await db.open()

    def look(tx: Session) -> list[str]:
        bodies = tx.exec(select(col(Delivery.body))).all()
        return sorted(_subject(opened(body, [SECRET])) for body in bodies)

    try:
        return await db.read(look)
    finally:
        await db.close()
