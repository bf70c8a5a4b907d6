"""Brings a database to the schema of this program, once, however many processes start together.

`python -m storage.migrate revision "what changes"` writes the next step from the difference between the steps so far
and the models; read it before you commit it. `python -m storage.migrate upgrade URL` runs the steps by hand.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import JSON, URL, Connection, Engine, String, text
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import storage.jobs_embedded
import storage.leases
import storage.models  # noqa: F401  (all three fill the metadata)
from storage.backup import copy_name, make_copy
from storage.db import parse_url
from storage.db_postgres import postgres_engine
from storage.db_sqlite import busy_said, sqlite_engine
from storage.transactions import StorageError, StorageUnreachable
from storage.types import BigNumber, Bounded, UtcDateTime

_SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 4_747_301  # any number, as long as every version of this program uses the same
_LOCK_SECONDS = 60.0


class SchemaTooNew(StorageError):
    """The database was already used by a newer program; this one would damage what it does not know."""


class NoWayBack(StorageError):
    """A step that cannot be undone; the backup made before it can be restored."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Where a database stands: its own step (None: no tables yet), the newest we know, and those in between."""

    current: str | None
    newest: str
    missing: tuple[str, ...]


def upgrade(url: str, *, copies: Path | None = None) -> None:
    """Run every step the database has not had yet, in one transaction, while other processes wait.

    `copies`: where a SQLite file that holds something is copied to first; None: nowhere.
    SchemaTooNew when the database knows a step this program does not. StorageUnreachable, StorageBusy as usual.
    """
    parsed = parse_url(url)
    if parsed.drivername == "sqlite":
        _upgrade_sqlite(parsed, copies)
    else:
        _upgrade_postgres(parsed)


def schema_of(url: str) -> Schema:
    """Look, and change nothing. SchemaTooNew and StorageUnreachable as `upgrade`."""
    with _looking(url) as connection:
        return _schema(connection)


def rehearse_upgrade(url: str) -> Schema:
    """Run the missing steps and take them back again: what is returned was missing and is so still."""
    with _rehearsal(url) as connection:
        found = _schema(connection)
        command.upgrade(_config(connection), "head")
    return found


def downgrade(url: str, to: str, *, rehearse: bool = False, copies: Path | None = None) -> Schema:
    """Undo the steps after `to`, or only try it. NoWayBack when one cannot be undone; nothing has changed then."""
    with _looking(url) as connection:
        found = _schema(connection)
    parsed = parse_url(url)
    if copies is not None and not rehearse and parsed.drivername == "sqlite":
        file = Path(str(parsed.database))
        make_copy(file, copies / copy_name(file, f"before-down-to-{to}", datetime.now(UTC)))
    with _rehearsal(url, keep=not rehearse) as connection:
        try:
            command.downgrade(_config(connection), to)
        except AttributeError as error:
            raise NoWayBack(f"a step after {to} cannot be undone: restore the backup made before it") from error
        except CommandError as error:
            raise NoWayBack(f"{to}: {error}") from error
    return found


def _schema(connection: Connection) -> Schema:
    _up_to_date(connection)
    steps = ScriptDirectory(str(_SCRIPTS))
    current = MigrationContext.configure(connection).get_current_revision()
    newest = str(steps.get_current_head())
    missing = [step.revision for step in steps.iterate_revisions(newest, current or "base")]
    return Schema(current, newest, tuple(reversed(missing)))


@contextmanager
def _looking(url: str) -> Iterator[Connection]:
    """A connection that is only read from; StorageUnreachable when there is none to be had."""
    parsed = parse_url(url)
    if parsed.drivername == "sqlite" and not Path(str(parsed.database)).exists():
        raise StorageUnreachable(f"{parsed.database}: there is no such file yet")
    with _engine(_any_engine(parsed)) as engine:
        try:
            connection = engine.connect()
        except OperationalError as error:
            raise StorageUnreachable(f"the database cannot be reached: {error.orig}") from error
        with connection:
            yield connection


@contextmanager
def _rehearsal(url: str, *, keep: bool = False) -> Iterator[Connection]:
    """One transaction that is undone at the end, unless it is to be kept."""
    with _looking(url) as connection:
        # Begun here, or the steps would begin one of their own, and commit it.
        connection.begin()
        yield connection
        if keep:
            connection.commit()
        else:
            connection.rollback()


def _any_engine(url: URL) -> Engine:
    if url.drivername == "sqlite":
        return sqlite_engine(url, begin="BEGIN", busy_seconds=_LOCK_SECONDS, foreign_keys=False)
    return postgres_engine(url, connections=1).execution_options(isolation_level="READ COMMITTED")


def _upgrade_sqlite(url: URL, copies: Path | None) -> None:
    Path(str(url.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
    # A step that rebuilds a table would trip over keys that point to the old one.
    options: dict[str, Any] = {"busy_seconds": _LOCK_SECONDS, "foreign_keys": False}
    with _engine(sqlite_engine(url, begin="BEGIN", **options)) as engine, engine.connect() as connection:
        if _up_to_date(connection):
            return
        found = _schema(connection)
    if copies is not None and found.current is not None:
        file = Path(str(url.database))
        make_copy(file, copies / copy_name(file, f"before-{found.newest}", datetime.now(UTC)))
    # Taking the write lock first makes other processes wait at the door instead of half way.
    with _engine(sqlite_engine(url, begin="BEGIN IMMEDIATE", **options)) as engine, busy_said(_LOCK_SECONDS):
        _run_steps(engine)


def _upgrade_postgres(url: URL) -> None:
    from storage.procrastinate_schema import bring_forward  # with the engine, which SQLite needs nothing of

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


_NOT_MODELS = ("procrastinate_", "knowledge_words")


def comparison(connection: Connection) -> dict[str, Any]:
    """How models and database are compared: Procrastinate's tables are not ours, and SQLite alters by rebuilding.

    The word index of passages is a virtual table on SQLite and none that models can say on PostgreSQL.
    """
    return {
        "target_metadata": SQLModel.metadata,
        "include_name": lambda name, kind, parents: not (kind == "table" and name.startswith(_NOT_MODELS)),
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
    if isinstance(item, AutoString | Bounded) and isinstance(item.impl, String):
        return f"sa.String({item.impl.length or ''})"
    if item is BigNumber:
        return "sa.BigInteger()"
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
