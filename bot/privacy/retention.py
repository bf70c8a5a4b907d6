"""Keeps each kind of data no longer than the settings say; the rows stay, so that everything is still accounted for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists
from sqlmodel import Session, col, delete, select

from bot.audit import record
from bot.desk import Desk
from storage.erasure import overwrite
from storage.models import (
    Action,
    Attachment,
    Blob,
    Decision,
    Delivery,
    Escalation,
    MemoryItem,
    Message,
    Note,
    Outcome,
    Run,
    Step,
    Ticket,
    TicketStatus,
)

MOST_AT_ONCE = 500
MOST_TICKETS = 50
OVER = (TicketStatus.SOLVED, TicketStatus.CLOSED)
KEEP_NOTIFIED = timedelta(days=30)


async def keep_no_longer(desk: Desk) -> int:
    """Empty what is older than it may be, in small transactions; returns how many rows were emptied."""
    chosen = desk.settings.retention
    total = 0
    for name, days, empty in (
        ("raw", chosen.raw_days, empty_raw),
        ("trace", chosen.trace_days, empty_traces),
        ("memory", chosen.memory_days, forget_memory),
        ("ticket", chosen.ticket_days, empty_tickets),
    ):
        if days is not None:
            total += await _repeatedly(desk, name, desk.now() - timedelta(days=days), empty)
    await desk.db.write(lambda tx: _tidy_notes(tx, desk.now()))
    return total


async def _repeatedly(desk: Desk, name: str, before: datetime, empty: Callable[[Session, datetime], int]) -> int:
    total = 0
    while done := await desk.db.write(lambda tx: empty(tx, before)):
        total += done
    if total:
        await desk.db.write(lambda tx: record(tx, desk, "bot", "kept_no_longer", None, {"what": name, "rows": total}))
    return total


def empty_raw(tx: Session, before: datetime) -> int:
    """The bytes of what was understood; what is in quarantine stays until a person has looked."""
    understood = col(Delivery.outcome).is_not(None) & (col(Delivery.outcome) != Outcome.QUARANTINED)
    ids = list(
        tx.exec(
            select(Delivery.id)
            .where(understood, col(Delivery.received_at) < before, col(Delivery.body) != b"")
            .limit(MOST_AT_ONCE)
        )
    )
    return overwrite(tx, "delivery", ids, {"body": b"", "envelope": {}})


def empty_traces(tx: Session, before: datetime) -> int:
    """What models and tools said in runs that are over; tokens, times and costs stay."""
    ids = list(
        tx.exec(
            select(Step.id)
            .join(Run, col(Run.id) == col(Step.run_id))
            .where(col(Step.at) < before, col(Run.ended_at).is_not(None), col(Step.data) != {})
            .limit(MOST_AT_ONCE)
        )
    )
    return overwrite(tx, "step", ids, {"data": {}})


def forget_memory(tx: Session, before: datetime) -> int:
    """The team's history of tickets that are over."""
    ids = list(
        tx.exec(
            select(MemoryItem.id)
            .join(Ticket, col(Ticket.id) == col(MemoryItem.ticket_id))
            .where(col(Ticket.status).in_(OVER), col(Ticket.updated_at) < before)
            .limit(MOST_AT_ONCE)
        )
    )
    tx.exec(delete(MemoryItem).where(col(MemoryItem.id).in_(ids)))
    return len(ids)


def empty_tickets(tx: Session, before: datetime) -> int:
    """The words and files of tickets that are over; who, when, how much and what was decided stay."""
    worded = (col(Message.text) != "") | (col(Message.full_text) != "")
    has_words = exists().where(col(Message.ticket_id) == col(Ticket.id), worded)
    over = select(Ticket.id).where(
        col(Ticket.status).in_(OVER), col(Ticket.updated_at) < before, (col(Ticket.subject) != "") | has_words
    )
    tickets = list(tx.exec(over.limit(MOST_TICKETS)))
    messages = _ids(tx, Message.id, Message.ticket_id, tickets)
    actions = _ids(tx, Action.id, Action.ticket_id, tickets)
    _delete_blobs_of(tx, messages)
    overwrite(tx, "ticket", tickets, {"subject": ""})
    overwrite(tx, "escalation", _ids(tx, Escalation.id, Escalation.ticket_id, tickets), {"summary": ""})
    overwrite(tx, "run", _ids(tx, Run.id, Run.ticket_id, tickets), {"note": ""})
    overwrite(tx, "action", actions, {"facts": {}, "reason": "", "note": "", "wish": {}, "changes": []})
    overwrite(tx, "decision", _ids(tx, Decision.id, Decision.action_id, actions), {"reason": "", "inputs": {}})
    return len(tickets) + overwrite(tx, "message", messages, {"text": "", "full_text": ""})


def _ids(tx: Session, wanted: Any, column: Any, values: list[str]) -> list[str]:
    return list(tx.exec(select(wanted).where(col(column).in_(values))))


def _delete_blobs_of(tx: Session, message_ids: list[str]) -> None:
    """The bytes of their files, unless a younger message carries the very same file."""
    sha256 = col(Attachment.sha256)
    hashes = list(tx.exec(select(sha256).where(col(Attachment.message_id).in_(message_ids))))
    young = list(tx.exec(select(sha256).where(col(Attachment.message_id).not_in(message_ids), sha256.in_(hashes))))
    tx.exec(delete(Blob).where(col(Blob.sha256).in_([each for each in hashes if each not in young])))


def _tidy_notes(tx: Session, now: datetime) -> None:
    """Notes that only had to hold for a while."""
    for prefix in ("notified:", "digest:", "digest-week:"):
        tx.exec(delete(Note).where(col(Note.name).like(f"{prefix}%"), col(Note.at) < now - KEEP_NOTIFIED))
