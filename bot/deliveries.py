"""One row for each thing that arrived, however often it is handed in."""

from sqlmodel import Session, select

from bot.desk import Desk
from channels.base import Raw
from storage.models import Delivery


def keep(tx: Session, desk: Desk, raw: Raw) -> Delivery:
    """One row per key, however often it is handed in, and one job to understand it."""
    known = tx.exec(select(Delivery).where(Delivery.channel == raw.channel, Delivery.key == raw.key)).first()
    if known is not None:
        known.receipts += 1
        tx.add(known)
        return known
    delivery = Delivery(
        channel=raw.channel,
        key=raw.key,
        lane=raw.lane,
        body=raw.body,
        envelope=dict(raw.envelope),
        received_at=desk.now(),
    )
    tx.add(delivery)
    tx.flush()
    desk.jobs.defer(tx, "ingest", delivery.id, lane=f"ingest:{raw.lane}")
    return delivery
