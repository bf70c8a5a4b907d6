"""One call from a database URL to everything we remember with: the data and the jobs, at home on either database."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from storage.db import Database
from storage.jobs import Jobs
from storage.jobs_embedded import EmbeddedJobs
from storage.migrate import upgrade


@dataclass(frozen=True, slots=True)
class Storage:
    """An open database and the jobs that live in it."""

    db: Database
    jobs: Jobs

    async def close(self) -> None:
        """Finish what was asked for and let go of the database; stop `jobs.work` first."""
        await self.db.close()


async def open_storage(
    url: str,
    *,
    heartbeat_seconds: float = 2.0,
    silence_seconds: float = 8.0,
    grace_seconds: float = 5.0,
    copies: Path | None = None,
) -> Storage:
    """Bring the schema up to date and open the database.

    `grace_seconds`: what running jobs get to finish when the worker stops. The other two matter where several processes
    work: each says every `heartbeat_seconds` that it lives, and loses its jobs after `silence_seconds` without.
    `copies`: where a SQLite file is copied to before its schema changes.
    UnknownDatabase for a URL we have no home for, SchemaTooNew for a database of a newer program.
    """
    db = Database(url)
    await asyncio.to_thread(upgrade, url, copies=copies)
    await db.open()
    if db.dialect == "sqlite":
        return Storage(db, EmbeddedJobs(db, grace_seconds=grace_seconds))
    from storage.jobs_postgres import PostgresJobs  # with the engine and its driver, which SQLite needs none of

    return Storage(
        db,
        PostgresJobs(
            db,
            heartbeat_seconds=heartbeat_seconds,
            silence_seconds=silence_seconds,
            grace_seconds=grace_seconds,
        ),
    )
