"""A copy holds everything committed, is checked, is private, and can be put back; an upgrade makes one first."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.backup import BadCopy, check_copy, forget_deleted, make_copy, put_back
from storage.db import StorageError
from storage.jobs import Job
from storage.migrate import NoWayBack, downgrade, rehearse_upgrade, schema_of, upgrade
from storage.models import Control
from storage.open import Storage, open_storage

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "helpdesk.db"


async def opened(file: Path) -> Storage:
    return await open_storage(f"sqlite:///{file}", grace_seconds=0.5)


async def remember(storage: Storage, name: str, value: str) -> None:
    await storage.db.write(lambda tx: tx.add(Control(name=name, value=value, at=NOW)))


def remembered(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as database:
        return dict(database.execute("SELECT name, value FROM control").fetchall())


async def test_a_copy_made_while_the_desk_works_holds_everything_committed(file: Path, tmp_path: Path) -> None:
    storage = await opened(file)
    await remember(storage, "one", "1")

    copy = await asyncio.to_thread(make_copy, file, tmp_path / "copies" / "one.db")
    await remember(storage, "two", "2")
    await storage.close()

    assert copy.rows["control"] == 1
    assert remembered(copy.path) == {"one": "1"}
    assert stat.S_IMODE(copy.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in copy.path.parent.iterdir()) == ["one.db"], "nothing half done is left"


async def test_a_copy_is_put_back_and_what_was_there_is_kept(file: Path, tmp_path: Path) -> None:
    storage = await opened(file)
    await remember(storage, "one", "1")
    copy = make_copy(file, tmp_path / "one.copy")
    await remember(storage, "two", "2")
    await storage.close()

    kept = put_back(copy.path, file, NOW)

    assert remembered(file) == {"one": "1"}
    assert kept is not None
    assert remembered(kept) == {"one": "1", "two": "2"}
    again = await opened(file)
    await remember(again, "three", "3")
    await again.close()


async def test_nothing_is_put_back_under_a_desk_that_works(file: Path, tmp_path: Path) -> None:
    storage = await opened(file)
    copy = make_copy(file, tmp_path / "one.copy")

    async def do(job: Job) -> None:
        """There is none."""

    working = asyncio.create_task(storage.jobs.work(do))
    await asyncio.sleep(0.2)
    with pytest.raises(StorageError, match="stop it first"):
        put_back(copy.path, file, NOW)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await storage.close()


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = b"\xff" * 4096
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _replace(path: Path) -> None:
    path.write_bytes(b"this is no database at all" * 1000)


@pytest.mark.parametrize("break_it", [_damage, _cut, _replace], ids=["damaged", "cut off", "something else"])
async def test_a_bad_copy_is_found_before_anything_is_touched(file: Path, tmp_path: Path, break_it: object) -> None:
    storage = await opened(file)
    for number in range(500):
        await remember(storage, f"row {number}", "x" * 100)
    copy = make_copy(file, tmp_path / "one.copy")
    await storage.close()
    assert callable(break_it)
    break_it(copy.path)

    with pytest.raises(BadCopy):
        put_back(copy.path, file, NOW)

    assert len(remembered(file)) == 500


async def test_what_was_deleted_is_in_no_byte_of_the_file_after_rewriting(file: Path) -> None:
    storage = await opened(file)
    await remember(storage, "secret", "purple harpsichord " * 50)
    await storage.db.write(lambda tx: tx.delete(tx.get_one(Control, "secret")))
    await storage.close()

    forget_deleted(file)

    assert all(b"harpsichord" not in path.read_bytes() for path in file.parent.iterdir())


# ------------------------------------------------------------------ upgrades


def test_an_upgrade_copies_the_file_first(file: Path, tmp_path: Path) -> None:
    url, copies = f"sqlite:///{file}", tmp_path / "copies"
    upgrade(url, copies=copies)
    assert not copies.exists(), "a new database holds nothing worth a copy"
    _go_back_to(file, "0001")

    upgrade(url, copies=copies)

    [copy] = copies.iterdir()
    assert check_copy(copy).schema == "0001"
    assert schema_of(url).missing == ()


def _go_back_to(file: Path, step: str) -> None:
    """A database as an older program left it: made anew by the steps up to this one."""
    from alembic import command

    from storage.db import parse_url
    from storage.db_sqlite import sqlite_engine
    from storage.migrate import _config

    file.unlink()
    engine = sqlite_engine(parse_url(f"sqlite:///{file}"), begin="BEGIN", busy_seconds=1, foreign_keys=False)
    with engine.begin() as connection:
        command.upgrade(_config(connection), step)
    engine.dispose()


def test_a_rehearsal_runs_the_steps_and_changes_nothing(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    newest = schema_of(empty_database_url).newest

    downgrade(empty_database_url, newest, rehearse=True)
    found = rehearse_upgrade(empty_database_url)

    assert found.current == newest
    assert schema_of(empty_database_url).current == newest


def test_an_older_database_rehearses_its_upgrade(file: Path) -> None:
    upgrade(f"sqlite:///{file}")
    _go_back_to(file, "0001")
    before = file.read_bytes()

    found = rehearse_upgrade(f"sqlite:///{file}")

    assert found.current == "0001"
    assert found.missing[0] == "0002"
    assert schema_of(f"sqlite:///{file}").current == "0001"
    assert len(file.read_bytes()) == len(before)


def test_a_step_that_never_was_is_refused_and_nothing_has_changed(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    before = schema_of(empty_database_url)

    with pytest.raises(NoWayBack, match="0000"):
        downgrade(empty_database_url, "0000")

    assert schema_of(empty_database_url) == before


def test_every_step_says_how_it_is_undone() -> None:
    from storage.migrate import _SCRIPTS

    steps = {path.name: path.read_text() for path in (_SCRIPTS / "versions").glob("0*.py")}
    assert [name for name, text in steps.items() if "def downgrade" not in text] == []
