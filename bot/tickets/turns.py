"""Puts together what the team may know for one pass, and keeps its journal and trace as rows."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from agents_team.turn import Bounds, PaidCall, PendingAction, Said, TraceStep, Turn, Usage
from bot.actions import ACTIONS
from bot.desk import Desk
from bot.mail.codes import code_may_follow
from bot.settings import TeamSettings
from bot.tickets.reading import reads_whole, what_was_said
from channels.base import Role, Trust
from storage.models import (
    OPEN_STATES,
    Action,
    ActionState,
    Direction,
    Event,
    MemoryItem,
    Message,
    Run,
    RunState,
    Step,
    StepKind,
    Ticket,
)

DONE_FOR_DAYS = 30


def waiting_messages(tx: Session, ticket_id: str) -> list[Message]:
    """What the requester wrote and nobody answered yet, oldest first."""
    return list(
        tx.exec(
            select(Message)
            .where(
                Message.ticket_id == ticket_id,
                Message.direction == Direction.INBOUND,
                Message.role == Role.REQUESTER.value,
                Message.kind == "human",
                col(Message.answered_by).is_(None),
                col(Message.deleted_at).is_(None),
            )
            .order_by(col(Message.sent_at), col(Message.id))
        )
    )


def run_for(tx: Session, desk: Desk, ticket_id: str, newest_id: str) -> Run:
    """The run over everything up to this message: the same one after a crash, so that its journal replays."""
    run = tx.exec(select(Run).where(Run.ticket_id == ticket_id, Run.newest_message_id == newest_id)).first()
    if run is None:
        run = Run(ticket_id=ticket_id, newest_message_id=newest_id, started_at=desk.now())
    run.state = RunState.RUNNING
    tx.add(run)
    return run


async def customer_of(desk: Desk, messages: list[Message]) -> tuple[str | None, int]:
    """The shop account all these messages speak for, and how well that is proven; None when they do not agree.

    A Slack account is known by (team, user); an address counts only when the mail proved it.
    """
    authors = {message.facts.get("author", "") for message in messages}
    trust = min(message.trust for message in messages)
    if len(authors) != 1:
        return None, 0
    author = authors.pop()
    if messages[0].channel == "slack":
        team, _, user = author.partition("/")
        customer = await desk.shop.find_customer(slack=(team, user))
    elif trust >= Trust.ALIGNED_MAIL:
        customer = await desk.shop.find_customer(email=author)
    else:
        customer = None
    return (customer.id if customer else None), trust


def build_turn(
    tx: Session, desk: Desk, ticket: Ticket, run: Run, messages: list[Message], customer_id: str | None, trust: int
) -> Turn:
    """Everything the team may know, as values."""
    memory = tx.exec(select(MemoryItem).where(MemoryItem.ticket_id == ticket.id).order_by(col(MemoryItem.position)))
    said = sorted([*messages, *_staff_since(tx, ticket)], key=lambda message: (message.sent_at, message.id))
    return Turn(
        run_id=run.id,
        ticket_id=ticket.id,
        channel=ticket.channel,
        new=tuple(_said(message) for message in said),
        memory=tuple(item.item for item in memory),
        requester_name=messages[-1].author_name,
        customer_id=customer_id,
        trust=trust,
        lane=ticket.lane,
        pending=tuple(_pending(action) for action in _actions_to_know(tx, desk, ticket.id)),
        now=desk.now(),
        bounds=_bounds(desk.settings.team, *_spent_on(tx, ticket.id, run.id)),
        waited=(desk.now() - run.started_at).total_seconds(),
        boundary=_boundary(tx, ticket),
        code_may_follow=customer_id is None and code_may_follow(tx, desk, messages),
    )


_BOUNDARIES = {
    "solved": "the ticket was solved on {day}; this is a new message to it",
    "handed_back": "a colleague looked after it and handed it back on {day}",
}


def _boundary(tx: Session, ticket: Ticket) -> str:
    """What ended the conversation that the team remembers, if anything did since it last answered."""
    ended = select(Event).where(Event.subject_id == ticket.id, col(Event.kind).in_(_BOUNDARIES))
    answered = _last_answered(tx, ticket.id)
    if answered is None:
        return ""
    last = tx.exec(ended.where(Event.at > answered).order_by(col(Event.id).desc())).first()
    return _BOUNDARIES[last.kind].format(day=last.at.date().isoformat()) if last else ""


def _last_answered(tx: Session, ticket_id: str) -> datetime | None:
    answered = select(Run.ended_at).where(Run.ticket_id == ticket_id, Run.state == RunState.ANSWERED)
    return tx.exec(answered.order_by(col(Run.ended_at).desc())).first()


def _staff_since(tx: Session, ticket: Ticket) -> list[Message]:
    """What colleagues wrote to the requester since the team last answered: it must not contradict them."""
    last = _last_answered(tx, ticket.id)
    wrote = select(Message).where(
        Message.ticket_id == ticket.id,
        Message.direction == Direction.OUTBOUND,
        Message.role == Role.STAFF.value,
        col(Message.deleted_at).is_(None),
    )
    if last is not None:
        wrote = wrote.where(Message.created_at > last)
    return list(tx.exec(wrote))


def _actions_to_know(tx: Session, desk: Desk, ticket_id: str) -> list[Action]:
    """What is open, and what was carried out not long ago: of that the team may say that it is done."""
    done = select(Action).where(
        Action.ticket_id == ticket_id,
        Action.state == ActionState.DONE,
        col(Action.ended_at) >= desk.now() - timedelta(days=DONE_FOR_DAYS),
    )
    return [*open_actions(tx, ticket_id), *tx.exec(done)]


def _spent_on(tx: Session, ticket_id: str, run_id: str) -> tuple[int, int]:
    """What the other runs of this ticket cost, in millionths, and the tokens they used."""
    runs = tx.exec(select(Run).where(Run.ticket_id == ticket_id, Run.id != run_id)).all()
    return sum(run.cost_micros for run in runs), sum(run.input_tokens + run.output_tokens for run in runs)


def open_actions(tx: Session, ticket_id: str) -> list[Action]:
    """What was asked for on this ticket and is not over."""
    return list(tx.exec(select(Action).where(Action.ticket_id == ticket_id, col(Action.state).in_(OPEN_STATES))))


def _pending(action: Action) -> PendingAction:
    return PendingAction(action.id, action.kind, action.state.value, ACTIONS[action.kind].summary(action))


def _said(message: Message) -> Said:
    who = "staff" if message.role == Role.STAFF.value else "requester"
    masked = tuple(message.facts.get("masked_in_all" if reads_whole(message) else "masked", ()))
    return Said(who, what_was_said(message), message.sent_at, message.author_name, masked)


def draft_of(tx: Session, run_id: str) -> str:
    """The last answer of a run that failed its checks or waits for a person to send it; "" when there is none."""
    blocked = select(Step).where(Step.run_id == run_id, Step.kind == StepKind.GUARDRAIL, Step.name == "output")
    step = tx.exec(blocked.order_by(col(Step.at).desc(), col(Step.id).desc())).first()
    return str(step.data.get("draft", "")) if step else ""


def _bounds(settings: TeamSettings, spent_micros: int, spent_tokens: int) -> Bounds:
    """What this run may use. A ticket that has used up its share asks nothing more: a person goes on with it."""
    return Bounds(
        turns=settings.max_turns,
        tool_calls=settings.max_tool_calls,
        seconds=settings.max_seconds,
        tokens=max(min(settings.max_tokens, settings.max_ticket_tokens - spent_tokens), 0),
        cost_micros=max(min(settings.max_cost_micros, settings.max_ticket_micros - spent_micros), 0),
    )


class RunRows:
    """The run's journal and trace in the step table; each call returns when its row is committed."""

    def __init__(self, desk: Desk, run_id: str):
        self._desk = desk
        self._run_id = run_id

    async def replay(self, request_hash: str, n: int) -> PaidCall | None:
        step = await self._desk.db.read(
            lambda tx: tx.exec(
                select(Step).where(Step.run_id == self._run_id, Step.request_hash == request_hash, Step.n == n)
            ).first()
        )
        return _paid(step) if step else None

    async def keep(self, call: PaidCall) -> None:
        step = Step(
            run_id=self._run_id,
            kind=StepKind(call.kind),
            agent=call.agent,
            name=call.model,
            request_hash=call.request_hash,
            n=call.n,
            data=dict(call.response),
            input_tokens=call.usage.input_tokens,
            cached_tokens=call.usage.cached_tokens,
            output_tokens=call.usage.output_tokens,
            cost_micros=call.usage.cost_micros,
            seconds=call.seconds,
            at=self._desk.now(),
        )
        await self._desk.db.write(lambda tx: tx.add(step))

    async def note(self, step: TraceStep) -> None:
        row = Step(
            run_id=self._run_id,
            kind=StepKind(step.kind),
            agent=step.agent,
            name=step.name,
            data=dict(step.data),
            seconds=step.seconds,
            at=self._desk.now(),
        )
        await self._desk.db.write(lambda tx: tx.add(row))


