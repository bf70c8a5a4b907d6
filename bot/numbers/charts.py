"""What the charts of a digest show, as plain values: which days, which numbers, and the same said in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import Session, col, select

from bot import notes
from bot.desk import Desk
from bot.numbers.figures import escalation_reasons, figures
from storage.models import Ticket, TicketStatus

DAY = timedelta(days=1)
AGES: tuple[tuple[str, timedelta], ...] = (
    ("under 1 h", timedelta(hours=1)),
    ("1 to 4 h", timedelta(hours=4)),
    ("4 to 24 h", timedelta(hours=24)),
    ("1 to 3 days", timedelta(days=3)),
    ("3 to 7 days", timedelta(days=7)),
    ("over 7 days", timedelta.max),
)
MOST_REASONS = 8
LONGEST_LABEL = 40

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. `series` by name, as long as `labels`; `line` is a named level to compare with, such as a target."""

    name: str
    title: str
    words: str
    kind: Literal["stacked", "lines", "bars"]
    labels: Sequence[str]
    series: Mapping[str, Values]
    unit: str = ""
    line: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What the charts are made of: the figures of each day, oldest first, and what waits now."""

    days: Sequence[tuple[datetime, Mapping[str, Any]]]
    ages: Sequence[int]
    reasons: Mapping[str, int] = field(default_factory=dict)
    target_minutes: float | None = None
    budget_micros: int | None = None


def look_back(tx: Session, desk: Desk, now: datetime, *, days: int) -> Past:
    """The last `days` whole days; a day whose figures were not kept is computed."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight - days * DAY
    return Past(
        days=[(first + back * DAY, _figures_of(tx, desk, first + back * DAY)) for back in range(days)],
        ages=_ages(tx, now),
        reasons=escalation_reasons(tx, now - 7 * DAY, now),
        target_minutes=desk.settings.targets.first_answer_minutes,
        budget_micros=desk.settings.alarms.model_micros_per_day,
    )


def _figures_of(tx: Session, desk: Desk, day: datetime) -> Mapping[str, Any]:
    known = notes.find(tx, f"figures:{day:%Y-%m-%d}")
    if known is not None:
        return known.value
    calendar = desk.settings.policy.hours.calendar
    return figures(tx, day, day + DAY, desk.now(), desk.settings.numbers, calendar)


def _ages(tx: Session, now: datetime) -> list[int]:
    counts = [0] * len(AGES)
    waiting = select(Ticket.created_at).where(col(Ticket.status).in_([TicketStatus.OPEN, TicketStatus.HOLD]))
    for opened in tx.exec(waiting):
        counts[next(place for place, (_, under) in enumerate(AGES) if now - opened < under)] += 1
    return counts


# ------------------------------------------------------------------ the charts


def charts_of_a_day(past: Past) -> list[Chart]:
    """What staff look at in the morning."""
    return [_volume(past), _first_answers(past), _backlog(past)]


def charts_of_a_week(past: Past) -> list[Chart]:
    """What is worth a look once a week as well."""
    return [*charts_of_a_day(past), _reasons(past), _costs(past)]


def _volume(past: Past) -> Chart:
    bot = _daily(past, "deflected")
    escalated = _daily(past, "escalated")
    rest = [
        max(0.0, (whole or 0) - (alone or 0) - (asked or 0))
        for whole, alone, asked in zip(_daily(past, "tickets"), bot, escalated, strict=True)
    ]
    total = [sum(parts) for parts in zip(*(map(_number, each) for each in (bot, escalated, rest)), strict=True)]
    words = (
        f"Tickets opened on each of {len(total)} days: {sum(total):.0f} in all, {total[-1]:.0f} on the last day; "
        f"{sum(map(_number, bot)):.0f} were answered by the bot alone and {sum(map(_number, escalated)):.0f} escalated."
    )
    series: dict[str, Values] = {"bot alone": bot, "escalated": escalated, "other or not settled yet": rest}
    return Chart("tickets", "Tickets opened a day", words, "stacked", _labels(past), series, "tickets")


def _first_answers(past: Past) -> Chart:
    median, slow = _minutes(past, "first_answer_open_p50"), _minutes(past, "first_answer_open_p95")
    known = [(_number(half), _number(most)) for half, most in zip(median, slow, strict=True) if half is not None]
    told = f"on the last day with answers {known[-1][0]:.1f} and {known[-1][1]:.1f}" if known else "no answers yet"
    target = ("target", past.target_minutes) if past.target_minutes is not None else None
    words = f"Minutes of open hours to the first answer, median and slowest twentieth: {told}."
    words += f" The target is {past.target_minutes:g}." if past.target_minutes is not None else ""
    series = {"median": median, "slowest twentieth (p95)": slow}
    return Chart("first-answer", "First answer", words, "lines", _labels(past), series, "minutes (open hours)", target)


def _backlog(past: Past) -> Chart:
    labels = [name for name, _ in AGES]
    told = ", ".join(f"{count} {name}" for name, count in zip(labels, past.ages, strict=True) if count) or "none"
    words = f"Tickets that wait on us now, by age: {told}."
    return Chart("waiting", "Waiting on us now, by age", words, "bars", labels, {"tickets": past.ages}, "tickets")


def _reasons(past: Past) -> Chart:
    top = list(past.reasons.items())[:MOST_REASONS]
    labels = [reason if len(reason) <= LONGEST_LABEL else f"{reason[: LONGEST_LABEL - 1]}…" for reason, _ in top]
    counts = [float(count) for _, count in top]
    told = ", ".join(f"{reason} {count}" for reason, count in top[:3]) or "nobody was asked"
    words = f"Why people were asked in the last 7 days, most frequent first: {told}."[:1000]
    return Chart("reasons", "Why people were asked (7 days)", words, "bars", labels, {"times": counts}, "times")


def _costs(past: Past) -> Chart:
    spent = [(_number(value)) / 1_000_000 for value in _daily(past, "model_micros")]
    limit = ("budget", past.budget_micros / 1_000_000) if past.budget_micros is not None else None
    words = f"What the model cost a day: {sum(spent):.2f} dollars in {len(spent)} days, {spent[-1]:.2f} on the last."
    return Chart("cost", "Model cost a day", words, "stacked", _labels(past), {"dollars": spent}, "dollars", limit)


def _daily(past: Past, name: str) -> list[float | None]:
    return [figures_of_day.get(name) for _, figures_of_day in past.days]


def _minutes(past: Past, name: str) -> list[float | None]:
    return [None if seconds is None else seconds / 60 for seconds in _daily(past, name)]


def _labels(past: Past) -> list[str]:
    return [f"{day:%a} {day.day}" for day, _ in past.days]


def _number(value: float | None) -> float:
    return float(value or 0)
