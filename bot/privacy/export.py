"""Everything we hold about one person, as one value that can be handed to them."""

import base64
import json
from typing import Any

from sqlmodel import Session, col, select

from bot.desk import Desk
from bot.privacy.reach import Reach, find_person, reach_of
from bot.sealing import secrets_of, unsealed
from storage.erasure import tables
from storage.models import Delivery, MemoryItem

THEIRS = ("person", "identity", "ticket", "message", "attachment", "delivery", "action", "rating")
"""Tables whose rows are handed out; internal notes of staff and traces of the program are not theirs."""


def export_person(tx: Session, desk: Desk, who: str) -> dict[str, Any]:
    """Rows by table, bytes in base64. Raises Unknown."""
    reach = reach_of(tx, desk, find_person(tx, who))
    found: dict[str, Any] = {table: _rows(tx, table, reach) for table in THEIRS}
    found["memory"] = [row.item for row in tx.exec(select(MemoryItem).where(col(MemoryItem.id).in_(reach.memory)))]
    found["known_as"] = reach.names
    for row in found["delivery"]:
        body = tx.get_one(Delivery, row["id"]).body
        row["body"] = _plain(unsealed(body, secrets_of(desk.settings)))
    return found


def _rows(tx: Session, table: str, reach: Reach) -> list[dict[str, Any]]:
    found = tables()[table]
    key = next(iter(found.primary_key.columns))
    rows: list[dict[str, Any]] = []
    for row_id in reach.rows[table]:
        row = tx.execute(found.select().where(key == row_id)).mappings().first()
        if row is not None and not _is_internal(table, dict(row)):
            rows.append({name: _plain(value) for name, value in row.items()})
    return rows


def _is_internal(table: str, row: dict[str, Any]) -> bool:
    """A note between colleagues is not the requester's."""
    return table == "message" and str(row.get("direction")) == "internal"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    return json.loads(json.dumps(value, default=str))
