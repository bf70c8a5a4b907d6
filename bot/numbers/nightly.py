"""What is computed by time: the figures of the last days, the certificate, and the digests for staff."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from bot import notes
from bot.controls import pauses
from bot.desk import Desk
from bot.numbers.certificate import certify
from bot.numbers.charts import Chart, Past, charts_of_a_day, charts_of_a_week
from bot.numbers.definitions import LONGEST_SETTLING
from bot.numbers.figures import figures
from bot.numbers.report import dollars, report, shown
from bot.staff.escalations import put_up_card
from storage.models import Action, ActionState, Escalation, EscalationState, Seal, Ticket, TicketStatus

RECOMPUTED = LONGEST_SETTLING + timedelta(days=3)
"""A day's figures may change until its customers had time to come back, and a little longer after an outage."""
CERTIFIED_DAYS = 7
MONDAY = 0


async def recompute_figures(desk: Desk) -> int:
    """Compute each of the last days again: what was counted as deflected is taken back when the customer returned."""
    today = desk.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(1, RECOMPUTED.days + 1)]
    for day in days:
        found = await desk.db.read(lambda tx, day=day: _of_day(tx, desk, day))  # type: ignore[misc]
        await desk.db.write(
            lambda tx, day=day, found=found: notes.keep(tx, f"figures:{day:%Y-%m-%d}", found, desk.now())  # type: ignore[misc]
        )
    return len(days)


def _of_day(tx: Session, desk: Desk, day: datetime) -> dict[str, Any]:
    return figures(
        tx, day, day + timedelta(days=1), desk.now(), desk.settings.numbers, desk.settings.policy.hours.calendar
    )


async def issue_certificate(desk: Desk) -> int:
    """Account for the last days and note it; the alarm looks at the note. Returns how much is lost."""
    found = await desk.db.read(lambda tx: certify(tx, desk.jobs, desk.now(), days=CERTIFIED_DAYS))
    await desk.db.write(lambda tx: notes.keep(tx, "certificate", found.as_json(), desk.now()))
    return len(found.lost)


# ------------------------------------------------------------------ the digests


@dataclass(frozen=True, slots=True)
class Digest:
    """One kind of digest: how it is called, the days it is about, and those its charts show."""

    title: str
    days: int
    chart_days: int
    charts: Callable[[Past], list[Chart]]


DIGESTS: Mapping[str, Digest] = {
    "digest": Digest("Daily digest", 1, 14, charts_of_a_day),
    "digest-week": Digest("Weekly digest", 7, 28, charts_of_a_week),
}
"""By the first word of the cause of their cards."""


def digest_of(cause: str) -> Digest:
    """The kind of digest a card with this cause is."""
    return DIGESTS[cause.partition(":")[0]]


async def send_digest(desk: Desk) -> int:
    """After numbers.digest_hour (UTC), as cards in the staff channel: one about the day, on Mondays one on the week."""
    hour, now = desk.settings.numbers.digest_hour, desk.now().astimezone(UTC)
    if hour is None or now.hour < hour or desk.staff_room is None:
        return 0
    due = [name for name in DIGESTS if name == "digest" or now.weekday() == MONDAY]
    return sum([await _send(desk, name, now) for name in due])


async def _send(desk: Desk, name: str, now: datetime) -> int:
    cause = f"{name}:{now:%Y-%m-%d}"
    if await desk.db.read(lambda tx: notes.find(tx, cause)) is not None:
        return 0
    text = await desk.db.read(lambda tx: digest(tx, desk, now, DIGESTS[name].days))
    return await desk.db.write(lambda tx: _put_up(tx, desk, cause, text))


def _put_up(tx: Session, desk: Desk, cause: str, text: str) -> int:
    """The note and the card in one transaction: a digest is shown once."""
    if notes.find(tx, cause) is not None:
        return 0
    notes.keep(tx, cause, {}, desk.now())
    told = Escalation(
        cause=cause,
        reason=digest_of(cause).title,
        priority="low",
        summary=text,
        state=EscalationState.CLOSED,
        created_at=desk.now(),
    )
    tx.add(told)
    tx.flush()
    card = put_up_card(tx, desk, told.id, None)
    # In the card's own lane: its pictures are shown after it.
    desk.jobs.defer(tx, "pictures", told.id, lane=card.id)
    return 1


def digest(tx: Session, desk: Desk, now: datetime, days: int) -> str:
    """What staff want to know in the morning, in a few lines of plain text."""
    calendar = desk.settings.policy.hours.calendar
    told = report(tx, desk.jobs, now, days=days, settings=desk.settings.numbers, calendar=calendar)
    found, head = told["figures"], tx.exec(select(Seal).order_by(col(Seal.n).desc())).first()
    reasons = ", ".join(list(told["escalation_reasons"])[:3])
    rated = f"{shown('_rate', found['csat_rate'])} of {found['ratings']} said that it helped"
    lines = [
        f"The last {'7 days' if days > 1 else '24 hours'}: {found['tickets']} tickets, {found['answered_by_bot']} "
        f"answered by the bot, {found['escalated']} escalated, {found['answered_by_staff']} answered by people.",
        f"First answer: {shown('_p50', found['first_answer_p50'])} median, "
        f"{shown('_p95', found['first_answer_p95'])} p95. Deflected {shown('_rate', found['deflection_rate'])}, "
        f"verified {shown('_rate', found['verified_rate'])}, taken back {found['taken_back']}.",
        f"Ratings: {rated}." if found["ratings"] else "",
        f"Refunds: {found['refunds']} ({shown('', found['refunded_minor'])} minor units). "
        f"Model: {dollars(found['model_micros'])}, {dollars(found['micros_per_ticket'])} a ticket.",
        _waiting(tx, now),
        f"Accounted for: {'everything' if not found['lost'] else str(found['lost']) + ' THINGS ARE LOST'}.",
        f"Asked for people most: {reasons}." if reasons else "",
        f"PAUSED: {', '.join(pauses(tx))}." if pauses(tx) else "",
        f"Audit log: {head.n} entries, {head.hash[:16]}." if head else "",
    ]
    return "\n".join(line for line in lines if line)


def _waiting(tx: Session, now: datetime) -> str:
    mine = tx.exec(
        select(func.count(), func.min(Ticket.updated_at)).where(
            col(Ticket.status).in_([TicketStatus.OPEN, TicketStatus.HOLD])
        )
    ).one()
    approvals = tx.exec(select(func.count()).where(col(Action.state) == ActionState.PENDING)).one()
    oldest = f", the oldest for {(now - mine[1]).total_seconds() / 3600:.0f} h" if mine[1] else ""
    return f"Waiting on us now: {mine[0]} tickets{oldest}; {approvals} approvals."
