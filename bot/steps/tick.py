"""What is done by time, and may run again without harm: SWEEPS in one transaction each; ROUNDS look first and write
little, so that a long look is in nobody's way.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from sqlmodel import Session, col, delete, select

from bot.actions.endings import expire_due, remind_due
from bot.audit import seal_events
from bot.desk import Desk
from bot.knowledge.drafts import propose_from_tickets
from bot.knowledge.news import look_for_changes
from bot.mail.census import check_mailboxes
from bot.numbers.nightly import issue_certificate, recompute_figures, send_digest
from bot.privacy.retention import keep_no_longer
from bot.staff.targets import warn_due
from bot.staff.tending import wake_snoozed
from bot.watch.alarms import watch
from storage.models import Action, ActionState, Tick

log = structlog.get_logger(__name__)

KEEP_TICKS = timedelta(days=2)


def tidy(tx: Session, desk: Desk) -> int:
    """Forget slots that can no longer be ticked."""
    return int(tx.execute(delete(Tick).where(col(Tick.at) < desk.now() - KEEP_TICKS)).rowcount)  # type: ignore[attr-defined]


def follow_submitted(tx: Session, desk: Desk) -> int:
    """Ask about everything that a backend has not finished: no webhook may ever have come."""
    return _follow(tx, desk, ActionState.SUBMITTED)


def recheck_waiting(tx: Session, desk: Desk) -> int:
    """Ask whether what waits for people is still possible: a disputed charge closes its card by itself."""
    return _follow(tx, desk, ActionState.PENDING)


def _follow(tx: Session, desk: Desk, state: ActionState) -> int:
    found = tx.exec(select(Action.id).where(Action.state == state)).all()
    for action_id in found:
        desk.jobs.defer(tx, "follow", action_id, lane=f"follow:{action_id}")
    return len(found)


def compare_books(tx: Session, desk: Desk) -> int:
    """Hold our books against the provider's."""
    day = f"{desk.now():%Y-%m-%d}"
    desk.jobs.defer(tx, "reconcile", day, lane="reconcile")
    return 1


SWEEPS: Mapping[str, Callable[[Session, Desk], int]] = {
    "articles": propose_from_tickets,
    "expire": expire_due,
    "remind": remind_due,
    "follow": follow_submitted,
    "recheck": recheck_waiting,
    "reconcile": compare_books,
    "seal": seal_events,
    "targets": warn_due,
    "snoozed": wake_snoozed,
    "tidy": tidy,
}

ROUNDS: Mapping[str, Callable[[Desk], Awaitable[int]]] = {
    "alarms": watch,
    "certificate": issue_certificate,
    "digest": send_digest,
    "documents": look_for_changes,
    "figures": recompute_figures,
    "mailboxes": check_mailboxes,
    "retention": keep_no_longer,
}


async def run_tick(desk: Desk, slot_id: str) -> None:
    """Run the sweep or the round that the slot ("name@time") names."""
    name = slot_id.partition("@")[0]
    if name in ROUNDS:
        changed = await ROUNDS[name](desk)
    else:
        changed = await desk.db.write(lambda tx: SWEEPS[name](tx, desk))
    if changed:
        log.info("swept", slot=slot_id, changed=changed)


async def give_up_tick(desk: Desk, slot_id: str, why: str) -> None:
    """The next slot does the same work; the log says that this one failed."""
    log.error("a sweep failed", slot=slot_id, why=why)
