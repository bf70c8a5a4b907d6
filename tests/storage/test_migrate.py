"""The steps lead to the models, once, on both databases."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, create_engine, inspect, text
from sqlmodel import SQLModel

from storage.migrate import SchemaTooNew, comparison, upgrade


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def execute(url: str, statement: str) -> None:
    with connected(url) as connection:
        connection.execute(text(statement))


def scalar(url: str, statement: str) -> object:
    with connected(url) as connection:
        return connection.execute(text(statement)).scalar()


def test_the_steps_lead_to_the_models(empty_database_url: str) -> None:
    upgrade(empty_database_url)

    with connected(empty_database_url) as connection:
        context = MigrationContext.configure(connection, opts=comparison(connection))
        assert compare_metadata(context, SQLModel.metadata) == []


def test_upgrading_again_keeps_the_rows(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    execute(empty_database_url, "INSERT INTO control VALUES ('paused', 'yes', 'U1', '2030-01-01 00:00:00.000000')")
    upgrade(empty_database_url)

    assert scalar(empty_database_url, "SELECT value FROM control") == "yes"


def test_processes_that_start_together_upgrade_once(empty_database_url: str) -> None:
    command = [sys.executable, "-m", "storage.migrate", "upgrade", empty_database_url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0] * 3, errors
    assert scalar(empty_database_url, "SELECT count(*) FROM alembic_version") == 1


def test_a_database_of_a_newer_program_is_refused_and_left_alone(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    execute(empty_database_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SchemaTooNew, match="9999"):
        upgrade(empty_database_url)
    assert scalar(empty_database_url, "SELECT version_num FROM alembic_version") == "9999"


def test_procrastinate_of_an_older_version_is_brought_forward(empty_postgres_url: str) -> None:
    steps = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    old = [step for step in steps if step.name < "03.04"]
    assert 0 < len(old) < len(steps)
    with psycopg.connect(empty_postgres_url) as connection:
        for step in old:
            connection.execute(step.read_bytes())
            connection.commit()
        note = f"kept by helpdesk, migrated up to {old[-1].name}"
        connection.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{note}'".encode())
    newest_function = "SELECT count(*) FROM pg_proc WHERE proname = 'procrastinate_retry_job_v2'"
    assert scalar(empty_postgres_url, newest_function) == 0

    upgrade(empty_postgres_url)
    upgrade(empty_postgres_url)

    assert scalar(empty_postgres_url, newest_function) == 1


def test_procrastinate_of_somebody_else_is_left_alone(empty_postgres_url: str) -> None:
    upgrade(empty_postgres_url)
    execute(empty_postgres_url, "COMMENT ON TABLE procrastinate_jobs IS 'ours, says another program'")
    upgrade(empty_postgres_url)

    assert scalar(empty_postgres_url, "SELECT obj_description(to_regclass('procrastinate_jobs'))") == (
        "ours, says another program"
    )


def test_sqlite_has_no_tables_of_procrastinate(empty_sqlite_url: str) -> None:
    upgrade(empty_sqlite_url)

    with connected(empty_sqlite_url) as connection:
        assert not [name for name in inspect(connection).get_table_names() if name.startswith("procrastinate")]
