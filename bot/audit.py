"""Writes the audit log."""

from typing import Any

from sqlmodel import Session

from bot.desk import Desk
from storage.models import Event


def record(tx: Session, desk: Desk, actor: str, kind: str, subject_id: str | None, data: dict[str, Any]) -> None:
    """Append one line: who did what to which row."""
    tx.add(Event(at=desk.now(), actor=actor, kind=kind, subject_id=subject_id, data=data))
