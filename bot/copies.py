"""Where copies of a SQLite database go; a module of its own, because commands about the file need nothing else."""

from pathlib import Path

from bot.settings import Settings
from storage.backup import default_folder
from storage.db import parse_url


def copies_folder(settings: Settings, *, wanted: bool | None = None) -> Path | None:
    """Where a SQLite file is copied to before its schema changes; None when it is not to be, or on PostgreSQL.

    `wanted` True: where copies go at all, whatever backup.before_upgrade says. Raises UnknownDatabase.
    """
    url = parse_url(settings.database.url)
    if url.drivername != "sqlite" or not (settings.backup.before_upgrade if wanted is None else wanted):
        return None
    return Path(settings.backup.folder) if settings.backup.folder else default_folder(Path(str(url.database)))
