"""The column types and ids every table shares, alike on SQLite and PostgreSQL."""

import secrets
import threading
import time
from enum import Enum
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

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
