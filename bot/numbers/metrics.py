"""The metrics of /metrics: METRICS names each one; all are read from the database, so a restart loses none."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlmodel import Session, col, func, select

from bot import notes
from bot.desk import Desk
from bot.numbers.figures import percentile
from bot.watch.health import health
from storage.models import (
    Action,
    ActionState,
    Decision,
    Delivery,
    Escalation,
    Message,
    Run,
    Sending,
    Ticket,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
KEEP_SECONDS = 10.0
"""A second scraper within this time gets the same numbers: looking costs the database something."""
RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class MetricKind:
    """`counter` only grows; Prometheus adds _total to its name."""

    kind: str
    words: str
    labels: tuple[str, ...] = ()


METRICS: Mapping[str, MetricKind] = {
    "helpdesk_build": MetricKind("gauge", "1, with the version of the program", ("version",)),
    "helpdesk_part_up": MetricKind("gauge", "1 while a part is well; the parts of /readyz", ("part",)),
    "helpdesk_paused": MetricKind("gauge", "1 for each scope that is paused now", ("scope",)),
    "helpdesk_alarm": MetricKind("gauge", "1 for each alarm that is open now", ("alarm",)),
    "helpdesk_deliveries": MetricKind("counter", "what was received, by what became of it", ("outcome",)),
    "helpdesk_tickets": MetricKind("gauge", "tickets by status", ("status",)),
    "helpdesk_oldest_waiting_seconds": MetricKind("gauge", "age of the oldest: delivery, reply, approval", ("what",)),
    "helpdesk_replies": MetricKind("gauge", "messages of ours by how far they are", ("sending",)),
    "helpdesk_possible_duplicates": MetricKind("counter", "replies that may have arrived twice"),
    "helpdesk_jobs": MetricKind("gauge", "unfinished jobs", ("kind",)),
    "helpdesk_jobs_late_seconds": MetricKind("gauge", "how late the oldest due job is"),
    "helpdesk_runs": MetricKind("counter", "passes of the team, by how they ended", ("state",)),
    "helpdesk_model_tokens": MetricKind("counter", "tokens paid for; input includes cached", ("direction",)),
    "helpdesk_model_cost_micros": MetricKind("counter", "millionths of a dollar paid for model calls"),
    "helpdesk_actions": MetricKind("gauge", "actions by state", ("state",)),
    "helpdesk_decisions": MetricKind("counter", "presses of a button and commands", ("verb", "won")),
    "helpdesk_escalations": MetricKind("gauge", "requests for a person, by state", ("state",)),
    "helpdesk_first_ack_seconds": MetricKind("gauge", "of the tickets of the last 24 hours", ("quantile",)),
    "helpdesk_figure": MetricKind("gauge", "yesterday's figures, see deploy/NUMBERS.md", ("name",)),
    "helpdesk_lost": MetricKind("gauge", "not accounted for in the last certificate; must be 0"),
}
"""Every metric, its labels and what it says."""

Sample = tuple[str, tuple[str, ...], float]
"""(metric, label values, value)"""


class Exposition:
    """The text for Prometheus. Several scrapes at once cost one look."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self._lock = asyncio.Lock()
        self._text = b""
        self._until = 0.0

    async def text(self) -> bytes:
        """At most KEEP_SECONDS old. Raises StorageError when the database does not answer."""
        async with self._lock:
            if time.monotonic() >= self._until:
                taken = await self._desk.db.read(lambda tx: list(samples(tx, self._desk)))
                self._text = exposition(taken)
                self._until = time.monotonic() + KEEP_SECONDS
            return self._text


def exposition(samples: list[Sample]) -> bytes:
    """The samples in Prometheus' text format. KeyError for a metric that is not in METRICS."""
    families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
    for name, metric in METRICS.items():
        family = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
        families[name] = family(name, metric.words, labels=metric.labels)
    for name, labels, value in samples:
        families[name].add_metric(labels, value)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Fixed(list(families.values())))
    return generate_latest(registry)


class _Fixed:
    """What prometheus_client calls a collector."""

    def __init__(self, families: list[Any]):
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def samples(tx: Session, desk: Desk) -> Iterator[Sample]:
    """Every value of every metric, in one picture of the database."""
    yield "helpdesk_build", (_version(),), 1
    yield from _of_health(tx, desk)
    yield from _of_intake(tx, desk)
    yield from _of_work(tx, desk)
    yield from _of_model(tx)
    yield from _of_staff(tx, desk)
    yield from _of_figures(tx, desk)


def _version() -> str:
    try:
        return version("helpdesk-bot")
    except PackageNotFoundError:
        return "unknown"


