"""The certificate: everything that was received is accounted for, each skip with its reason, or it is named as lost."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from storage.jobs import Jobs
from storage.models import (
    Action,
    ActionState,
    Delivery,
    Direction,
    Escalation,
    Message,
    Outcome,
    Sending,
    Ticket,
)

LATE = timedelta(minutes=5)
"""What is younger may still be on its way."""
MOST_NAMED = 100
SKIPS = (Outcome.IGNORED, Outcome.DUPLICATE, Outcome.QUARANTINED)
_ID = re.compile(r"\b[a-z]{3}_[0-9a-z]{26}\b")


@dataclass(frozen=True, slots=True)
class Lost:
    """One row nobody looks after any more, and why that is known."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """received = the sum of `outcomes` + `waiting`, and nothing is in `lost`. Counts of deliveries unless said."""

    since: datetime
    until: datetime
    received: int
    received_again: int
    outcomes: dict[str, dict[str, int]]
    skips: list[dict[str, Any]]
    waiting: int
    replies: dict[str, int]
    possible_duplicates: int
    lost: list[Lost]

    @property
    def balanced(self) -> bool:
        """Whether everything is accounted for."""
        counted = sum(count for per in self.outcomes.values() for count in per.values())
        return not self.lost and counted + self.waiting == self.received

    def as_json(self) -> dict[str, Any]:
        """For --json and for the audit log."""
        times = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return {**asdict(self), **times, "balanced": self.balanced}


def certify(tx: Session, jobs: Jobs, now: datetime, *, days: float) -> Certificate:
    """Account for everything that arrived in the last `days`, in one picture of the database."""
    since = now - timedelta(days=days)
    window = col(Delivery.received_at) >= since
    received, receipts = tx.exec(select(func.count(), func.sum(Delivery.receipts)).where(window)).one()
    replies = select(Message.sending, func.count()).where(
        Message.direction == Direction.OUTBOUND, col(Message.created_at) >= since
    )
    doubtful = select(func.count()).where(col(Message.possible_duplicate), col(Message.created_at) >= since)
    return Certificate(
        since=since,
        until=now,
        received=received,
        received_again=int(receipts or 0) - received,
        outcomes=_outcomes(tx, since),
        skips=_skips(tx, since),
        waiting=tx.exec(select(func.count()).where(window, col(Delivery.outcome).is_(None))).one(),
        replies={str(sending or "none"): count for sending, count in tx.exec(replies.group_by(col(Message.sending)))},
        possible_duplicates=tx.exec(doubtful).one(),
        lost=[lost for look in LOSSES for lost in look(tx, jobs, since, now)][:MOST_NAMED],
    )


def _outcomes(tx: Session, since: datetime) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    counted = select(Delivery.channel, Delivery.outcome, func.count()).where(
        col(Delivery.received_at) >= since, col(Delivery.outcome).is_not(None)
    )
    for channel, outcome, count in tx.exec(counted.group_by(col(Delivery.channel), col(Delivery.outcome))):
        found.setdefault(channel, {})[str(outcome)] = count
    return found


def _skips(tx: Session, since: datetime) -> list[dict[str, Any]]:
    """What became no message, by its reason; ids are left out of reasons, or each would be its own."""
    counted = select(Delivery.channel, Delivery.outcome, Delivery.outcome_note, func.count()).where(
        col(Delivery.received_at) >= since, col(Delivery.outcome).in_(SKIPS)
    )
    grouped = counted.group_by(col(Delivery.channel), col(Delivery.outcome), col(Delivery.outcome_note))
    total: Counter[tuple[str, str, str]] = Counter()
    for channel, outcome, why, count in tx.exec(grouped):
        total[channel, str(outcome), _ID.sub("…", why)] += count
    return [
        {"channel": channel, "outcome": outcome, "why": why, "count": count}
        for (channel, outcome, why), count in total.most_common()
    ]


# ------------------------------------------------------------------ what can be lost


def _not_understood(tx: Session, jobs: Jobs, since: datetime, now: datetime) -> Iterator[Lost]:
    """Deliveries without an outcome for which no job waits. A job names no row here, so they are counted."""
    waiting = list(
        tx.exec(
            select(Delivery.id)
            .where(col(Delivery.outcome).is_(None), col(Delivery.received_at) < now - LATE)
            .order_by(col(Delivery.received_at))
        )
    )
    for delivery_id in waiting[_count_jobs(tx, jobs, "ingest") :]:
        yield Lost(delivery_id, "it was received and nobody is going to read it")


def _without_message(tx: Session, jobs: Jobs, since: datetime, now: datetime) -> Iterator[Lost]:
    """Deliveries that became a message that is not there."""
    there = exists().where(col(Message.id) == col(Delivery.subject_id))
    missing = select(Delivery.id).where(
        col(Delivery.received_at) >= since, col(Delivery.outcome) == Outcome.MESSAGE, ~there
    )
    for delivery_id in tx.exec(missing):
        yield Lost(delivery_id, "it became a message that is not there")


def _unanswered(tx: Session, jobs: Jobs, since: datetime, now: datetime) -> Iterator[Lost]:
    """What a requester wrote, that nobody answered and nobody is going to answer."""
    open_questions = list(
        tx.exec(
            select(Message.id)
            .join(Ticket, col(Ticket.id) == col(Message.ticket_id))
            .where(
                *_asked(since, now),
                col(Message.answered_by).is_(None),
                col(Ticket.owner).is_(None),
            )
            .order_by(col(Message.created_at))
        )
    )
    for message_id in open_questions[_count_jobs(tx, jobs, "answer") :]:
        yield Lost(message_id, "nobody answered it, no person owns the ticket, and no answer is being made")


def _asked(since: datetime, now: datetime) -> tuple[Any, ...]:
    return (
        Message.direction == Direction.INBOUND,
        Message.role == "requester",
        Message.kind == "human",
        col(Message.deleted_at).is_(None),
        col(Message.created_at) >= since,
        col(Message.created_at) < now - LATE,
    )


def _answered_with_silence(tx: Session, jobs: Jobs, since: datetime, now: datetime) -> Iterator[Lost]:
    """Messages marked as answered by a run that said nothing and fetched nobody."""
    reply = aliased(Message)
    said = exists().where(col(reply.run_id) == col(Message.answered_by), col(reply.direction) == Direction.OUTBOUND)
    called = exists().where(col(Escalation.ticket_id) == col(Message.ticket_id))
    silent = select(Message.id).where(*_asked(since, now), col(Message.answered_by).like("run_%"), ~said, ~called)
    for message_id in tx.exec(silent):
        yield Lost(message_id, "the run that took it said nothing and fetched nobody")


def _unsent(tx: Session, jobs: Jobs, since: datetime, now: datetime) -> Iterator[Lost]:
    """Replies that should leave and for which no job waits."""
    unsent = list(
        tx.exec(
            select(Message.id)
            .where(col(Message.sending).in_([Sending.READY, Sending.SENDING]), col(Message.created_at) < now - LATE)
            .order_by(col(Message.created_at))
        )
    )
    for message_id in unsent[_count_jobs(tx, jobs, "deliver") :]:
        yield Lost(message_id, "it should have been sent and nobody is going to send it")


def _failed_unseen(tx: Session, jobs: Jobs, since: datetime, now: datetime) -> Iterator[Lost]:
    """Replies that failed without a person being told."""
    told = exists().where(col(Escalation.ticket_id) == col(Message.ticket_id))
    failed = select(Message.id).where(col(Message.sending) == Sending.FAILED, col(Message.created_at) >= since, ~told)
    for message_id in tx.exec(failed):
        yield Lost(message_id, "it could not be delivered and no person was fetched")


def _not_carried_out(tx: Session, jobs: Jobs, since: datetime, now: datetime) -> Iterator[Lost]:
    """Approved actions for which no job waits."""
    approved = list(
        tx.exec(
            select(Action.id)
            .where(
                col(Action.state).in_([ActionState.APPROVED, ActionState.EXECUTING]),
                col(Action.created_at) < now - LATE,
            )
            .order_by(col(Action.created_at))
        )
    )
    for action_id in approved[_count_jobs(tx, jobs, "act") :]:
        yield Lost(action_id, "it was approved and nobody is going to carry it out")


def _count_jobs(tx: Session, jobs: Jobs, kind: str) -> int:
    return sum(1 for waiting, _ in jobs.waiting(tx) if waiting == kind)


LOSSES = (
    _not_understood,
    _without_message,
    _unanswered,
    _answered_with_silence,
    _unsent,
    _failed_unseen,
    _not_carried_out,
)
"""Every way in which something could be lost, looked for."""