def _paid(step: Step) -> PaidCall:
    usage = Usage(1, step.input_tokens, step.cached_tokens, step.output_tokens, step.cost_micros)
    return PaidCall(
        step.request_hash or "", step.n or 0, step.agent, step.name, step.data, usage, step.seconds, step.kind.value
    )


def count_usage(tx: Session, run: Run) -> None:
    """The run costs what its journal says, also when it failed or was done again."""
    calls = tx.exec(
        select(Step.input_tokens, Step.cached_tokens, Step.output_tokens, Step.cost_micros).where(
            Step.run_id == run.id, Step.kind == StepKind.MODEL
        )
    ).all()
    run.requests = len(calls)
    run.input_tokens, run.cached_tokens, run.output_tokens, run.cost_micros = (
        sum(column) for column in zip((0, 0, 0, 0), *calls, strict=True)
    )
    tx.add(run)


def keep_memory(tx: Session, ticket_id: str, items: tuple[dict[str, Any], ...]) -> None:
    """Replace what the team remembers of the ticket."""
    for old in tx.exec(select(MemoryItem).where(MemoryItem.ticket_id == ticket_id)):
        tx.delete(old)
    tx.flush()
    for position, item in enumerate(items):
        tx.add(MemoryItem(ticket_id=ticket_id, position=position, item=item))


def quiet_until(messages: list[Message], seconds: float) -> datetime:
    """When messages that belong together have all arrived."""
    return max(message.created_at for message in messages) + timedelta(seconds=seconds)
