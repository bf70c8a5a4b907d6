"""Brings a database to the schema of this program, once, however many processes start together.

`python -m storage.migrate revision "what changes"` writes the next step from the difference between the steps so far
and the models; read it before you commit it. `python -m storage.migrate upgrade URL` runs the steps by hand.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, URL, Connection, Engine, String, text
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import storage.jobs_embedded
import storage.leases
import storage.models  # noqa: F401  (all three fill the metadata)
from storage.db import parse_url
from storage.db_postgres import postgres_engine
from storage.db_sqlite import busy_said, sqlite_engine
from storage.procrastinate_schema import bring_forward
from storage.transactions import StorageError, StorageUnreachable
from storage.types import UtcDateTime

_SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 4_747_301  # any number, as long as every version of this program uses the same
_LOCK_SECONDS = 60.0


class SchemaTooNew(StorageError):
    """The database was already used by a newer program; this one would damage what it does not know."""


def upgrade(url: str) -> None:
    """Run every step the database has not had yet, in one transaction, while other processes wait.

    SchemaTooNew when the database knows a step this program does not. StorageUnreachable, StorageBusy as usual.
    """
    parsed = parse_url(url)
    if parsed.drivername == "sqlite":
        _upgrade_sqlite(parsed)
    else:
        _upgrade_postgres(parsed)


def _upgrade_sqlite(url: URL) -> None:
    Path(str(url.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
    # A step that rebuilds a table would trip over keys that point to the old one.
    options: dict[str, Any] = {"busy_seconds": _LOCK_SECONDS, "foreign_keys": False}
    with _engine(sqlite_engine(url, begin="BEGIN", **options)) as engine, engine.connect() as connection:
        if _up_to_date(connection):
            return
    # Taking the write lock first makes other processes wait at the door instead of half way.
    with _engine(sqlite_engine(url, begin="BEGIN IMMEDIATE", **options)) as engine, busy_said(_LOCK_SECONDS):
        _run_steps(engine)


def _upgrade_postgres(url: URL) -> None:
    with _engine(postgres_engine(url, connections=2)) as engine:
        try:
            guard = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except OperationalError as error:
            raise StorageUnreachable(f"the database cannot be reached: {error.orig}") from error
        with guard:  # the lock lives as long as this connection
            guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
            current = engine.execution_options(isolation_level="READ COMMITTED")
            _run_steps(current)
            with current.connect() as connection:
                bring_forward(connection)
            guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})


def _run_steps(engine: Engine) -> None:
    with engine.begin() as connection:
        if not _up_to_date(connection):
            command.upgrade(_config(connection), "head")


def _up_to_date(connection: Connection) -> bool:
    """Whether there is nothing to do; SchemaTooNew when the database is ahead of us."""
    steps = ScriptDirectory(str(_SCRIPTS))
    known = {step.revision for step in steps.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise SchemaTooNew(
            f"the database has schema {current}, this program knows up to {steps.get_current_head()}: "
            "start the newer program again, or restore the backup made before the upgrade"
        )
    return current == steps.get_current_head()


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    formatting = {"hooks": "ruff", "ruff.type": "module", "ruff.module": "ruff"}
    for name, value in {**formatting, "ruff.options": "format REVISION_SCRIPT_FILENAME"}.items():
        config.set_section_option("post_write_hooks", name, value)
    return config


@contextmanager
def _engine(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def comparison(connection: Connection) -> dict[str, Any]:
    """How models and database are compared: Procrastinate's tables are not ours, and SQLite alters by rebuilding."""
    return {
        "target_metadata": SQLModel.metadata,
        "include_name": lambda name, kind, parents: not (kind == "table" and name.startswith("procrastinate_")),
        "render_as_batch": connection.dialect.name == "sqlite",
        "render_item": _render_type,
        "compare_type": True,
    }


def _render_type(kind: str, item: object, context: object) -> str | bool:
    """Plain types in the steps, which must stay what they were when our own types change."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, JSON):
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    if isinstance(item, SqlEnum):
        return f"sa.String({item.length})"
    if isinstance(item, AutoString) and isinstance(item.impl, String):
        return f"sa.String({item.impl.length or ''})"
    return False


def write_step(message: str) -> None:
    """Write the next step: what the models have and a database with all steps so far has not."""
    number = len(list(ScriptDirectory(str(_SCRIPTS)).walk_revisions())) + 1
    with tempfile.TemporaryDirectory() as folder:
        url = parse_url(f"sqlite:///{folder}/empty.db")
        with _engine(sqlite_engine(url, begin="BEGIN", busy_seconds=1, foreign_keys=False)) as engine:
            if number > 1:
                _run_steps(engine)
            with engine.connect() as connection:
                command.revision(_config(connection), message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["revision", message]:
            write_step(message)
        case ["upgrade", url]:
            upgrade(url)
        case _:
            sys.exit(__doc__)
