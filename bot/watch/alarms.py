"""Alarms: what is wrong with the desk itself is told once when it begins and once when it is over, by two ways."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlmodel import Session, col, func, select

from bot import notes
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import close_escalation, escalate, put_up_card
from bot.watch.health import health
from storage.models import Delivery, Escalation, EscalationState, Note, Run

Troubles = Iterator[tuple[str, str]]
"""(name of the alarm, what is wrong)"""

PATIENCE = timedelta(seconds=60)
"""What mends itself within this time is told to nobody."""
FEWEST_MAILS = 20
GAP_WINDOW = timedelta(days=14)
LOOP = 10
LOOP_WINDOW = timedelta(minutes=10)


def _parts(tx: Session, desk: Desk) -> Troubles:
    """Everything /readyz looks at."""
    for part in health(tx, desk).parts:
        if not part.ok:
            yield part.name, part.why


def _sockets_in_a_loop(tx: Session, desk: Desk) -> Troubles:
    """Many reconnects in a short time: connected at every look, and still of no use."""
    pulse, before = notes.find(tx, "pulse:slack"), notes.find(tx, "seen:slack")
    if pulse is None or before is None:
        return
    more = int(pulse.value["reconnects"]) - int(before.value["reconnects"])
    if more >= LOOP and pulse.at - before.at <= 2 * LOOP_WINDOW:
        yield "slack loop", f"the sockets reconnected {more} times within {LOOP_WINDOW.seconds // 60} minutes"


def _no_mail_seen(tx: Session, desk: Desk) -> Troubles:
    """The mailbox can be read, and nothing comes: a rule, a full mailbox or a lost MX record upstream."""
    factor, now = desk.settings.alarms.mail_gap_factor, desk.now()
    if not factor or "mail" not in desk.channels:
        return
    times = list(
        tx.exec(
            select(Delivery.received_at)
            .where(Delivery.channel == "mail", col(Delivery.received_at) >= now - GAP_WINDOW)
            .order_by(col(Delivery.received_at))
        )
    )
    if len(times) < FEWEST_MAILS:
        return
    longest = max(later - earlier for earlier, later in pairwise(times))
    if now - times[-1] > max(factor * longest, timedelta(hours=1)):
        hours = (now - times[-1]).total_seconds() / 3600
        yield (
            "no mail",
            f"no mail for {hours:.0f} hours; the longest gap so far was {longest.total_seconds() / 3600:.1f}",
        )


def _model_budget(tx: Session, desk: Desk) -> Troubles:
    """The day's model money, at 80 % and at 100 %."""
    budget = desk.settings.alarms.model_micros_per_day
    if budget is None:
        return
    midnight = desk.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spent = int(tx.exec(select(func.sum(Run.cost_micros)).where(col(Run.started_at) >= midnight)).one() or 0)
    share = spent * 100 // budget
    if share >= 100:
        yield "budget 100 %", f"the model has cost {share} % of today's budget"
    elif share >= 80:
        yield "budget 80 %", f"the model has cost {share} % of today's budget"


def _certificate(tx: Session, desk: Desk) -> Troubles:
    """Something was received and is not accounted for."""
    note = notes.find(tx, "certificate")
    if note is not None and not note.value["balanced"]:
        named = ", ".join(lost["id"] for lost in note.value["lost"][:3])
        yield "certificate", f"{len(note.value['lost'])} things are not accounted for ({named}): helpdesk certificate"


ALARMS: tuple[Callable[[Session, Desk], Troubles], ...] = (
    _parts,
    _sockets_in_a_loop,
    _no_mail_seen,
    _model_budget,
    _certificate,
)
"""Everything that can be wrong."""


async def watch(desk: Desk) -> int:
    """Look at everything, then write down what has begun and what is over. Returns how many alarms changed."""
    troubles = await desk.db.read(lambda tx: dict(trouble for look in ALARMS for trouble in look(tx, desk)))
    return await desk.db.write(lambda tx: settle(tx, desk, troubles))


def settle(tx: Session, desk: Desk, troubles: Mapping[str, str]) -> int:
    """Bring the notes up to date with what is wrong now; each beginning and each end is told once."""
    known = {note.name.removeprefix("alarm:"): note for note in notes.beginning_with(tx, "alarm:")}
    changed = 0
    for name, why in troubles.items():
        changed += _goes_on(tx, desk, known.get(name), name, why)
    for name, note in known.items():
        if name not in troubles:
            changed += _is_over(tx, desk, note, name)
    _remember_sockets(tx, desk)
    return changed


def raise_now(tx: Session, desk: Desk, name: str, why: str) -> None:
    """Tell this alarm without waiting whether it mends itself; once, until it is over."""
    note = notes.find(tx, f"alarm:{name}")
    since = note.value["since"] if note else desk.now().isoformat()
    if note is not None and note.value["told"]:
        return
    notes.keep(tx, f"alarm:{name}", {"since": since, "told": True, "why": why}, desk.now())
    cause = f"alarm:{name}:{since}"
    raised = escalate(tx, desk, cause=cause, reason=f"Alarm: {name}", summary=why, priority="high")
    tell_by_mail(tx, desk, raised)


def _goes_on(tx: Session, desk: Desk, note: Note | None, name: str, why: str) -> bool:
    """First seen: waited for. Still there after PATIENCE: told."""
    if note is None:
        notes.keep(tx, f"alarm:{name}", {"since": desk.now().isoformat(), "told": False, "why": why}, desk.now())
        return False
    since = datetime.fromisoformat(note.value["since"])
    if note.value["told"] or desk.now() - since < PATIENCE:
        return False
    raise_now(tx, desk, name, why)
    return True


def _is_over(tx: Session, desk: Desk, note: Note, name: str) -> bool:
    notes.forget(tx, note.name)
    if not note.value["told"]:
        return False
    close_escalation(tx, desk, _cause(note))
    told = Escalation(
        cause=f"{_cause(note)}:over",
        reason=f"Over: {name}",
        priority="low",
        summary=f"It had lasted since {note.value['since'][:16]} UTC: {note.value['why']}",
        state=EscalationState.CLOSED,
        created_at=desk.now(),
    )
    tx.add(told)
    tx.flush()
    record(tx, desk, "bot", "alarm_over", told.id, {"alarm": name})
    put_up_card(tx, desk, told.id, None)
    tell_by_mail(tx, desk, told)
    return True


def _cause(note: Note) -> str:
    return f"{note.name}:{note.value['since']}"


def tell_by_mail(tx: Session, desk: Desk, told: Escalation) -> None:
    """The second path, for when the first is what is broken."""
    if desk.settings.alarms.mail_to and "mail" in desk.channels:
        desk.jobs.defer(tx, "notify", told.id, lane=told.id)


def _remember_sockets(tx: Session, desk: Desk) -> None:
    """What the reconnects are counted from, renewed now and then."""
    pulse, before = notes.find(tx, "pulse:slack"), notes.find(tx, "seen:slack")
    if pulse is not None and (before is None or pulse.at - before.at > LOOP_WINDOW):
        notes.keep(tx, "seen:slack", {"reconnects": pulse.value["reconnects"]}, pulse.at)
