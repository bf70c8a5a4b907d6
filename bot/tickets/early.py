"""News about a message that is not here yet: what Slack delivers again is overtaken by what came later."""

from datetime import timedelta

from sqlmodel import Session, col, delete

from bot import notes
from bot.desk import Desk
from storage.models import Delivery, Note

NAME = "early:"
KEPT = timedelta(hours=1)
"""Slack tries for about six minutes."""


def keep_edit(tx: Session, desk: Desk, delivery: Delivery, external_id: str) -> None:
    """The edit is read again once its message is here, unless it was taken back since."""
    if not was_deleted(tx, delivery, external_id):
        _keep(tx, desk, delivery, external_id, {"delivery": delivery.id})


def keep_deletion(tx: Session, desk: Desk, delivery: Delivery, external_id: str) -> None:
    """The message is gone before it arrives; nothing of its words is kept."""
    _keep(tx, desk, delivery, external_id, {"deleted": True})


def _keep(tx: Session, desk: Desk, delivery: Delivery, external_id: str, value: dict[str, object]) -> None:
    old = col(Note.at) < desk.now() - KEPT
    tx.exec(delete(Note).where(col(Note.name).startswith(NAME, autoescape=True), old))
    notes.keep(tx, _name(delivery, external_id), value, desk.now())


def was_deleted(tx: Session, delivery: Delivery, external_id: str) -> bool:
    """Whether its author took this message back before it arrived."""
    note = notes.find(tx, _name(delivery, external_id))
    return note is not None and bool(note.value.get("deleted"))


def read_edits(tx: Session, desk: Desk, delivery: Delivery, external_id: str) -> None:
    """The message is here: what changed it earlier is read after all."""
    note = notes.find(tx, _name(delivery, external_id))
    edit = tx.get(Delivery, str(note.value.get("delivery"))) if note is not None else None
    if edit is not None:
        edit.outcome = edit.done_at = None
        tx.add(edit)
        desk.jobs.defer(tx, "ingest", edit.id, lane=edit.lane)
        notes.forget(tx, _name(delivery, external_id))


def _name(delivery: Delivery, external_id: str) -> str:
    return f"{NAME}{delivery.channel}:{external_id}"[:255]
