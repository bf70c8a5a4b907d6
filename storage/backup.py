"""Copies of a SQLite database: made while it is in use, checked, and put back."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.transactions import StorageError

_PRIVATE = 0o600


class BadCopy(StorageError):
    """A backup that must not be relied on; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What was found in a copy: its schema and how many rows each table has."""

    path: Path
    schema: str | None
    rows: dict[str, int]


def default_folder(database: Path) -> Path:
    """Where copies go unless the operator chose another place."""
    return database.absolute().parent / "backups"


def copy_name(database: Path, why: str, now: datetime) -> str:
    """Sorted by time, and says why it was made: helpdesk-20300101T120000.000000Z-before-0003.db."""
    return f"{database.stem}-{now.astimezone(UTC):%Y%m%dT%H%M%S.%f}Z-{why}.db"


def make_copy(database: Path, target: Path) -> Copy:
    """Write everything committed so far to `target`, readable by its owner alone, and check it.

    The desk may go on working. BadCopy or StorageError: there is no file at `target`.
    """
    if not database.exists():
        raise StorageError(f"{database}: there is no such file")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE))
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as source:
            source.execute("VACUUM INTO ?", (str(partial),))
        _to_disk(partial)
        copy = check_copy(partial)
        partial.rename(target)
        _to_disk(target.parent)
    except sqlite3.Error as error:
        raise StorageError(f"{database} could not be copied: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return Copy(target, copy.schema, copy.rows)


def check_copy(path: Path) -> Copy:
    """Read every page and every key of the copy. BadCopy when SQLite finds anything wrong with it."""
    if not path.is_file():
        raise BadCopy(f"{path}: there is no such file")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            _check_pages(copy, path)
            names = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {name: int(copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in sorted(names)}
            found = (
                copy.execute("SELECT version_num FROM alembic_version").fetchone()
                if "alembic_version" in rows
                else None
            )
    except sqlite3.Error as error:
        raise BadCopy(f"{path}: {error}") from error
    return Copy(path, found[0] if found else None, rows)


def _check_pages(copy: sqlite3.Connection, path: Path) -> None:
    said = [line for (line,) in copy.execute("PRAGMA integrity_check(5)")]
    if said != ["ok"]:
        raise BadCopy(f"{path}: {'; '.join(said)}")
    loose = copy.execute("PRAGMA foreign_key_check").fetchone()
    if loose is not None:
        raise BadCopy(f"{path}: a row of {loose[0]} points to a row of {loose[2]} that is not there")


def put_back(copy: Path, database: Path, now: datetime) -> Path | None:
    """Make `copy` the database; returns where the one before was kept, None when there was none.

    StorageError while a helpdesk works on it; BadCopy before anything is touched.
    """
    check_copy(copy)
    with _nobody_works(database):
        kept = _set_aside(database, now)
        partial = database.with_name(database.name + ".partial")
        partial.unlink(missing_ok=True)
        with (
            open(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE), "wb") as target,
            copy.open("rb") as source,
        ):
            while block := source.read(1 << 20):
                target.write(block)
        _to_disk(partial)
        partial.rename(database)
        _to_disk(database.absolute().parent)
    return kept


def _set_aside(database: Path, now: datetime) -> Path | None:
    """Rename the database in use, with what its log still holds written into it first."""
    if not database.exists():
        return None
    with closing(sqlite3.connect(database)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = database.with_name(copy_name(database, "before-restore", now))
    database.rename(kept)
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    return kept


@contextmanager
def _nobody_works(database: Path) -> Iterator[None]:
    """Hold the lock of the job engine, which says whether a helpdesk runs."""
    database.absolute().parent.mkdir(parents=True, exist_ok=True)
    with database.with_name(database.name + ".lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageError(f"a helpdesk works on {database}: stop it first") from None
        yield


def forget_deleted(database: Path) -> None:
    """Rewrite the file, so that nothing deleted or overwritten is left in free pages or in the write-ahead log.

    StorageError when somebody else keeps reading or writing for a minute; nothing is lost then.
    """
    try:
        with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error as error:
        raise StorageError(f"{database} could not be rewritten: {error}; run the command again") from error
    if busy:
        raise StorageError(f"{database} is being read, so its log still holds what was erased; run the command again")


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
