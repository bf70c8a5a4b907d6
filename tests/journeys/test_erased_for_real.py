"""The real program meets somebody, forgets them on request while it runs, and no file of it knows them afterwards."""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.evals.chaos.town import Town, open_desks, open_town

WANDA = "wanda.walrus@walrus.example"
TRACES = ("walrus", "wanda", "harpsichord", "Seville")
WORDS = "My purple harpsichord has lost its keys. Can I talk to a person, please? My house is in Seville."

pytestmark = [pytest.mark.serial, pytest.mark.timeout(120)]


def known_in(folder: Path) -> dict[str, list[str]]:
    """The words of hers in each file: the database, its log and index, copies of it, what the program logged."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            text = file.read_bytes().decode("latin-1")
            found[file.name] = [trace for trace in TRACES if re.search(trace, text, re.IGNORECASE)]
    return found


async def helpdesk(town: Town, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env={**os.environ, **town.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def until(true: Callable[[], Awaitable[bool]], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if await true():
                return
            await asyncio.sleep(0.2)


async def cards_about_her(town: Town) -> list[str]:
    return [str(card) for card in await town.slack.messages("C0STAFF") if "harpsichord" in str(card)]


async def test_an_erased_person_is_in_no_file_and_on_no_card(tmp_path: Path) -> None:
    async with (
        open_town(tmp_path, f"sqlite:///{tmp_path}/helpdesk.db") as town,
        open_desks(town.environment, tmp_path / "desk.log") as desks,
    ):

        async def answered() -> bool:
            return bool(await town.mail.mailbox(WANDA) and await cards_about_her(town))

        async def nothing_shown() -> bool:
            return not await cards_about_her(town)

        pid = await desks.start()
        await town.mail.write(WANDA, town.address, subject="The harpsichord of Wanda Walrus", text=WORDS)
        await until(answered, 40)
        met = known_in(tmp_path)
        assert set(met["helpdesk.db"] + met.get("helpdesk.db-wal", [])) == set(TRACES)

        await helpdesk(town, "backup", "--to", str(tmp_path / "before.db"))
        said = await helpdesk(town, "privacy", "erase", WANDA, "--yes")
        assert "backups made before now" in said
        (tmp_path / "before.db").unlink()  # as the command says

        await until(nothing_shown, 20)
        left = known_in(tmp_path)
        await desks.stop(pid)

    assert {name for name, traces in left.items() if traces} == set()
    assert {"helpdesk.db", "desk.log"} <= left.keys()
    assert {name for name, traces in known_in(tmp_path).items() if traces} == set()
