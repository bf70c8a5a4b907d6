"""Checks of the database: can it be reached and written, is its schema ours, is there a copy of it."""

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.doctor.findings import Finding, Patient, error, note, ok, warning
from storage.backup import default_folder
from storage.db import parse_url
from storage.migrate import SchemaTooNew, schema_of
from storage.transactions import StorageError, UnknownDatabase

OLD_COPY = timedelta(days=2)
# File systems of other machines: their locks cannot be relied on, https://www.sqlite.org/howtocorrupt.html
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"})


async def database(patient: Patient) -> list[Finding]:
    """Reached, written to and, for SQLite, on a disk of this machine and in write-ahead mode."""
    url = patient.settings.database.url
    try:
        parsed = parse_url(url)
    except UnknownDatabase as trouble:
        return [error(str(trouble), "set database.url")]
    if parsed.drivername != "sqlite":
        return await _postgres(patient)
    return await asyncio.to_thread(_sqlite, Path(str(parsed.database)))


async def _postgres(patient: Patient) -> list[Finding]:
    if patient.storage is not None:
        return [ok("PostgreSQL answers")]
    try:
        await asyncio.to_thread(schema_of, patient.settings.database.url)
    except SchemaTooNew:
        return [ok("PostgreSQL answers")]
    except StorageError as trouble:
        return [error(str(trouble), "see whether the server runs, and whether database.url is right")]
    return [ok("PostgreSQL answers")]


def _sqlite(file: Path) -> list[Finding]:
    folder = file.absolute().parent
    if not file.exists():
        return [_can_be_made(folder)]
    found = []
    try:
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
            mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    except sqlite3.Error as trouble:
        return [
            error(f"{file} cannot be written: {trouble}", f"ls -l {file}; is a disk full, or another user its owner?")
        ]
    if mode != "wal":
        found.append(warning(f"{file} is in {mode} mode", "start `helpdesk run` once: it sets write-ahead mode"))
    kind = _file_system(folder)
    if kind in REMOTE:
        found.append(error(f"{folder} is on {kind}: SQLite may be damaged there", "use a local disk, or PostgreSQL"))
    return found or [ok(f"{file} can be written")]


def _can_be_made(folder: Path) -> Finding:
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return error(f"the database does not exist and {folder} cannot be written", f"chown or chmod {folder}")
    return ok("there is no database yet; `helpdesk run` makes it")


def _file_system(folder: Path) -> str:
    """The kind of the file system that holds the folder; "" where the kernel does not say."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return ""
    best = ("", "")
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, place, kind, *_ = line.split()
        place = place.replace("\\040", " ")
        if folder.is_relative_to(place) and len(place) >= len(best[0]):
            best = (place, kind)
    return best[1]


async def schema(patient: Patient) -> list[Finding]:
    """Exactly the schema of this program, or one it can upgrade."""
    try:
        found = await asyncio.to_thread(schema_of, patient.settings.database.url)
    except SchemaTooNew as trouble:
        return [error(str(trouble), "install the newer helpdesk again, or: helpdesk restore COPY")]
    except StorageError:
        return [note("there are no tables yet", "helpdesk db upgrade (or just: helpdesk run)")]
    if found.missing:
        return [warning(f"schema {found.current}, this program has {found.newest}", "helpdesk db upgrade")]
    return [ok(f"schema {found.newest}")]


async def backups(patient: Patient) -> list[Finding]:
    """A copy that is not old; PostgreSQL is copied by its own tools."""
    parsed = parse_url(patient.settings.database.url)
    if parsed.drivername != "sqlite":
        return [note("PostgreSQL is copied by pg_dump or your provider", "see deploy/BACKUP.md")]
    return await asyncio.to_thread(_copies, Path(str(parsed.database)), patient.settings.backup.folder)


def _copies(file: Path, chosen: str | None) -> list[Finding]:
    if not file.exists():
        return [ok("there is nothing to copy yet")]
    folder = Path(chosen) if chosen else default_folder(file)
    newest = max((copy.stat().st_mtime for copy in folder.glob("*.db")), default=None) if folder.is_dir() else None
    if newest is None:
        return [note(f"there is no copy in {folder}", "helpdesk backup (put it into cron; see deploy/BACKUP.md)")]
    age = datetime.now(UTC) - datetime.fromtimestamp(newest, UTC)
    if age > OLD_COPY:
        return [warning(f"the newest copy in {folder} is {age.days} days old", "helpdesk backup")]
    return [ok(f"the newest copy is {age.total_seconds() / 3600:.0f} hours old")]
