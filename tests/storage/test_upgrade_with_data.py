"""A database that is full keeps everything: up from every schema there was, down for an older program, and up again."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Session, SQLModel, select

from storage.db import parse_url
from storage.migrate import _SCRIPTS, _any_engine, _config, _engine, downgrade, rehearse_upgrade, schema_of, upgrade
from tests.storage.test_migrate import connected

SCHEMAS = [step.revision for step in reversed(list(ScriptDirectory(str(_SCRIPTS)).walk_revisions()))]
AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ROWS = 3

Rows = dict[str, list[dict[str, Any]]]


def bring_to(url: str, schema: str) -> None:
    """An empty database as the program of that time made it."""
    with _engine(_any_engine(parse_url(url))) as engine, engine.begin() as connection:
        command.upgrade(_config(connection), schema)


def fill(url: str) -> Rows:
    """Rows in every table there is, with something in every column; indexes of words are made anew by the program."""
    with connected(url) as connection:
        known = SQLModel.metadata.tables
        return {name: _fill(connection, table) for name, table in _ours(connection).items() if name in known}


def _ours(connection: Connection) -> dict[str, Table]:
    """Our tables as they are in this database, parents first."""
    found = MetaData()
    found.reflect(connection)
    foreign = ("procrastinate_", "alembic_", "knowledge_words")  # the last is an index, made anew from the passages
    return {table.name: table for table in found.sorted_tables if not table.name.startswith(foreign)}


def _fill(connection: Connection, table: Table) -> list[dict[str, Any]]:
    rows = [{column.name: _value(table.name, column, number) for column in table.columns} for number in range(ROWS)]
    connection.execute(insert(table), rows)
    return rows


def _value(table: str, column: Column[Any], number: int) -> Any:
    """Unlike in every row; a foreign key names the parent's row of the same number."""
    for key in column.foreign_keys:
        parent = key.column.table.name
        return _value(parent, key.column, number)
    known = _now(table, column.name)
    if isinstance(known, SqlEnum):
        return known.enums[number % len(known.enums)]
    match known if known is not None else column.type:
        case Boolean():
            return bool(number % 2)
        case Integer() | Float():
            return 10 * number
        case DateTime():
            return AT.replace(minute=number)
        case LargeBinary():
            return b"\x00\xff bytes %d" % number
        case String():
            return f"{table[:8]}.{column.name[:12]} ü {number}"[: column.type.length or 200]
    return {"of": column.name, "number": number, "words": "naïve"}


def _now(table: str, column: str) -> TypeEngine[Any] | None:
    """The type this program knows for the column; SQLite itself knows few."""
    ours = SQLModel.metadata.tables.get(table)
    if ours is None or column not in ours.columns:
        return None
    found = ours.columns[column].type
    return found.impl_instance if isinstance(found, TypeDecorator) else found


def kept(url: str, filled: Rows) -> None:
    """Every row is there, every value that has a column is what it was, and the program can read all of it."""
    with connected(url) as connection, Session(connection) as tx:
        for name, rows in filled.items():
            model = next(each.class_ for each in SQLModel._sa_registry.mappers if each.class_.__tablename__ == name)
            key = next(iter(SQLModel.metadata.tables[name].primary_key.columns)).name
            there = {getattr(row, key): row for row in tx.exec(select(model))}
            for row in rows:
                now = there[row[key]]
                assert {column: _plain(getattr(now, column)) for column in row if hasattr(now, column)} == {
                    column: value for column, value in row.items() if hasattr(now, column)
                }, name


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_full_database_of_every_schema_so_far_comes_up_with_all_its_rows(
    empty_database_url: str, schema: str
) -> None:
    bring_to(empty_database_url, schema)
    filled = fill(empty_database_url)
    assert len(filled) > 15

    rehearsed = rehearse_upgrade(empty_database_url)
    assert (rehearsed.current, rehearsed.missing) == (schema, tuple(SCHEMAS[SCHEMAS.index(schema) + 1 :]))
    assert schema_of(empty_database_url).current == schema, "a rehearsal leaves nothing behind"
    upgrade(empty_database_url)

    assert schema_of(empty_database_url).missing == ()
    kept(empty_database_url, filled)


def test_every_step_down_can_be_tried_and_then_taken_and_what_has_a_place_is_kept(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    filled = fill(empty_database_url)
    newest = SCHEMAS[-1]

    for schema in reversed(SCHEMAS[:-1]):
        before = schema_of(empty_database_url).current
        assert downgrade(empty_database_url, schema, rehearse=True).newest == newest
        assert schema_of(empty_database_url).current == before, "only tried"
        downgrade(empty_database_url, schema)
        assert schema_of(empty_database_url).current == schema

    first = _columns(empty_database_url)
    upgrade(empty_database_url)
    kept(
        empty_database_url,
        {name: [{key: row[key] for key in first[name]} for row in filled[name]] for name in first if name in filled},
    )


def _columns(url: str) -> dict[str, set[str]]:
    with connected(url) as connection:
        return {name: {column.name for column in table.columns} for name, table in _ours(connection).items()}


def test_down_to_the_very_beginning_leaves_no_table_of_ours(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    fill(empty_database_url)

    downgrade(empty_database_url, "base")

    assert _columns(empty_database_url) == {}