def _of_health(tx: Session, desk: Desk) -> Iterator[Sample]:
    found = health(tx, desk)
    for part in found.parts:
        yield "helpdesk_part_up", (part.name,), float(part.ok)
    for scope in found.paused:
        yield "helpdesk_paused", (scope,), 1
    for note in notes.beginning_with(tx, "alarm:"):
        yield "helpdesk_alarm", (note.name.removeprefix("alarm:"),), 1


def _counts(tx: Session, column: Any) -> list[tuple[str, int]]:
    """How many rows have each value; the columns asked for here have an index, so no row is read."""
    return [(str(value or "waiting"), count) for value, count in tx.exec(select(column, func.count()).group_by(column))]


def _of_intake(tx: Session, desk: Desk) -> Iterator[Sample]:
    for outcome, count in _counts(tx, col(Delivery.outcome)):
        yield "helpdesk_deliveries", (outcome,), count
    for status, count in _counts(tx, col(Ticket.status)):
        yield "helpdesk_tickets", (status,), count
    waiting = select(func.min(Delivery.received_at)).where(col(Delivery.outcome).is_(None))
    yield "helpdesk_oldest_waiting_seconds", ("delivery",), _age(desk, tx.exec(waiting).one())
    recent = select(Ticket.created_at, Ticket.first_answer_at).where(
        col(Ticket.created_at) >= desk.now() - RECENT, col(Ticket.first_answer_at).is_not(None)
    )
    seconds = [(answered - opened).total_seconds() for opened, answered in tx.exec(recent) if answered]
    for percent in (50, 95):
        value = percentile(seconds, percent)
        if value is not None:
            yield "helpdesk_first_ack_seconds", (f"0.{percent}",), value


def _age(desk: Desk, since: Any) -> float:
    return max(0.0, (desk.now() - since).total_seconds()) if since else 0.0


def _of_work(tx: Session, desk: Desk) -> Iterator[Sample]:
    replies = select(Message.sending, func.count()).where(col(Message.sending).is_not(None))
    for sending, count in tx.exec(replies.group_by(col(Message.sending))):
        yield "helpdesk_replies", (str(sending),), count
    unsent = col(Message.sending).in_([Sending.READY, Sending.SENDING])
    oldest = tx.exec(select(func.min(Message.created_at)).where(unsent)).one()
    yield "helpdesk_oldest_waiting_seconds", ("reply",), _age(desk, oldest)
    doubtful = select(func.count()).select_from(Message).where(col(Message.possible_duplicate))
    yield "helpdesk_possible_duplicates", (), tx.exec(doubtful).one()
    waiting = desk.jobs.waiting(tx)
    kinds: dict[str, int] = {}
    for kind, _ in waiting:
        kinds[kind] = kinds.get(kind, 0) + 1
    for kind, count in kinds.items():
        yield "helpdesk_jobs", (kind,), count
    yield "helpdesk_jobs_late_seconds", (), max((_age(desk, due) for _, due in waiting), default=0.0)


def _of_model(tx: Session) -> Iterator[Sample]:
    names = ("input", "cached", "output")
    sums = (func.sum(Run.input_tokens), func.sum(Run.cached_tokens), func.sum(Run.output_tokens))
    *tokens, micros = tx.exec(select(*sums, func.sum(Run.cost_micros))).one()
    for name, value in zip(names, tokens, strict=True):
        yield "helpdesk_model_tokens", (name,), int(value or 0)
    yield "helpdesk_model_cost_micros", (), int(micros or 0)
    for state, count in _counts(tx, col(Run.state)):
        yield "helpdesk_runs", (state,), count


def _of_staff(tx: Session, desk: Desk) -> Iterator[Sample]:
    for state, count in _counts(tx, col(Action.state)):
        yield "helpdesk_actions", (state,), count
    oldest = tx.exec(select(func.min(Action.created_at)).where(col(Action.state) == ActionState.PENDING)).one()
    yield "helpdesk_oldest_waiting_seconds", ("approval",), _age(desk, oldest)
    for verb, won, count in tx.exec(
        select(Decision.verb, Decision.won, func.count()).group_by(col(Decision.verb), col(Decision.won))
    ):
        yield "helpdesk_decisions", (verb, str(won).lower()), count
    for state, count in _counts(tx, col(Escalation.state)):
        yield "helpdesk_escalations", (state,), count


def _of_figures(tx: Session, desk: Desk) -> Iterator[Sample]:
    yesterday = notes.find(tx, f"figures:{desk.now() - timedelta(days=1):%Y-%m-%d}")
    for name, value in (yesterday.value if yesterday else {}).items():
        if isinstance(value, int | float):
            yield "helpdesk_figure", (name,), float(value)
    certificate = notes.find(tx, "certificate")
    if certificate is not None:
        yield "helpdesk_lost", (), len(certificate.value["lost"])
