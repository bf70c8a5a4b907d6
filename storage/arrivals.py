"""What arrives is one row for each key: made, or counted once more, by one statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from storage.models import Delivery
from storage.types import new_id


def _statement(insert: Any) -> Any:
    row = insert(Delivery)
    counted = row.on_conflict_do_update(
        index_elements=[col(Delivery.channel), col(Delivery.key)], set_={"receipts": col(Delivery.receipts) + 1}
    )
    return counted.returning(col(Delivery.id), col(Delivery.receipts))


# Built once: this runs for every mail and every event, while the sender waits for our answer.
_KEEP = {"sqlite": _statement(sqlite.insert), "postgresql": _statement(postgresql.insert)}


def keep_once(
    tx: Session, *, channel: str, key: str, lane: str, body: bytes, envelope: Mapping[str, Any], received_at: datetime
) -> tuple[str, int]:
    """The id of the row that holds this key, ours or an older one, and how often it has been handed in."""
    connection = tx.connection()
    row = {"channel": channel, "key": key, "lane": lane, "body": body, "envelope": dict(envelope)}
    made = {"id": new_id("dlv_"), "received_at": received_at, "receipts": 1, "outcome_note": ""}
    found = connection.execute(_KEEP[connection.dialect.name], {**row, **made}).one()
    return found.id, found.receipts
