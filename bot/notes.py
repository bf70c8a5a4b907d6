"""What the desk notes about itself under a name, kept as rows so that every process and command sees the same."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, select

from storage.models import Note


def keep(tx: Session, name: str, value: dict[str, Any], at: datetime) -> None:
    """Note `value` under `name`, instead of what was there."""
    note = tx.get(Note, name) or Note(name=name, value={}, at=at)
    note.value, note.at = value, at
    tx.add(note)


def find(tx: Session, name: str) -> Note | None:
    """What is noted under `name`."""
    return tx.get(Note, name)


def beginning_with(tx: Session, prefix: str) -> list[Note]:
    """Every note whose name begins so, by name; `prefix` holds no % and no _."""
    return list(tx.exec(select(Note).where(col(Note.name).like(f"{prefix}%")).order_by(col(Note.name))))


def forget(tx: Session, name: str) -> None:
    """Nothing is noted under `name` any more."""
    tx.exec(delete(Note).where(col(Note.name) == name))
