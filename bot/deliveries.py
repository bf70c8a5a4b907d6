"""One row for each thing that arrived, however often it is handed in."""

from sqlmodel import Session

from bot.desk import Desk
from bot.sealing import opened, seal, secrets_of
from channels.base import Raw
from storage.arrivals import keep_once
from storage.models import Delivery

MASKED = "masked"
"""In the envelope of a delivery whose stored bytes are no longer those that came: numbers were taken out of them."""


def keep(tx: Session, desk: Desk, raw: Raw) -> int:
    """One row per key, and one job to understand it; how often it has been handed in by now."""
    delivery_id, receipts = keep_once(
        tx,
        channel=raw.channel,
        key=raw.key,
        lane=raw.lane,
        body=seal(raw.body, secrets_of(desk.settings)),
        envelope=raw.envelope,
        received_at=desk.now(),
    )
    if receipts == 1:
        desk.jobs.defer(tx, "ingest", delivery_id, lane=f"ingest:{raw.lane}")
    return receipts


def raw_of(desk: Desk, delivery: Delivery) -> Raw:
    """A stored delivery as its door gave it, or with the numbers masked that nobody may keep. Raises Unreadable."""
    body = opened(delivery.body, secrets_of(desk.settings))
    return Raw(delivery.channel, delivery.key, delivery.lane, body, delivery.envelope)
