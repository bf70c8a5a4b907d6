"""Slack falters in every way the fake knows: each customer is answered exactly once all the same."""

import asyncio
from functools import partial

import pytest

from bot.tickets.outbox import say
from storage.models import Message, Sending, Ticket
from tests.journeys.conftest import OpenDesk
from tests.journeys.slack_desk import ACME, ALICE, BOT, ORDER, SAM, STAFF, SlackDesk, start_listening, words

FAULTS = ["429", "500", "reset", "apply_then_reset", "apply_then_hang", "apply_then_500"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_answer_is_posted_exactly_once(desk: SlackDesk, fault: str) -> None:
    await desk.town.fault("chat.postMessage", fault, times=2)
    question = await desk.town.say(ACME, ALICE, ORDER)

    await desk.answered(question)
    await desk.quiet()
    assert len(await desk.said(ACME, question)) == 1
    [answer] = [one for one in await desk.rows(Message) if one.role == "bot"]
    assert answer.sending is Sending.SENT


async def test_each_part_of_a_long_answer_is_posted_once_and_in_order_whatever_happens(
    desk: SlackDesk,
) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)
    [ticket] = await desk.rows(Ticket)
    # The first part leaves, then call after call meets another fault.
    faults = ["429", "500", "reset", "apply_then_reset", "apply_then_hang"]
    for fault in faults:
        await desk.town.fault("chat.postMessage", fault, skip=1, seconds=1)
    text = "A long story. " * 1_500
    await desk.desk.db.write(partial(say, desk=desk.desk, ticket=ticket, cause="long", text=text))

    found = (await desk.until(partial(desk.said, ACME, question), lambda said: len(said) >= 4, seconds=60))[1:]
    await desk.quiet()
    assert len(await desk.said(ACME, question)) == 4
    assert [words(message["blocks"][0]).split("\n")[0] for message in found] == ["(1/3)", "(2/3)", "(3/3)"]
    assert sum(words(message["blocks"]).count("A long story.") for message in found) == 1_500
    assert [call["fault"] for call in await desk.town.calls("chat.postMessage") if call["fault"]] == faults


async def test_slacks_wish_for_a_pause_is_kept_and_costs_no_second_post(desk: SlackDesk) -> None:
    await desk.town.fault("chat.postMessage", "429", seconds=1)
    question = await desk.town.say(ACME, ALICE, ORDER)

    await desk.answered(question)
    await desk.quiet()
    refused, posted = await desk.town.calls("chat.postMessage")
    assert (refused["ok"], posted["ok"]) == (False, True)
    assert 1.0 <= posted["time"] - refused["time"] < 4.0
    assert await desk.town.calls("conversations.replies") == []


@pytest.mark.parametrize("fault", ["429", "500", "apply_then_reset"])
async def test_a_sign_that_fails_never_keeps_the_answer_back(desk: SlackDesk, fault: str) -> None:
    await desk.town.fault("reactions.add", fault, times=1)
    await desk.town.fault("reactions.remove", fault, times=1)
    await desk.town.fault("assistant.threads.setStatus", fault, times=1)
    question = await desk.town.say(ACME, ALICE, ORDER)

    await desk.answered(question)
    await desk.quiet()
    [asked] = [one for one in await desk.town.messages(ACME) if one["ts"] == question]
    assert not asked.get("reactions")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_card_and_the_words_beside_it_are_posted_exactly_once(desk: SlackDesk, fault: str) -> None:
    await desk.town.fault("chat.postMessage", fault, times=2)
    question = await desk.town.say(ACME, ALICE, "hello, could I talk to a human please")

    await desk.card("A person is needed")
    await desk.answered(question)
    await desk.quiet()
    assert (len(await desk.said(STAFF)), len(await desk.said(ACME, question))) == (1, 1)


@pytest.mark.parametrize("fault", ["429", "500", "reset", "apply_then_reset", "apply_then_hang"])
async def test_a_card_is_shown_once_and_says_the_truth(desk: SlackDesk, fault: str) -> None:
    question = await desk.town.say(ACME, ALICE, "hello, could I talk to a human please")
    await desk.answered(question)
    card = await desk.card("A person is needed")
    await desk.town.fault("chat.update", fault)
    await desk.press(SAM, card, "take_over")

    await desk.card("A person is needed", saying="taken by")
    assert len(await desk.said(STAFF)) == 1


@pytest.mark.slack_mode("socket")
async def test_sockets_that_drop_or_are_renewed_lose_nothing(desk: SlackDesk) -> None:
    questions = []
    for disturb in (desk.town.drop_sockets, desk.town.disconnect_sockets, lambda: desk.town.refuse_sockets(1)):
        await disturb()
        questions.append(await desk.town.say(ACME, ALICE, ORDER))
        await desk.town.drop_sockets()

    for question in questions:
        await desk.answered(question)
    await desk.quiet()
    assert [len(await desk.said(ACME, question)) for question in questions] == [1, 1, 1]


async def test_what_slack_delivers_twice_is_answered_once(desk: SlackDesk) -> None:
    await desk.town.options(ack_seconds=0.01, retry_seconds=[0.0, 0.0, 0.0])
    questions = [await desk.town.say(ACME, ALICE, ORDER) for _ in range(5)]
    for question in questions:
        await desk.answered(question)
    await desk.quiet()
    assert [len(await desk.said(ACME, question)) for question in questions] == [1] * 5


async def test_after_a_total_outage_what_was_written_and_changed_meanwhile_is_known(
    open_desk: OpenDesk, slack_mode: str
) -> None:
    async with open_desk(slack={"mode": slack_mode}) as desk:
        first = await desk.town.say(ACME, ALICE, ORDER)
        await desk.answered(first)
        await desk.quiet()
        await desk.town.options(offline_seconds=0.1, retry_seconds=[0.0])
        town = desk.town

    # Slack gives up delivering; nobody is there.
    follow_up = "And where is ORD-1002?"
    await town.say(ACME, ALICE, follow_up, thread_ts=first)
    missed = await town.say(ACME, ALICE, "Where is ORD-1003?")
    await town.edit(ACME, ALICE, first, "Where is my order ORD-1004?")
    await town.quiet()

    async with open_desk(slack={"mode": slack_mode}) as desk:
        await desk.answered(missed)
        await desk.answered(first, times=2)
        await desk.card("edited a message", saying="ORD-1004")
        await desk.quiet()
        assert len(await desk.said(ACME, missed)) == 1
        assert len(await desk.said(ACME, first)) == 2


async def test_a_desk_that_starts_late_answers_what_still_waits(open_desk: OpenDesk) -> None:
    async with open_desk(listen=False) as desk:
        question = await desk.town.say(ACME, ALICE, ORDER)
        await asyncio.sleep(0.2)
        await start_listening(desk)
        await desk.answered(question)


@pytest.mark.parametrize(
    ("posting", "why"), [("read_only", "restricted_action_read_only_channel"), ("non_threadable", "non_threadable")]
)
async def test_where_nobody_may_answer_staff_are_told_and_can_do_something(
    desk: SlackDesk, posting: str, why: str
) -> None:
    where = await desk.town.add_channel(
        id="C0HALL", name="hall", teams=["T0NORTHWIND", "T0ACME"], members=[BOT, ALICE, SAM], posting=posting
    )
    await desk.town.say(where, ALICE, ORDER)

    card = await desk.card("A reply could not be delivered")
    assert why in words(card)
    assert "What helps" in words(card)


def test_every_fault_of_the_fake_was_tried() -> None:
    from bot.sandbox.faults import Fault

    assert {fault.value for fault in Fault} - set(FAULTS) == {"hang", "delay"}
