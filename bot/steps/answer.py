"""Lets the team answer everything the requester wrote since the last answer."""

from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog
from sqlmodel import Session

from agents_team.tools.shop import ShopUnavailable
from agents_team.turn import Answer, EscalationWish, Proposal, TeamGaveUp, TeamUnavailable, Turn
from bot.actions import ACTIONS
from bot.actions.kind import Case, Prepared
from bot.actions.proposals import Statement, propose, with_statements
from bot.actions.withdrawals import WITHDRAW, withdraw
from bot.backends.errors import BackendUnavailable
from bot.controls import paused
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.mail.codes import address_on_file, offer
from bot.policy.wishes import as_wished
from bot.staff.drafts import AUTO, as_allowed, hold_as_draft, mode_for, only_people
from bot.staff.duty import with_duty
from bot.staff.escalations import STAFF, escalate, show_answers
from bot.tickets.outbox import say
from bot.tickets.progress import scopes_of
from bot.tickets.rates import held_back
from bot.tickets.turns import (
    RunRows,
    build_turn,
    count_usage,
    customer_of,
    draft_of,
    keep_memory,
    quiet_until,
    run_for,
    waiting_messages,
)
from storage.models import Message, Run, RunState, Ticket, TicketStatus


@dataclass(frozen=True, slots=True)
class Heard:
    """What one pass brought: what was read, what the team said to it, and what was looked up for that."""

    messages: list[Message]
    turn: Turn
    answer: Answer
    prepared: list[Prepared]
    code_to: str | None


async def answer_ticket(desk: Desk, ticket_id: str) -> None:
    """Check that it is the bot's turn, ask the team, and record what it says and wants in one transaction."""
    messages = await desk.db.read(lambda tx: _to_answer(tx, ticket_id))
    if not messages:
        return
    await _wait_for_quiet(desk, messages)
    if await desk.db.write(lambda tx: only_people(tx, desk, ticket_id, messages[-1].id)):
        return
    wait = await desk.db.write(lambda tx: held_back(tx, desk, ticket_id, messages[-1]))
    if wait is not None:
        raise RetryLater("the requester or the channel is over the limit of an hour", after=wait, patient=True)
    turn = await _turn(desk, ticket_id, messages)
    answer = as_wished(await _ask_team(desk, turn), [message.text for message in messages])
    prepared = await _prepare(desk, turn, answer)
    code_to = await address_on_file(desk, turn.run_id, messages)
    heard = Heard(messages, turn, answer, prepared, code_to)
    await desk.db.write(lambda tx: _record(tx, desk, ticket_id, heard))


def _to_answer(tx: Session, ticket_id: str) -> list[Message]:
    """The waiting messages; none while a person owns the ticket."""
    ticket = tx.get_one(Ticket, ticket_id)
    return [] if ticket.owner else waiting_messages(tx, ticket_id)


async def _wait_for_quiet(desk: Desk, messages: list[Message]) -> None:
    if await desk.db.read(lambda tx: paused(tx, *scopes_of(tx.get_one(Ticket, messages[0].ticket_id)))):
        raise RetryLater("the desk is paused", after=timedelta(seconds=15), patient=True)
    missing = quiet_until(messages, desk.settings.desk.quiet_seconds) - desk.now()
    if missing > timedelta(0):
        raise RetryLater("more may be coming", after=missing, patient=True)


async def _turn(desk: Desk, ticket_id: str, messages: list[Message]) -> Turn:
    try:
        customer_id, trust = await customer_of(desk, messages)
    except ShopUnavailable as error:
        raise RetryLater(f"shop: {error}") from error

    def change(tx: Session) -> Turn:
        run = run_for(tx, desk, ticket_id, messages[-1].id)
        return build_turn(tx, desk, tx.get_one(Ticket, ticket_id), run, messages, customer_id, trust)

    return await desk.db.write(change)


async def _ask_team(desk: Desk, turn: Turn) -> Answer:
    structlog.contextvars.bind_contextvars(run=turn.run_id)
    try:
        return await desk.team.respond(turn, RunRows(desk, turn.run_id))
    except TeamUnavailable as error:
        raise RetryLater(f"model: {error}", after=_as_asked(desk, error.after)) from error
    except TeamGaveUp as error:
        raise NeedsAPerson(error.reason) from error


def _as_asked(desk: Desk, seconds: float | None) -> timedelta | None:
    """As long as the provider asked us to stay away, but not past the moment when somebody else answers instead."""
    if seconds is None:
        return None
    longest = min(desk.settings.desk.longest_pause_seconds, desk.settings.model.offline_after_seconds or seconds)
    return timedelta(seconds=min(seconds, longest))


async def _prepare(desk: Desk, turn: Turn, answer: Answer) -> list[Prepared]:
    """Facts and verdict for each proposal, fetched before the transaction. A withdrawal needs none."""
    wishes = [wish for wish in answer.proposals if wish.kind != WITHDRAW]
    if unknown := [wish.kind for wish in wishes if wish.kind not in ACTIONS]:
        raise NeedsAPerson(f"The team proposed what this desk cannot do: {', '.join(unknown)}")
    try:
        return [await ACTIONS[wish.kind].prepare(desk, _case(turn, wish)) for wish in wishes]
    except (BackendUnavailable, ShopUnavailable) as error:
        raise RetryLater(f"facts for a proposal: {error}") from error


