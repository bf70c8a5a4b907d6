"""Lets the team answer everything the requester wrote since the last answer."""

from dataclasses import asdict
from datetime import timedelta

from sqlmodel import Session

from agents_team.tools.shop import ShopUnavailable
from agents_team.turn import Answer, TeamGaveUp, TeamUnavailable, Turn
from bot.actions import ACTIONS
from bot.actions.kind import Prepared
from bot.actions.proposals import propose, with_statements
from bot.backends.payments import PaymentsUnavailable
from bot.controls import paused
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.outbox import say
from bot.staff.escalations import STAFF, escalate
from bot.turns import (
    RunRows,
    build_turn,
    count_usage,
    customer_of,
    keep_memory,
    quiet_until,
    run_for,
    waiting_messages,
)
from storage.models import ActionState, Message, Run, RunState, Ticket, TicketStatus


async def answer_ticket(desk: Desk, ticket_id: str) -> None:
    """Check that it is the bot's turn, ask the team, and record what it says and wants in one transaction."""
    messages = await desk.db.read(lambda tx: _to_answer(tx, ticket_id))
    if not messages:
        return
    await _wait_for_quiet(desk, messages)
    turn = await _turn(desk, ticket_id, messages)
    answer = await _ask_team(desk, turn)
    prepared = await _prepare(desk, turn, answer)
    await desk.db.write(lambda tx: _record(tx, desk, ticket_id, messages, turn, answer, prepared))


def _to_answer(tx: Session, ticket_id: str) -> list[Message]:
    """The waiting messages; none while a person owns the ticket."""
    ticket = tx.get_one(Ticket, ticket_id)
    return [] if ticket.owner else waiting_messages(tx, ticket_id)


async def _wait_for_quiet(desk: Desk, messages: list[Message]) -> None:
    if await desk.db.read(lambda tx: paused(tx, messages[0].channel)):
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
    try:
        return await desk.team.respond(turn, RunRows(desk, turn.run_id))
    except TeamUnavailable as error:
        raise RetryLater(f"model: {error}") from error
    except TeamGaveUp as error:
        raise NeedsAPerson(error.reason) from error


async def _prepare(desk: Desk, turn: Turn, answer: Answer) -> list[Prepared]:
    """Facts and verdict for each proposal, fetched before the transaction."""
    try:
        return [await ACTIONS[wish.kind].prepare(desk, turn, wish) for wish in answer.proposals]
    except (PaymentsUnavailable, ShopUnavailable) as error:
        raise RetryLater(f"facts for a proposal: {error}") from error


def _record(
    tx: Session,
    desk: Desk,
    ticket_id: str,
    messages: list[Message],
    turn: Turn,
    answer: Answer,
    prepared: list[Prepared],
) -> None:
    ticket, run = tx.get_one(Ticket, ticket_id), tx.get_one(Run, turn.run_id)
    count_usage(tx, run)
    if _overtaken(tx, ticket_id, messages):
        # Whatever changed, what waits now is answered together; a message taken back brings no job of its own.
        run.state, run.ended_at = RunState.SUPERSEDED, desk.now()
        desk.jobs.defer(tx, "answer", ticket_id, lane=ticket_id)
        return
    _close_run(desk, run, answer)
    keep_memory(tx, ticket_id, answer.memory)
    ticket.lane = answer.specialist or ticket.lane
    ticket.customer_id = ticket.customer_id or turn.customer_id
    _mark_answered(tx, ticket_id, run.id)
    actions = [action for wish in prepared if (action := propose(tx, desk, ticket, run, wish))]
    waits_for = next((action.id for action in actions if action.state is ActionState.APPROVED), None)
    text = with_statements(answer.text, prepared)
    if answer.escalation is not None:
        escalate(
            tx,
            desk,
            cause=f"run:{run.id}",
            reason=answer.escalation.reason,
            priority=answer.escalation.priority,
            summary=answer.escalation.summary,
            ticket=ticket,
        )
        ticket.owner, ticket.status = STAFF, TicketStatus.HOLD
    if text.strip():
        facts = {
            "citations": [asdict(citation) for citation in answer.citations],
            "actions": [action.id for action in actions],
        }
        say(tx, desk, ticket, cause=f"answer:{run.id}", text=text, run_id=run.id, waits_for=waits_for, facts=facts)


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
        summary = messages[-1].text[:500]
        escalate(tx, desk, cause=f"run:{run.id}", reason=why[:300], summary=summary, priority="high", ticket=ticket)
        text = "I could not answer this myself, so I have asked a colleague to look at it. They will reply to you here."
        say(tx, desk, ticket, cause=f"answer:{run.id}", text=text, run_id=run.id)

    await desk.db.write(change)
