"""The figures day by day, for charts: as the nightly computation noted them, and today's as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from bot import notes
from bot.desk import Desk
from bot.numbers.figures import escalation_reasons, figures, percentile
from bot.staff.queue import LIVE
from storage.models import Action, ActionState, Decision, Run, Ticket, TicketStatus

AGES: Sequence[tuple[str, timedelta]] = (
    ("under 1 h", timedelta(hours=1)),
    ("1 to 4 h", timedelta(hours=4)),
    ("4 to 24 h", timedelta(hours=24)),
    ("1 to 3 days", timedelta(days=3)),
    ("3 to 7 days", timedelta(days=7)),
    ("over 7 days", timedelta.max),
)


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC) and its figures; None for a day nobody computed, such as those before the desk was there."""

    date: date
    figures: dict[str, Any] | None

    def value(self, name: str) -> Any:
        return self.figures.get(name) if self.figures is not None else None


def daily(tx: Session, desk: Desk, days: int) -> list[Day]:
    """The last `days` days, today last. Reads one note a day; only today is computed."""
    now = desk.now().astimezone(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for back in range(days - 1, 0, -1):
        day = today - timedelta(days=back)
        note = notes.find(tx, f"figures:{day:%Y-%m-%d}")
        found.append(Day(day.date(), note.value if note else None))
    return [*found, Day(today.date(), figures(tx, today, now, now, desk.settings.numbers))]


def backlog(tx: Session, now: datetime) -> dict[str, tuple[int, int]]:
    """Tickets that are not solved by their age: (it is our turn or a third party's, it is the requester's)."""
    counts = {label: [0, 0] for label, _ in AGES}
    for status, created_at in tx.exec(select(Ticket.status, Ticket.created_at).where(col(Ticket.status).in_(LIVE))):
        label = next(label for label, most in AGES if now - created_at < most)
        counts[label][status is TicketStatus.PENDING] += 1
    return {label: (ours, theirs) for label, (ours, theirs) in counts.items()}


def intents(tx: Session, since: datetime) -> dict[str, int]:
    """Tickets by the specialist that answered, the most frequent first."""
    rows = tx.exec(
        select(Run.specialist, func.count(func.distinct(Run.ticket_id)))
        .where(col(Run.started_at) >= since, Run.specialist != "")
        .group_by(col(Run.specialist))
    )
    return dict(sorted(rows, key=lambda row: (-row[1], row[0])))


@dataclass(frozen=True, slots=True)
class Approvals:
    """What became of the actions proposed in a period, and how long people took, in seconds."""

    by_end: dict[str, int]
    p50: float | None
    p95: float | None


def approvals(tx: Session, since: datetime) -> Approvals:
    """Decided by people, by policy alone, expired, still waiting."""
    counted = select(Action.state, func.count()).where(col(Action.created_at) >= since)
    states = dict(tx.exec(counted.group_by(col(Action.state))).all())
    won = tx.exec(
        select(Decision.verb, Decision.at, Action.created_at)
        .join(Action, col(Action.id) == col(Decision.action_id))
        .where(col(Decision.won).is_(True), col(Decision.verb).in_(["approve", "deny"]), col(Decision.at) >= since)
    ).all()
    verbs = [verb for verb, _, _ in won]
    waits = [(at - proposed).total_seconds() for _, at, proposed in won]
    by_end = {
        "approved by people": verbs.count("approve"),
        "denied by people": verbs.count("deny"),
        "refused by policy": states.get(ActionState.REFUSED, 0),
        "expired": states.get(ActionState.EXPIRED, 0),
        "waiting": states.get(ActionState.PENDING, 0),
    }
    return Approvals(by_end, percentile(waits, 50), percentile(waits, 95))


__all__ = ["AGES", "Approvals", "Day", "approvals", "backlog", "daily", "escalation_reasons", "intents"]