def _case(turn: Turn, wish: Proposal) -> Case:
    return Case(turn.ticket_id, turn.customer_id, turn.trust, wish.wish, wish.reason)


def _state(
    tx: Session, desk: Desk, ticket: Ticket, run: Run, answer: Answer, prepared: list[Prepared]
) -> list[Statement]:
    """Make rows of what the team wants, and hear what code says about each."""
    withdrawn = [withdraw(tx, desk, ticket, wish) for wish in answer.proposals if wish.kind == WITHDRAW]
    return [*withdrawn, *(propose(tx, desk, ticket, run, wish) for wish in prepared)]


def _record(tx: Session, desk: Desk, ticket_id: str, heard: Heard) -> None:
    ticket, run = tx.get_one(Ticket, ticket_id), tx.get_one(Run, heard.turn.run_id)
    count_usage(tx, run)
    if _overtaken(tx, ticket_id, heard.messages):
        # Whatever changed, what waits now is answered together; a message taken back brings no job of its own.
        run.state, run.ended_at = RunState.SUPERSEDED, desk.now()
        desk.jobs.defer(tx, "answer", ticket_id, lane=ticket_id)
        return
    _close_run(desk, run, heard.answer)
    keep_memory(tx, ticket_id, heard.answer.memory)
    ticket.lane = heard.answer.specialist or ticket.lane
    ticket.customer_id = ticket.customer_id or heard.turn.customer_id
    _mark_answered(tx, ticket_id, run.id)
    mode = mode_for(tx, desk, ticket, heard.answer.specialist)
    statements = _state(tx, desk, ticket, run, heard.answer, as_allowed(mode, heard.prepared))
    text = with_statements(heard.answer.text, statements)
    if heard.code_to is not None:
        text = "\n\n".join([text, offer(tx, desk, ticket, run.id, heard.messages[-1], heard.code_to)]).strip()
    show_answers(tx, desk, ticket)
    if heard.answer.escalation is not None:
        text = _hand_to_staff(tx, desk, ticket, run, heard.answer.escalation, text)
    _say(tx, desk, ticket, heard, statements, text, mode)


def _hand_to_staff(tx: Session, desk: Desk, ticket: Ticket, run: Run, wish: EscalationWish, text: str) -> str:
    """From now on a person owns the ticket; the text says when they are there."""
    words = {"reason": wish.reason, "priority": wish.priority, "summary": wish.summary}
    escalate(tx, desk, cause=f"run:{run.id}", ticket=ticket, **words)
    ticket.owner, ticket.status = STAFF, TicketStatus.HOLD
    return with_duty(desk, text)


def _say(
    tx: Session, desk: Desk, ticket: Ticket, heard: Heard, statements: list[Statement], text: str, mode: str
) -> None:
    """Put the reply into the outbox, or before a person where the mode says so."""
    waits_for = next((statement.waits_for for statement in statements if statement.waits_for), None)
    if not (text.strip() or waits_for):
        return
    facts = {
        "citations": [asdict(citation) for citation in heard.answer.citations],
        "actions": [statement.action.id for statement in statements if statement.action],
        "memory_before": list(heard.turn.memory),
    }
    run_id = heard.turn.run_id
    said = say(tx, desk, ticket, cause=f"answer:{run_id}", text=text, run_id=run_id, waits_for=waits_for, facts=facts)
    if mode != AUTO:
        hold_as_draft(tx, desk, ticket, said, mode)


def _overtaken(tx: Session, ticket_id: str, read: list[Message]) -> bool:
    """Whether the requester wrote, edited or deleted, or staff took over, while the team was thinking."""
    now = _to_answer(tx, ticket_id)
    return [(message.id, message.text) for message in now] != [(message.id, message.text) for message in read]


def _close_run(desk: Desk, run: Run, answer: Answer) -> None:
    run.state, run.ended_at = RunState.ANSWERED, desk.now()
    run.specialist, run.route, run.handled_by = answer.specialist, list(answer.route), answer.handled_by


def _mark_answered(tx: Session, ticket_id: str, by: str) -> None:
    for message in waiting_messages(tx, ticket_id):
        message.answered_by = by
        tx.add(message)


async def leave_ticket_to_a_person(desk: Desk, ticket_id: str, why: str) -> None:
    """The team cannot answer: staff get a card, the requester an honest sentence. Once per set of messages."""

    def change(tx: Session) -> None:
        messages = _to_answer(tx, ticket_id)
        if not messages:
            return
        ticket = tx.get_one(Ticket, ticket_id)
        run = run_for(tx, desk, ticket_id, messages[-1].id)
        run.state, run.ended_at, run.note = RunState.GAVE_UP, desk.now(), why[:500]
        count_usage(tx, run)
        _mark_answered(tx, ticket_id, run.id)
        draft = draft_of(tx, run.id)
        summary = f"A draft that was not sent: {draft}" if draft else ""
        cause = f"run:{run.id}"
        escalate(tx, desk, cause=cause, reason=why[:300], summary=summary, priority="high", ticket=ticket)
        text = "I could not answer this myself, so I have asked a colleague to look at it. They will reply to you here."
        said = say(tx, desk, ticket, cause=f"answer:{run.id}", text=with_duty(desk, text), run_id=run.id)
        if (mode := mode_for(tx, desk, ticket, "")) != AUTO:
            hold_as_draft(tx, desk, ticket, said, mode)

    await desk.db.write(change)
