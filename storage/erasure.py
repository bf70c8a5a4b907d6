"""Overwrites personal data in rows that must stay, and finds what is left of a person anywhere in the database."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Enum, LargeBinary, String, Table, TypeDecorator, select, update
from sqlmodel import Session, SQLModel

_PORTION = 200

Row = tuple[Table, Any]
"""A table and the primary key of one of its rows."""


def tables() -> Mapping[str, Table]:
    """Every table of ours, by name."""
    return SQLModel.metadata.tables


def overwrite(tx: Session, table: str, ids: Sequence[str], values: Mapping[str, Any]) -> int:
    """Set these columns in the rows with these ids; returns how many rows there were."""
    found = SQLModel.metadata.tables[table]
    key = next(iter(found.primary_key.columns))
    changed = 0
    for start in range(0, len(ids), _PORTION):
        some = ids[start : start + _PORTION]
        changed += tx.execute(update(found).where(key.in_(some)).values(**values)).rowcount  # type: ignore[attr-defined]
    return changed


def empty_value(table: str, column: str) -> Any:
    """What an emptied column holds: text "", bytes b"", JSON the same kind of nothing as its default ([] or {})."""
    found = SQLModel.metadata.tables[table].c[column]
    if isinstance(found.type, LargeBinary):
        return b""
    if not isinstance(found.type, JSON):
        return ""
    default: Any = found.default
    made = default.arg(None) if default is not None and default.is_callable else {}
    return [] if isinstance(made, list) else {}


def ids_containing(
    tx: Session, table: str, column: str, needles: re.Pattern[str], *, read: Callable[[Any], Any] = lambda value: value
) -> list[str]:
    """Primary keys of the rows whose column (text, JSON or bytes) matches; `read` opens a value that is sealed."""
    found = SQLModel.metadata.tables[table]
    key = next(iter(found.primary_key.columns))
    rows = tx.execute(select(key, found.c[column]).where(found.c[column].is_not(None)))
    return [str(row_id) for row_id, value in rows.yield_per(_PORTION) if needles.search(_text(read(value)))]


def replace_everywhere(
    tx: Session, needles: re.Pattern[str], words: str, *, spared: frozenset[tuple[str, str]] = frozenset()
) -> list[Row]:
    """Put `words` in place of every match in every text, JSON and binary column but the `spared` (table, column).

    Returns the rows that were changed. A key or a unique value gets the words with the row's own id.
    """
    changed: list[Row] = []
    for table in SQLModel.metadata.sorted_tables:
        columns = [c for c in table.columns if _may_hold_words(c.type)]
        columns = [c for c in columns if (table.name, c.name) not in spared and not c.foreign_keys]
        for key, values in _matching(tx, table, [c.name for c in columns], needles):
            new = {name: _replaced(value, needles, words) for name, value in values.items()}
            tx.execute(update(table).where(_is_row(table, key)).values(**new))
            changed.append((table, key))
    return changed


def _may_hold_words(kind: Any) -> bool:
    """Text however SQLModel wraps it, JSON and bytes; the words of an enum are ours."""
    plain = kind.impl if isinstance(kind, TypeDecorator) else kind
    return isinstance(plain, String | JSON | LargeBinary) and not isinstance(plain, Enum)


def _matching(
    tx: Session, table: Table, names: list[str], needles: re.Pattern[str]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Rows in which something matches: their key and the columns that do."""
    keys = list(table.primary_key.columns)
    if not names:
        return
    for row in tx.execute(select(*keys, *(table.c[name] for name in names))).all():
        found = {
            name: value
            for name, value in zip(names, row[len(keys) :], strict=True)
            if value is not None and needles.search(_text(value))
        }
        if found:
            yield tuple(row[: len(keys)]), found


def _is_row(table: Table, key: tuple[Any, ...]) -> Any:
    first, *rest = [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
    for condition in rest:
        first = first & condition
    return first


def _text(value: Any) -> str:
    """Whatever is in a column, as text in which names can be looked for."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _replaced(value: Any, needles: re.Pattern[str], words: str) -> Any:
    if isinstance(value, bytes | memoryview):
        return b""  # bytes have a form of their own, which a replacement would break
    if isinstance(value, str):
        return needles.sub(words, value)
    if isinstance(value, dict):
        return {needles.sub(words, key): _replaced(inner, needles, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, needles, words) for inner in value]
    return value
