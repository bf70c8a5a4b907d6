"""Computes the figures of a period from the rows themselves; nothing is counted along the way that could drift."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from bot.numbers.definitions import REPEAT_WITHIN, SETTLED_AFTER
from bot.numbers.thanks import is_thanks
from bot.policy.hours import OpenHours, open_time_between
from bot.settings import NumbersSettings
from storage.models import (
    Action,
    ActionState,
    Decision,
    Direction,
    Escalation,
    Event,
    Message,
    Rating,
    Run,
    Sending,
    Step,
    StepKind,
    Ticket,
)

Figures = dict[str, Any]
ALWAYS = OpenHours()
MANY = 500
"""Ids asked for at once: databases limit the number of parameters."""


@dataclass(slots=True)
class Story:
    """What matters of one ticket."""

    ticket: Ticket
    messages: list[Message] = field(default_factory=list)
    escalated: bool = False
    repeated: bool = False
    reopened: bool = False
    grounded: bool = False
    rated_good: bool | None = None
    escalating_runs: set[str] = field(default_factory=set)

    @property
    def sent(self) -> list[Message]:
        """What reached the requester, in order."""
        return [m for m in self.messages if m.direction is Direction.OUTBOUND and m.sending is Sending.SENT]

    @property
    def asked(self) -> list[Message]:
        """What the requester wrote, in order."""
        return [m for m in self.messages if m.direction is Direction.INBOUND and m.role == "requester"]

    def settled(self, now: datetime) -> bool:
        """Nobody waits, and the requester had time to come back."""
        if any(m.answered_by is None and m.kind == "human" and m.deleted_at is None for m in self.asked):
            return False
        last = max((m.created_at for m in self.messages), default=self.ticket.created_at)
        return now - last >= SETTLED_AFTER.get(self.ticket.channel, REPEAT_WITHIN)

    def answered_by_bot(self) -> bool:
        return any(m.run_id and m.role == "bot" for m in self.sent)

    def answered_by_staff(self) -> bool:
        return bool(self.by_staff())

    def by_bot_alone(self) -> bool:
        return self.answered_by_bot() and not (
            self.escalated or self.answered_by_staff() or self.ticket.owner is not None
        )

    def returned(self) -> bool:
        """The requester came back: what looked like the end of it was none."""
        return self.repeated or self.reopened

    def deflected(self, now: datetime) -> bool:
        return self.by_bot_alone() and not self.returned() and self.settled(now)

    def seconds_to(self, wanted: Iterable[Message], calendar: OpenHours = ALWAYS) -> float | None:
        """From the first question to the first of these messages, in open time; None when there is none."""
        first = min((m.created_at for m in self.asked), default=None)
        sent = min((m.first_tried_at or m.created_at for m in wanted), default=None)
        return open_time_between(first, sent, calendar).total_seconds() if first and sent else None

    def by_staff(self) -> list[Message]:
        return [m for m in self.sent if m.role == "staff"]

    def substantive(self) -> list[Message]:
        return [
            m for m in self.sent if m.role == "staff" or (m.run_id is not None and m.run_id not in self.escalating_runs)
        ]


def figures(
    tx: Session,
    since: datetime,
    until: datetime,
    now: datetime,
    settings: NumbersSettings,
    calendar: OpenHours = ALWAYS,
) -> Figures:
    """Every figure in DEFINITIONS but `lost`, for what happened from `since` to before `until`.

    `calendar` says which time counts for the figures in business time.
    """
    stories = _stories(tx, since, until)
    found: Figures = {
        **_of_tickets(stories, now),
        **_of_time(stories, calendar),
        **_of_ratings(stories),
        **_of_messages(tx, since, until),
        **_of_decisions(tx, since, until),
        **_of_money(tx, since, until),
        **_of_model(tx, since, until),
    }
    found["reopened"] = tx.exec(
        select(func.count()).where(_reopening(), col(Event.at) >= since, col(Event.at) < until)
    ).one()
    found |= _costs(found, (until - since) / timedelta(days=1), settings)
    return found


# ------------------------------------------------------------------ tickets


def _stories(tx: Session, since: datetime, until: datetime) -> list[Story]:
    tickets = tx.exec(select(Ticket).where(col(Ticket.created_at) >= since, col(Ticket.created_at) < until)).all()
    stories = {ticket.id: Story(ticket) for ticket in tickets if ticket.merged_into is None}
    for some in _portions(list(stories)):
        for message in tx.exec(
            select(Message).where(col(Message.ticket_id).in_(some)).order_by(col(Message.created_at))
        ):
            stories[message.ticket_id].messages.append(message)
        for escalation in tx.exec(select(Escalation).where(col(Escalation.ticket_id).in_(some))):
            story = stories[str(escalation.ticket_id)]
            story.escalated = True
            story.escalating_runs.add(escalation.cause.removeprefix("run:"))
        for ticket_id in _grounded(tx, some):
            stories[ticket_id].grounded = True
        for reopened in tx.exec(select(Event.subject_id).where(_reopening(), col(Event.subject_id).in_(some))):
            stories[str(reopened)].reopened = True
        for rating in tx.exec(select(Rating).where(col(Rating.ticket_id).in_(some))):
            stories[rating.ticket_id].rated_good = rating.good
    _mark_repeats(tx, stories.values(), since)
    return list(stories.values())


def _reopening() -> Any:
    return col(Event.kind) == "reopened"


def _portions(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + MANY] for start in range(0, len(ids), MANY))


def _grounded(tx: Session, ticket_ids: Sequence[str]) -> set[str]:
    """Tickets with a look into shop or knowledge in a run, or an action that is done."""
    looked = select(Run.ticket_id).join(Step, col(Step.run_id) == col(Run.id))
    looked = looked.where(col(Run.ticket_id).in_(ticket_ids), Step.kind == StepKind.TOOL).distinct()
    done = select(Action.ticket_id).where(col(Action.ticket_id).in_(ticket_ids), Action.state == ActionState.DONE)
    return {*tx.exec(looked), *tx.exec(done)}


def _mark_repeats(tx: Session, stories: Iterable[Story], since: datetime) -> None:
    """Another ticket of the same requester soon after takes a deflection back."""
    by_requester: dict[str, list[datetime]] = {}
    opened = select(Ticket.requester_id, Ticket.created_at).where(col(Ticket.created_at) >= since)
    for requester_id, at in tx.exec(opened):
        by_requester.setdefault(requester_id, []).append(at)
    for story in stories:
        begun, within = story.ticket.created_at, SETTLED_AFTER.get(story.ticket.channel, REPEAT_WITHIN)
        others = by_requester.get(story.ticket.requester_id, [])
        story.repeated = any(begun < at <= begun + within for at in others)


def _of_tickets(stories: list[Story], now: datetime) -> Figures:
    deflected = [story for story in stories if story.deflected(now)]
    verified = [story for story in deflected if story.grounded or _cites(story)]
    unsettled = sum(not story.settled(now) for story in stories)
    settled = len(stories) - unsettled
    escalated = sum(story.escalated for story in stories)
    return {
        "tickets": len(stories),
        "answered_by_bot": sum(story.answered_by_bot() for story in stories),
        "answered_by_staff": sum(story.answered_by_staff() for story in stories),
        "escalated": escalated,
        "escalation_rate": _share(escalated, len(stories)),
        "unsettled": unsettled,
        "deflected": len(deflected),
        "deflection_rate": _share(len(deflected), settled),
        "verified": len(verified),
        "verified_rate": _share(len(verified), settled),
        "taken_back": sum(story.by_bot_alone() and story.returned() for story in stories),
        "confirmed": sum(bool(story.asked) and is_thanks(story.asked[-1].text) for story in deflected),
        "repeat_contact": _repeats(stories),
    }


def _cites(story: Story) -> bool:
    return bool(story.sent) and bool(story.sent[-1].facts.get("citations"))


def _repeats(stories: list[Story]) -> int:
    opened: dict[str, datetime] = {}
    count = 0
    for story in sorted(stories, key=lambda story: story.ticket.created_at):
        before = opened.get(story.ticket.requester_id)
        count += before is not None and story.ticket.created_at - before <= REPEAT_WITHIN
        opened[story.ticket.requester_id] = story.ticket.created_at
    return count


def _of_time(stories: list[Story], calendar: OpenHours) -> Figures:
    acks = _known(story.seconds_to(story.sent) for story in stories)
    answers = _known(story.seconds_to(story.substantive()) for story in stories)
    people = _known(story.seconds_to(story.by_staff()) for story in stories)
    open_answers = _known(story.seconds_to(story.substantive(), calendar) for story in stories)
    open_people = _known(story.seconds_to(story.by_staff(), calendar) for story in stories)
    return {
        "first_ack_p50": percentile(acks, 50),
        "first_ack_p95": percentile(acks, 95),
        "first_answer_p50": percentile(answers, 50),
        "first_answer_p90": percentile(answers, 90),
        "first_answer_p95": percentile(answers, 95),
        "first_human_p50": percentile(people, 50),
        "first_human_p95": percentile(people, 95),
        "first_answer_open_p50": percentile(open_answers, 50),
        "first_answer_open_p95": percentile(open_answers, 95),
        "first_human_open_p50": percentile(open_people, 50),
        "first_human_open_p95": percentile(open_people, 95),
    }


def _of_ratings(stories: list[Story]) -> Figures:
    rated = [story for story in stories if story.rated_good is not None]
    bots = [story for story in rated if not story.answered_by_staff()]
    people = [story for story in rated if story.answered_by_staff()]
    return {
        "ratings": len(rated),
        "csat_rate": _good(rated),
        "csat_bot_rate": _good(bots),
        "csat_staff_rate": _good(people),
    }


def _good(rated: list[Story]) -> float | None:
    return _share(sum(bool(story.rated_good) for story in rated), len(rated))


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest value that `percent` of all values do not exceed (nearest rank); None without values."""
    if not values:
        return None
    rank = -(-len(values) * percent // 100)
    return round(sorted(values)[max(rank, 1) - 1], 3)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


# ------------------------------------------------------------------ messages, decisions, money, model


def _of_messages(tx: Session, since: datetime, until: datetime) -> Figures:
    period = (col(Message.created_at) >= since, col(Message.created_at) < until)
    inbound = select(func.count()).where(*period, Message.direction == Direction.INBOUND)
    return {
        "requester_messages": tx.exec(inbound.where(Message.role == "requester", Message.kind == "human")).one(),
        "automatic_messages": tx.exec(inbound.where(Message.kind != "human")).one(),
        "replies_failed": tx.exec(select(func.count()).where(*period, Message.sending == Sending.FAILED)).one(),
        "possible_duplicates": tx.exec(
            select(func.count()).where(*period, col(Message.possible_duplicate).is_(True))
        ).one(),
    }


def _of_decisions(tx: Session, since: datetime, until: datetime) -> Figures:
    won = tx.exec(
        select(Decision.verb, Decision.at, Action.created_at)
        .join(Action, col(Action.id) == col(Decision.action_id))
        .where(
            col(Decision.won).is_(True),
            col(Decision.verb).in_(["approve", "deny"]),
            col(Decision.at) >= since,
            col(Decision.at) < until,
        )
    ).all()
    denied = sum(verb == "deny" for verb, _, _ in won)
    return {
        "approvals": len(won),
        "approvals_denied_rate": _share(denied, len(won)),
        "approval_p50": percentile([(at - proposed).total_seconds() for _, at, proposed in won], 50),
    }


def _of_money(tx: Session, since: datetime, until: datetime) -> Figures:
    done = select(Action.currency, func.count(), func.sum(Action.amount_minor)).where(
        Action.kind == "refund",
        Action.state == ActionState.DONE,
        col(Action.ended_at) >= since,
        col(Action.ended_at) < until,
    )
    rows = tx.exec(done.group_by(col(Action.currency))).all()
    return {
        "refunds": sum(count for _, count, _ in rows),
        "refunded_minor": {currency: int(amount) for currency, _, amount in rows},
    }


def _of_model(tx: Session, since: datetime, until: datetime) -> Figures:
    columns = {
        "model_requests": Run.requests,
        "input_tokens": Run.input_tokens,
        "cached_tokens": Run.cached_tokens,
        "output_tokens": Run.output_tokens,
        "model_micros": Run.cost_micros,
    }
    period = (col(Run.started_at) >= since, col(Run.started_at) < until)
    return {name: int(tx.exec(select(func.sum(column)).where(*period)).one() or 0) for name, column in columns.items()}


def _costs(found: Figures, days: float, settings: NumbersSettings) -> Figures:
    people = found["answered_by_staff"] * settings.staff_minutes_per_ticket * settings.staff_hour_micros // 60
    whole = found["model_micros"] + round(days * settings.infrastructure_micros_per_day) + people
    return {
        "micros_per_ticket": found["model_micros"] // found["tickets"] if found["tickets"] else None,
        "micros_per_verified": whole // found["verified"] if found["verified"] else None,
    }


def escalation_reasons(tx: Session, since: datetime, until: datetime) -> dict[str, int]:
    """How often each reason was given for asking a person; alarms of the desk about itself do not count."""
    rows = tx.exec(
        select(Escalation.reason).where(
            col(Escalation.created_at) >= since,
            col(Escalation.created_at) < until,
            col(Escalation.ticket_id).is_not(None),
        )
    )
    return dict(Counter(rows).most_common())


def tokens_by_model(tx: Session, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """What each model was sent and wrote, and what it cost."""
    period = (Step.kind == StepKind.MODEL, col(Step.at) >= since, col(Step.at) < until)
    calls = select(Step.name, func.count(), func.sum(Step.cost_micros)).where(*period).group_by(col(Step.name))
    tokens = select(Step.name, func.sum(Step.input_tokens), func.sum(Step.cached_tokens), func.sum(Step.output_tokens))
    used = {row[0]: row[1:] for row in tx.exec(tokens.where(*period).group_by(col(Step.name)))}
    return [
        {
            "model": model,
            "calls": count,
            **dict(zip(("input_tokens", "cached_tokens", "output_tokens"), used[model], strict=True)),
            "micros": micros,
        }
        for model, count, micros in tx.exec(calls)
    ]
