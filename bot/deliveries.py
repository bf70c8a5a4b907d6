"""One row for each thing that arrived, however often it is handed in."""

from sqlmodel import Session

from bot.desk import Desk
from channels.base import Raw
from storage.arrivals import keep_once


def keep(tx: Session, desk: Desk, raw: Raw) -> int:
    """One row per key, and one job to understand it; how often it has been handed in by now."""
    delivery_id, receipts = keep_once(
        tx,
        channel=raw.channel,
        key=raw.key,
        lane=raw.lane,
        body=raw.body,
        envelope=raw.envelope,
        received_at=desk.now(),
    )
    if receipts == 1:
        desk.jobs.defer(tx, "ingest", delivery_id, lane=f"ingest:{raw.lane}")
    return receipts
