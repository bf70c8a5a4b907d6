"""When the team answers: once to everything that waits, and not at all once a person has taken over."""

import asyncio
from datetime import timedelta

import pytest

from agents_team.turn import Answer, EscalationWish
from bot.desk import Desk
from bot.staff.takeover import own
from channels.cards import Card
from channels.memory import pressed
from storage.models import Escalation, EscalationState, MemoryItem, Message, Run, RunState, Step, Ticket, TicketStatus
from tests.arrivals import (
    STAFF,
    Interrupted,
    SaysWhatItIsTold,
    arrive,
    before,
    letter,
    on_each_database,
    once,
    understood,
)
from tests.desks import hand_in, room_of, rows, settle, slack_of, with_parts, write

WHERE = "Where is my order ORD-1001?"
TRACKING = "1Z999AA10123456784"


async def asked(desk: Desk) -> list[Message]:
    return [message for message in await rows(desk, Message) if message.role == "requester"]


async def press(desk: Desk, card: Card, verb: str, key: str, **more: object) -> None:
    value = next(button.value for button in card.buttons if button.verb == verb)
    await hand_in(desk, pressed(key, verb, value, at=desk.now(), **more))  # type: ignore[arg-type]


# ------------------------------------------------------------------ together, once


@on_each_database
async def test_what_arrives_while_the_team_thinks_is_answered_together_with_the_rest_once(desk: Desk) -> None:
    async def ask_more() -> None:
        await write(desk, "t1", "2", "And how long do returns take?")
        await understood(desk)

    team = Interrupted(desk.team, ask_more)
    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, team=team))

    assert [len(turn.new) for turn in team.turns] == [1, 2]
    assert len(slack_of(desk).sent) == 1
    assert len({message.answered_by for message in await asked(desk)}) == 1
    states = {run.id: run.state for run in await rows(desk, Run)}
    assert sorted(states.values()) == [RunState.ANSWERED, RunState.SUPERSEDED]
    assert states[(await asked(desk))[0].answered_by] is RunState.ANSWERED


@pytest.mark.parametrize(
    "desk_settings",
    [{"desk": {"quiet_seconds": 0.4, "first_pause_seconds": 0.05, "max_tries": 4}}],
    indirect=True,
)
async def test_the_answer_waits_a_moment_for_messages_that_belong_together(desk: Desk) -> None:
    team = Interrupted(desk.team)
    patient = with_parts(desk, team=team)
    await write(desk, "t1", "1", "Hello,")
    working = asyncio.create_task(settle(patient))
    await asyncio.sleep(0.2)
    await write(desk, "t1", "2", WHERE)
    await working

    assert [len(turn.new) for turn in team.turns] == [2]
    [reply] = slack_of(desk).sent
    assert reply.created_at - (await asked(desk))[-1].created_at >= timedelta(seconds=0.4)


async def test_two_conversations_do_not_wait_for_each_other(desk: Desk) -> None:
    """While the team thinks about one ticket, another one is asked about and answered."""
    other_was_answered = False

    async def another_ticket_is_answered() -> None:
        nonlocal other_was_answered
        await write(desk, "t2", "2", WHERE)
        async with asyncio.timeout(10):
            while not slack_of(desk).sent:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        other_was_answered = slack_of(desk).sent[0].to == {"thread": "t2"}

    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, team=Interrupted(desk.team, another_ticket_is_answered)))

    assert other_was_answered
    assert len(slack_of(desk).sent) == 2


async def test_a_job_for_what_is_answered_already_says_nothing(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await settle(desk)
    [ticket] = await rows(desk, Ticket)

    for _ in range(2):
        assert await once(desk, "answer", ticket.id) is None
    await settle(desk)

    assert len(slack_of(desk).sent) == 1


async def test_the_next_question_is_understood_with_what_was_said_before(desk: Desk) -> None:
    await write(desk, "t1", "1", "Was I charged twice for ORD-1002?")
    await settle(desk)
    await write(desk, "t1", "2", "Yes, a refund for it please.")
    await settle(desk)

    assert "ORD-1002" in slack_of(desk).sent[-1].text
    positions = [item.position for item in await rows(desk, MemoryItem)]
    assert sorted(positions) == list(range(len(positions)))


async def test_a_run_is_written_down_with_its_route_its_trace_and_what_it_used(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    [run] = await rows(desk, Run)
    assert (run.state, run.specialist, run.route[0]) == (RunState.ANSWERED, "order_status", "triage")
    assert run.handled_by == "offline"
    steps = [step for step in await rows(desk, Step) if step.run_id == run.id]
    assert run.requests == sum(step.kind == "model" for step in steps) > 1
    assert run.input_tokens == sum(step.input_tokens for step in steps)
    assert {"handoff", "tool", "model"} <= {step.kind.value for step in steps}


async def test_an_answer_from_knowledge_is_sent_with_its_sources(desk: Desk) -> None:
    await write(desk, "t1", "1", "How many days do I have to return something?")
    await settle(desk)

    [reply] = slack_of(desk).sent
    assert reply.citations


# ------------------------------------------------------------------ a person takes over


@on_each_database
async def test_staff_writing_while_the_team_thinks_silences_the_bot(desk: Desk) -> None:
    async def staff_answers() -> None:
        await arrive(desk, letter(desk, "t1", "2", "I have it, one moment.", STAFF), "2")
        await understood(desk)

    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, team=Interrupted(desk.team, staff_answers)))

    assert slack_of(desk).sent == []
    [run] = await rows(desk, Run)
    assert run.state is RunState.SUPERSEDED


