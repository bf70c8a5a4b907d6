"""The column types and ids every table shares, alike on SQLite and PostgreSQL."""

import hashlib
import secrets
import threading
import time
from enum import Enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, MetaData, String, TypeDecorator
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

# Constraints need names, or a later migration on SQLite cannot say which one it drops.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


UtcDateTime = UTCDateTime
"""An aware time, stored as UTC, returned as aware UTC and sorted by time on both databases; a naive one: ValueError."""

JsonColumn = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""Any JSON value. A change inside it is not noticed: assign a new value to the attribute."""

BigNumber = Integer().with_variant(BigInteger, "postgresql")
"""A whole number up to 2**63 - 1, which SQLite's INTEGER always is: minor units, sizes and counters of others."""


class Bounded(TypeDecorator[str]):
    """Text of at most `length` characters; what is longer keeps its beginning and gets its hash as end.

    PostgreSQL would refuse the whole row, and SQLite would keep what PostgreSQL cannot. Values that are compared
    with the column are shortened alike, so that a long key still finds its row and two long keys stay two.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or len(value) <= self.length else bounded(value, self.length)


def bounded(text: str, length: int) -> str:
    """`text`, or its beginning and as much of its SHA-256 as fits: different texts stay different."""
    if len(text) <= length:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[: max(length // 2, 1)]
    return f"{text[: length - len(digest) - 1]}#{digest}"[:length]


def bound_texts(metadata: MetaData) -> None:
    """Every text column with a `max_length` becomes one that shortens instead of refusing."""
    for table in metadata.tables.values():
        for column in table.columns:
            length = getattr(column.type, "length", None) if isinstance(column.type, AutoString) else None
            if length is not None:
                column.type = Bounded(length)


def enum_type(kind: type[Enum]) -> SqlEnum:
    """A text column holding the enum's values (never its names); an unknown value is refused on the way in and out."""
    return SqlEnum(kind, native_enum=False, length=32, values_callable=_values)


def _values(kind: type[Enum]) -> list[Any]:
    return [member.value for member in kind]


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: ids are read aloud and typed
_BITS_COUNTER, _BITS_RANDOM = 16, 64
_lock = threading.Lock()
_last_moment = 0


def new_id(prefix: str) -> str:
    """`tkt_` + 26 characters: milliseconds, a counter and 64 random bits.

    Sorted by age: within one process strictly, also when the clock steps back; between processes by the millisecond.
    """
    number = _next_moment() << _BITS_RANDOM | secrets.randbits(_BITS_RANDOM)
    return prefix + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def _next_moment() -> int:
    global _last_moment
    with _lock:
        now = time.time_ns() // 1_000_000 << _BITS_COUNTER
        _last_moment = max(now, _last_moment + 1)
        return _last_moment
