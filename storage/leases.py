"""Things only one process at a time may do (a Slack socket, a mailbox), held by a row that runs out by itself."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col

from storage.types import UtcDateTime


class Lease(SQLModel, table=True):
    """Who holds `name`, and until when unless it is renewed."""

    name: str = Field(primary_key=True, max_length=255)
    holder: str = Field(max_length=255)
    until: datetime = Field(sa_type=UtcDateTime)


def try_lease(tx: Session, name: str, holder: str, seconds: float, now: datetime) -> bool:
    """Take or renew the lease for `seconds` from `now`; False while somebody else holds it.

    The holder must be unique to the process, and must stop before its time is over if it could not renew.
    """
    until = now + timedelta(seconds=seconds)
    free = (col(Lease.holder) == holder) | (col(Lease.until) <= now)
    taken = (
        update(Lease).where(col(Lease.name) == name, free).values(holder=holder, until=until).returning(col(Lease.name))
    )
    if tx.execute(taken).first():
        return True
    return _first(tx, Lease(name=name, holder=holder, until=until))


def _first(tx: Session, lease: Lease) -> bool:
    insert = sqlite.insert if tx.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(Lease).values(**lease.model_dump()).on_conflict_do_nothing().returning(col(Lease.name))
    return tx.execute(row).first() is not None


def release(tx: Session, name: str, holder: str) -> None:
    """Give the lease back early; harmless when somebody else holds it by now."""
    tx.execute(delete(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder))
