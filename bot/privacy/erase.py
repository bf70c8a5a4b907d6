"""Erases one person, or makes their data nobody's; the money ledger stays, under a pseudonym."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, delete, select

from bot.audit import ERASED, record
from bot.desk import Desk
from bot.privacy.columns import COLUMNS, Care
from bot.privacy.reach import Reach, find_person, reach_of
from bot.staff.escalations import put_up_card
from storage.erasure import empty_value, overwrite, replace_everywhere, tables
from storage.models import Attachment, Blob, Card, Event, MemoryItem, Message, Seal, Sending, Ticket, TicketStatus

UNSENT = (Sending.DRAFT, Sending.HELD, Sending.READY, Sending.SENDING)
KEPT_BY_ANONYMISING = {"message": frozenset({"text", "full_text"}), "ticket": frozenset({"subject", "tags"})}
"""The words stay, with every name in them replaced, also a first name alone."""
SPARED = frozenset({("seal", "hash"), ("seal", "content_hash"), ("action", "terms_hash")})
ANYWHERE_ELSE = (
    "Copies that are not ours to erase: the messages in Slack, the mails in your mailboxes and in the customer's, "
    "the payment provider's records, the model provider's logs, and backups made before now: delete them, or let "
    "them run out."
)


class OpenBusiness(Exception):
    """Something is not over that needs to know who this is; the message names it."""


def erase_person_forever(tx: Session, desk: Desk, who: str, *, by: str) -> dict[str, int]:
    """Nothing they wrote and no name of theirs is left in any row. Returns how many rows of each table were emptied.

    Raises Unknown, and OpenBusiness while an action of theirs is not over. On SQLite the file still has to be rewritten
    afterwards (storage.backup.forget_deleted): free pages remember.
    """
    return _carry_out(tx, desk, who, by=by, words=True)


def anonymise_person(tx: Session, desk: Desk, who: str, *, by: str) -> dict[str, int]:
    """The conversation stays readable and is nobody's: names are replaced, the bytes as they arrived are emptied."""
    return _carry_out(tx, desk, who, by=by, words=False)


def _carry_out(tx: Session, desk: Desk, who: str, *, by: str, words: bool) -> dict[str, int]:
    reach = reach_of(tx, desk, find_person(tx, who))
    if reach.open_actions:
        raise OpenBusiness(f"not over yet: {', '.join(reach.open_actions)}; decide first (helpdesk refunds list)")
    pseudonym = f"erased-{secrets.token_hex(6)}"
    mark = Event(at=desk.now(), actor=by, kind=ERASED, subject_id=reach.person.id, data={"words": words})
    tx.add(mark)
    tx.flush()
    _stop_talking(tx, reach)
    counts = {table: _empty(tx, table, ids, pseudonym, words) for table, ids in reach.rows.items() if table != "event"}
    counts["event"] = _empty_events(tx, reach, pseudonym, mark.id)
    counts["memoryitem"] = _delete_all(tx, MemoryItem, reach.memory)
    counts["blob"] = _delete_unused_blobs(tx, reach.hashes)
    if not words:
        _replace_parts_of_name(tx, reach, pseudonym)
    strayed = replace_everywhere(tx, reach.needles(words=words), pseudonym, spared=SPARED)
    counts["found by the last look"] = len(strayed)
    _redraw_cards(tx, desk, reach)
    record(tx, desk, by, "erased_person" if words else "anonymised_person", reach.person.id, {"rows": counts})
    return counts


def _stop_talking(tx: Session, reach: Reach) -> None:
    """Nothing more is sent to them, and nobody waits for them."""
    for ticket_id in reach.rows["ticket"]:
        ticket = tx.get_one(Ticket, ticket_id)
        ticket.status = TicketStatus.CLOSED
        tx.add(ticket)
    for message_id in reach.rows["message"]:
        message = tx.get_one(Message, message_id)
        if message.sending in UNSENT:
            message.sending = Sending.SUPERSEDED
        if message.direction.value == "inbound" and message.answered_by is None:
            message.deleted_at = message.deleted_at or message.created_at
        tx.add(message)
    tx.flush()


