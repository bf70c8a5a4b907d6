"""SWEEPS: what is done by time, each a pass over due rows that may run again without harm."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from sqlmodel import Session, col, delete

from bot.actions.approvals import expire_due
from bot.desk import Desk
from storage.models import Tick

log = structlog.get_logger(__name__)

KEEP_TICKS = timedelta(days=2)


def tidy(tx: Session, desk: Desk) -> int:
    """Forget slots that can no longer be ticked."""
    return int(tx.execute(delete(Tick).where(col(Tick.at) < desk.now() - KEEP_TICKS)).rowcount)  # type: ignore[attr-defined]


SWEEPS: Mapping[str, Callable[[Session, Desk], int]] = {
    "expire": expire_due,
    "tidy": tidy,
}


async def run_tick(desk: Desk, slot_id: str) -> None:
    """Run the sweep that the slot ("name@time") names, in one transaction."""
    sweep = SWEEPS[slot_id.partition("@")[0]]
    changed = await desk.db.write(lambda tx: sweep(tx, desk))
    if changed:
        log.info("swept", slot=slot_id, changed=changed)


async def give_up_tick(desk: Desk, slot_id: str, why: str) -> None:
    """The next slot does the same work; the log says that this one failed."""
    log.error("a sweep failed", slot=slot_id, why=why)
