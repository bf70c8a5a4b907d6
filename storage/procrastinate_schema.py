"""Procrastinate's own tables beside ours: created when absent, brought forward when its version was."""

from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

_NOTE = "kept by helpdesk, migrated up to "
_STEPS = Path(SchemaManager.get_migrations_path())


def bring_forward(connection: Connection) -> None:
    """Create or migrate the tables, under the caller's lock; a schema somebody else made is left to them."""
    newest = _steps()[-1]
    if not _present(connection):
        _run(connection, SchemaManager.get_schema(), newest)
        return
    applied = _applied(connection)
    for step in _steps():
        if applied is not None and step > applied:
            _run(connection, (_STEPS / step).read_text(encoding="utf-8"), step)


def _steps() -> list[str]:
    return sorted(path.name for path in _STEPS.glob("*.sql"))


def _present(connection: Connection) -> bool:
    return connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is not None


def _applied(connection: Connection) -> str | None:
    """The last step we applied; None when the tables are not ours to change."""
    note = connection.execute(text("SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')")).scalar()
    return note.removeprefix(_NOTE) if note and note.startswith(_NOTE) else None


def _run(connection: Connection, script: str, step: str) -> None:
    """One step and the note that it was done, committed together."""
    # Straight to the driver: several statements in one string, and percent signs that are no parameters.
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(script)
    raw.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{_NOTE}{step}'")
    connection.commit()
