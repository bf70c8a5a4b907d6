"""Who asks more than an hour allows is told so once, loses nothing, and is answered when the time has come."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from bot.desk import Desk
from bot.errors import RetryLater
from bot.steps.answer import answer_ticket
from storage.models import Escalation, Message, Run, Ticket
from tests.bot.refunds import later
from tests.desks import rows, settle, slack_of, write

ORDER = "Where is my order ORD-1001?"


def limits(**team: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("desk_settings", [{"team": team}], indirect=True)


async def ask(desk: Desk, number: int, *, thread: str | None = None, **more: str) -> None:
    await write(desk, thread or f"T0ACME:C1:{number}.0", f"m{number}", ORDER, **more)


async def try_to_answer(desk: Desk, ticket: Ticket) -> timedelta:
    """How long the step says it must wait."""
    with pytest.raises(RetryLater) as wait:
        await answer_ticket(desk, ticket.id)
    assert wait.value.patient
    assert wait.value.after is not None
    return wait.value.after


async def tickets(desk: Desk) -> list[Ticket]:
    return sorted(await rows(desk, Ticket), key=lambda ticket: ticket.thread_key)


@limits(requester_runs_per_hour=2)
async def test_the_third_question_within_the_hour_waits_and_both_sides_are_told_once(desk: Desk) -> None:
    for number in (1, 2):
        await ask(desk, number)
        await settle(desk)
    await ask(desk, 3)
    await ask(desk, 4)
    with pytest.raises(TimeoutError):
        await settle(desk, seconds=1.5)

    texts = [sent.text for sent in slack_of(desk).sent]
    assert len([text for text in texts if "more than I may answer within one hour" in text]) == 1
    assert len([text for text in texts if "ORD-1001" in text]) == 2
    assert [one.reason for one in await rows(desk, Escalation)] == ["Somebody asks more than the limit of an hour"]

    wait = await try_to_answer(desk, (await tickets(desk))[2])
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


@limits(requester_runs_per_hour=1)
async def test_after_the_hour_what_waited_is_answered_together(desk: Desk) -> None:
    await ask(desk, 1)
    await settle(desk)
    await ask(desk, 2, thread="T0ACME:C1:2.0")
    await ask(desk, 3, thread="T0ACME:C1:2.0")
    with pytest.raises(TimeoutError):
        await settle(desk, seconds=1.0)

    await answer_ticket(later(desk, minutes=61), (await tickets(desk))[1].id)

    unanswered = [m for m in await rows(desk, Message) if m.role == "requester" and m.answered_by is None]
    assert unanswered == []
    assert len(await rows(desk, Run)) == 2


@limits(channel_runs_per_hour=1)
async def test_a_channel_has_a_limit_of_its_own_and_others_are_not_concerned(desk: Desk) -> None:
    await ask(desk, 1)
    await settle(desk)
    await ask(desk, 2, thread="T0ACME:C2:2.0")
    await settle(desk)
    await ask(desk, 3, thread="T0ACME:C1:3.0")
    with pytest.raises(TimeoutError):
        await settle(desk, seconds=1.0)

    answered = [sent.text for sent in slack_of(desk).sent if "ORD-1001" in sent.text]
    assert len(answered) == 2
    assert await try_to_answer(desk, next(t for t in await tickets(desk) if ":3.0" in t.thread_key))


@limits(max_ticket_tokens=1)
async def test_a_ticket_that_used_up_its_tokens_is_for_a_person(desk: Desk) -> None:
    def spend(tx: Session) -> None:
        for run in tx.exec(select(Run)):
            run.input_tokens = 5
            tx.add(run)

    await ask(desk, 1, thread="T0ACME:C1:1.0")
    await settle(desk)
    await desk.db.write(spend)
    await ask(desk, 2, thread="T0ACME:C1:1.0")
    await settle(desk)

    assert any("tokens" in one.reason for one in await rows(desk, Escalation))