def _empty(tx: Session, table: str, ids: list[str], pseudonym: str, words: bool) -> int:
    """Treat each column of these rows as COLUMNS says."""
    kept = frozenset() if words else KEPT_BY_ANONYMISING.get(table, frozenset())
    cares = {name: care for name, care in COLUMNS[table].items() if care is not Care.KEEP and name not in kept}
    unique = [name for name, care in cares.items() if care is Care.UNIQUE]
    values = {name: _emptied(table, name, care, pseudonym) for name, care in cares.items() if name not in unique}
    count = overwrite(tx, table, ids, values) if values else len(ids)
    for row_id in ids if unique else []:
        overwrite(
            tx, table, [row_id], {name: f"{pseudonym}:{row_id}" for name in unique if _has(tx, table, row_id, name)}
        )
    return count


def _replace_parts_of_name(tx: Session, reach: Reach, pseudonym: str) -> None:
    """In their own conversations a first name alone is theirs; elsewhere it is the name of many."""
    parts = reach.parts_of_name()
    for message_id in reach.rows["message"]:
        message = tx.get_one(Message, message_id, populate_existing=True)
        message.text, message.full_text = parts.sub(pseudonym, message.text), parts.sub(pseudonym, message.full_text)
        tx.add(message)
    for ticket_id in reach.rows["ticket"]:
        ticket = tx.get_one(Ticket, ticket_id, populate_existing=True)
        ticket.subject = parts.sub(pseudonym, ticket.subject)
        tx.add(ticket)
    tx.flush()


def _has(tx: Session, table: str, row_id: str, name: str) -> bool:
    """Only what is set is replaced: a message that was never sent has no external id, and must not seem to have one."""
    found = tables()[table]
    key = next(iter(found.primary_key.columns))
    return tx.execute(select(found.c[name]).where(key == row_id)).scalar() is not None


def _emptied(table: str, name: str, care: Care, pseudonym: str) -> Any:
    column = tables()[table].c[name]
    if care is Care.PSEUDONYM:
        return pseudonym
    return None if column.nullable else empty_value(table, name)


def _empty_events(tx: Session, reach: Reach, pseudonym: str, mark_id: str) -> int:
    """The audit log keeps that something happened; what it said goes, and the salt with which it could be guessed."""
    ids = reach.rows["event"]
    overwrite(tx, "event", ids, {"data": {ERASED: mark_id}})
    actors = {*reach.names, reach.person.id}
    for event_id in ids:
        event = tx.get_one(Event, event_id, populate_existing=True)
        if event.actor in actors:
            overwrite(tx, "event", [event_id], {"actor": pseudonym})
    for seal in (tx.exec(select(Seal).where(Seal.event_id == event_id)).first() for event_id in ids):
        if seal is not None:
            seal.salt = ""
            tx.add(seal)
    tx.flush()
    return len(ids)


def _delete_all(tx: Session, table: type[MemoryItem], ids: list[str]) -> int:
    for row_id in ids:
        tx.exec(delete(table).where(col(table.id) == row_id))
    return len(ids)


def _delete_unused_blobs(tx: Session, hashes: list[str]) -> int:
    """The bytes of their files, unless somebody else sent the very same file."""
    deleted = 0
    for sha256 in hashes:
        if tx.exec(select(Attachment.id).where(Attachment.sha256 == sha256)).first() is None:
            deleted += int(tx.execute(delete(Blob).where(col(Blob.sha256) == sha256)).rowcount)  # type: ignore[attr-defined]
    return deleted


def _redraw_cards(tx: Session, desk: Desk, reach: Reach) -> None:
    """What staff see in their room follows the rows."""
    subjects: Mapping[str, list[str]] = {"action": reach.rows["action"], "escalation": reach.rows["escalation"]}
    for ids in subjects.values():
        for subject_id in ids:
            card = tx.exec(select(Card).where(Card.subject_id == subject_id)).first()
            if card is not None:
                put_up_card(tx, desk, subject_id, card.ticket_id)
