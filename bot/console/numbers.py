"""The charts page: backlog, first answers, funnel, intents, escalations, approvals and cost, by written definitions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session
from starlette.responses import Response

from bot.console import charts
from bot.console.around import shown
from bot.console.charts import Chart, Line
from bot.console.page import Ask
from bot.console.render import dollars, in_seconds
from bot.desk import Desk
from bot.numbers.definitions import DEFINITIONS
from bot.numbers.series import Approvals, Day, approvals, backlog, daily, escalation_reasons, intents

PERIODS = (7, 14, 30)
MOST_BARS = 10
MICROS = 1_000_000
FUNNEL = (
    ("tickets", "Received"),
    ("answered_by_bot", "Answered by the bot"),
    ("deflected", "Deflected"),
    ("verified", "Verified"),
    ("reopened", "Reopened"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything the page shows, read in one picture of the database."""

    days: list[Day]
    backlog: dict[str, tuple[int, int]]
    intents: dict[str, int]
    reasons: dict[str, int]
    approvals: Approvals


async def show_numbers(ask: Ask) -> Response:
    """The charts of the last 7, 14 or 30 days."""
    period = int(ask.query("days")) if ask.query("days") in map(str, PERIODS) else 14
    seen = await ask.desk.db.read(lambda tx: _seen(tx, ask.desk, period))
    drawn = _charts(ask.desk, seen)
    return await shown(ask, "numbers.html", title="Numbers", drawn=drawn, period=period, periods=PERIODS)


def _seen(tx: Session, desk: Desk, period: int) -> Seen:
    now = desk.now()
    since = now - timedelta(days=period)
    return Seen(
        daily(tx, desk, period),
        backlog(tx, now),
        intents(tx, since),
        escalation_reasons(tx, since, now),
        approvals(tx, since),
    )


def _charts(desk: Desk, seen: Seen) -> list[Chart]:
    return [
        _backlog(seen.backlog),
        _first_answers(seen.days, desk.settings.targets.first_answer_minutes),
        _funnel(seen.days),
        _ranked("intents", "Intents", "Tickets by the specialist that answered.", "Specialist", seen.intents),
        _ranked("reasons", "Why people were asked", "Escalations by reason.", "Reason", seen.reasons),
        _approvals(seen.approvals),
        _cost(seen.days, desk.settings.alarms.model_micros_per_day),
    ]


def _backlog(found: dict[str, tuple[int, int]]) -> Chart:
    rows = [(label, str(ours), str(theirs)) for label, (ours, theirs) in found.items()]
    words = "Tickets that are not solved, by age, and who they wait for."
    picture = charts.bars("backlog", "Backlog by age", list(found.items()), ("us", "the requester"))
    return Chart("backlog", "Backlog by age", words, picture, ("Age", "Waits for us", "Waits for them"), rows)


def _first_answers(days: Sequence[Day], target_minutes: float | None) -> Chart:
    lines = [
        Line(name, [_minutes(day, figure) for day in days], kind)
        for kind, (name, figure) in enumerate((("p50", "first_answer_p50"), ("p95", "first_answer_p95")), 1)
    ]
    picture = charts.lines(
        "first", "Minutes to the first answer, p50 and p95", _labels(days), lines, unit="min", target=target_minutes
    )
    rows = [
        (str(day.date), in_seconds(day.value("first_answer_p50")), in_seconds(day.value("first_answer_p95")))
        for day in days
    ]
    target = f" Target: {target_minutes:g} minutes." if target_minutes else ""
    words = f"p50: {DEFINITIONS['first_answer_p50'].words}. p95: the same, for the slowest twentieth.{target}"
    return Chart("first", "First answer", words, picture, ("Day", "p50", "p95"), rows)


def _minutes(day: Day, figure: str) -> float | None:
    seconds = day.value(figure)
    return None if seconds is None else seconds / 60


def _funnel(days: Sequence[Day]) -> Chart:
    sums = [(label, sum(int(day.value(figure) or 0) for day in days)) for figure, label in FUNNEL]
    picture = charts.bars("funnel", "From received to reopened", [(label, (count,)) for label, count in sums])
    words = f"Deflected: {DEFINITIONS['deflected'].words}. Verified: {DEFINITIONS['verified'].words}."
    return Chart("funnel", "Funnel", words, picture, ("Stage", "Tickets"), [(label, str(n)) for label, n in sums])


def _ranked(name: str, title: str, words: str, head: str, counts: dict[str, int]) -> Chart:
    ranked = list(counts.items())
    shown_, rest = ranked[:MOST_BARS], sum(count for _, count in ranked[MOST_BARS:])
    bars = [(label.replace("_", " "), (count,)) for label, count in shown_]
    bars += [("all others", (rest,))] if rest else []
    rows = [(label.replace("_", " "), str(count)) for label, count in ranked]
    return Chart(name, title, words, charts.bars(name, title, bars), (head, "Number"), rows)


def _approvals(found: Approvals) -> Chart:
    bars = [(label, (count,)) for label, count in found.by_end.items()]
    words = f"People took {in_seconds(found.p50)} (p50) and {in_seconds(found.p95)} (p95) to decide."
    rows = [(label, str(count)) for label, count in found.by_end.items()]
    return Chart("approvals", "Approvals", words, charts.bars("approvals", "Approvals", bars), ("End", "Actions"), rows)


def _cost(days: Sequence[Day], budget_micros: int | None) -> Chart:
    values = [None if day.figures is None else int(day.value("model_micros") or 0) / MICROS for day in days]
    target = budget_micros / MICROS if budget_micros else None
    picture = charts.columns("cost", "Model cost a day in dollars", _labels(days), values, unit="$", target=target)
    rows = [
        (str(day.date), dollars(day.value("model_micros")), dollars(day.value("micros_per_ticket"))) for day in days
    ]
    words = "What the model cost each day (UTC)." + (f" Budget: {dollars(budget_micros)} a day." if target else "")
    return Chart("cost", "Cost per day", words, picture, ("Day", "Cost", "A ticket"), rows)


def _labels(days: Sequence[Day]) -> list[str]:
    return [f"{day.date:%d %b}" for day in days]