async def test_what_a_person_took_over_before_the_bot_began_is_not_thought_about(desk: Desk) -> None:
    async def take_over() -> None:
        [ticket] = await rows(desk, Ticket)
        await desk.db.write(lambda tx: own(tx, desk, tx.get_one(Ticket, ticket.id), "T0NORTHWIND/U0SAM"))

    await write(desk, "t1", "1", WHERE)
    await settle(desk, run=before(desk, "answer", take_over))

    assert await rows(desk, Run) == []
    assert slack_of(desk).sent == []


async def test_a_wish_for_a_person_is_granted_and_said(desk: Desk) -> None:
    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(desk)

    [ticket] = await rows(desk, Ticket)
    assert (ticket.owner, ticket.status) == ("staff", TicketStatus.HOLD)
    [card] = room_of(desk).cards.values()
    assert card.title.startswith("A person is needed")
    assert {"take_over", "hand_back"} <= {button.verb for button in card.buttons}
    assert len(slack_of(desk).sent) == 1


async def test_while_a_person_owns_the_ticket_the_card_tells_the_news_and_the_bot_is_silent(desk: Desk) -> None:
    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(desk)

    await write(desk, "t1", "2", "It is urgent!")
    await settle(desk)

    assert len(slack_of(desk).sent) == 1
    [card] = room_of(desk).cards.values()
    assert card.quote == "It is urgent!"


async def test_the_requester_hears_that_a_person_comes_although_more_was_written_meanwhile(desk: Desk) -> None:
    async def hurry() -> None:
        await write(desk, "t1", "2", "Hello? Anybody?")
        await understood(desk)

    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(desk, run=before(desk, "deliver", hurry))

    assert len(slack_of(desk).sent) == 1


async def test_taking_over_by_button_silences_and_handing_back_lets_the_bot_answer(desk: Desk) -> None:
    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(desk)
    [card] = room_of(desk).cards.values()

    await press(desk, card, "take_over", "1")
    await settle(desk)
    [ticket] = await rows(desk, Ticket)
    assert ticket.owner == "T0NORTHWIND/U0SAM"
    await write(desk, "t1", "2", WHERE)
    await settle(desk)
    assert len(slack_of(desk).sent) == 1

    [card] = room_of(desk).cards.values()
    assert "take_over" not in {button.verb for button in card.buttons}
    await press(desk, card, "hand_back", "2")
    await settle(desk)

    [ticket] = await rows(desk, Ticket)
    assert (ticket.owner, ticket.status) == (None, TicketStatus.PENDING)
    assert TRACKING in slack_of(desk).sent[-1].text
    [escalation] = await rows(desk, Escalation)
    assert escalation.state is EscalationState.CLOSED
    [card] = room_of(desk).cards.values()
    assert card.buttons == ()


async def test_nobody_from_outside_can_take_a_ticket_over_or_hand_it_back(desk: Desk) -> None:
    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(desk)
    [card] = room_of(desk).cards.values()

    for key, verb in enumerate(["take_over", "hand_back"]):
        await press(desk, card, verb, str(key), by="T0ACME/U0ALICE", home=False)
    await hand_in(desk, pressed("9", "take_over", "esc_unknown:", at=desk.now()))
    await settle(desk)

    [ticket] = await rows(desk, Ticket)
    assert ticket.owner == "staff"
    assert len(room_of(desk).whispers) == 3


async def test_what_the_team_says_along_with_an_escalation_is_sent_and_a_blank_one_is_not(desk: Desk) -> None:
    wish = EscalationWish("needs judgement", "critical", "Customer threatens legal action.")
    for number, text in enumerate(["I have asked a colleague.", ""]):
        team = SaysWhatItIsTold(Answer(text, "escalation", ("triage", "escalation"), escalation=wish))
        await write(desk, f"t{number}", str(number), "I will sue you")
        await settle(with_parts(desk, team=team))

    assert [reply.text for reply in slack_of(desk).sent] == ["I have asked a colleague."]
    assert [escalation.priority for escalation in await rows(desk, Escalation)] == ["critical", "critical"]
