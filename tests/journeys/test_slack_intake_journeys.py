"""What customers do in Slack, and what becomes of it: promises in their words, compared with the fake's records."""

from functools import partial
from typing import Any

import pytest

from storage.models import Attachment, Blob, Delivery, Message, Outcome, Sending, Ticket, TicketStatus
from tests.journeys.slack_desk import ACME, ALICE, BOB, BOT, ORDER, SAM, STAFF, SlackDesk, having, words


def in_acme(**rules: Any) -> pytest.MarkDecorator:
    """Settings of the customer's channel."""
    return having(slack={"channels": {ACME: rules}})


async def test_a_question_is_noticed_at_once_and_answered_once_in_its_thread(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)

    [answer] = await desk.answered(question)
    await desk.quiet()

    assert answer["thread_ts"] == question
    assert "1Z999" in words(answer) or "ORD-1001" in words(answer)
    added = await desk.town.calls("reactions.add")
    assert [call["args"]["timestamp"] for call in added] == [question]
    [asked] = [one for one in await desk.town.messages(ACME) if one["ts"] == question]
    assert not asked.get("reactions")
    assert len(await desk.said(ACME, question)) == 1


async def test_greetings_and_thanks_open_nothing(desk: SlackDesk) -> None:
    for text in ("Hi team!", "Buenos días", "thanks :pray:", "ありがとうございます"):
        await desk.town.say(ACME, ALICE, text)
    await desk.quiet()

    assert await desk.said() == []
    assert await desk.rows(Ticket) == []


async def test_thanks_for_an_answer_is_not_answered_but_a_new_question_is(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)

    for text in ("Perfect, thanks a lot!", "ok, thanks", "Merci :pray:"):
        await desk.town.say(ACME, ALICE, text, thread_ts=question)
        await desk.quiet()
    assert len(await desk.said(ACME, question)) == 1
    assert await desk.said(STAFF) == []
    [ticket] = await desk.rows(Ticket)
    assert (ticket.status, ticket.answer_due_at) == (TicketStatus.PENDING, None)

    await desk.town.say(ACME, ALICE, "And where is ORD-1002?", thread_ts=question)
    assert len(await desk.answered(question, times=2)) == 2


@in_acme(mode="emoji")
async def test_an_emoji_opens_a_ticket_from_the_message_it_is_put_on(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.quiet()
    assert await desk.said() == []

    await desk.town.react(ACME, SAM, question, "thumbsup")
    await desk.quiet()
    assert await desk.said() == []

    await desk.town.react(ACME, SAM, question, "ticket")
    await desk.answered(question)
    [message] = [one for one in await desk.rows(Message) if one.role == "requester"]
    assert message.facts["author"] == "T0ACME/U0ALICE"


@in_acme(group_seconds=60)
async def test_what_one_person_writes_in_one_go_is_one_ticket_and_others_have_their_own(desk: SlackDesk) -> None:
    first = await desk.town.say(ACME, ALICE, "I have a question about an order")
    await desk.answered(first)
    second = await desk.town.say(ACME, ALICE, ORDER)
    other = await desk.town.say(ACME, BOB, "Where is my order ORD-2001?")

    await desk.answered(other)
    await desk.answered(first, times=2)
    assert await desk.said(ACME, second) == []
    assert len(await desk.rows(Ticket)) == 2

    # A reply under the second message is still the same conversation.
    await desk.town.say(ACME, ALICE, "Is ORD-1002 on its way too?", thread_ts=second)
    await desk.answered(first, times=3)
    assert len(await desk.rows(Ticket)) == 2


@in_acme(staff=[BOB], customers=[SAM])
async def test_who_is_staff_in_a_channel_can_be_said_otherwise(desk: SlackDesk) -> None:
    from_customer_company = await desk.town.say(ACME, BOB, ORDER)
    from_our_company = await desk.town.say(ACME, SAM, ORDER)

    await desk.answered(from_our_company)
    await desk.quiet()
    assert await desk.said(ACME, from_customer_company) == []


async def test_an_edit_after_the_answer_is_shown_to_staff(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)

    await desk.town.edit(ACME, ALICE, question, "Where is my order ORD-1002?")
    card = await desk.card("edited a message")
    assert "Before: Where is my order ORD-1001?" in words(card)
    assert "Now: Where is my order ORD-1002?" in words(card)

    await desk.town.edit(ACME, ALICE, question, "Where is my order ORD-1003?")
    await desk.card("edited a message", saying="ORD-1003")
    assert len(await desk.said(STAFF)) == 1


@having(desk={"quiet_seconds": 1.0})
async def test_a_question_taken_back_before_the_answer_is_never_answered(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, "Secret: " + ORDER)
    await desk.rows(Message, 1)
    await desk.town.delete(ACME, ALICE, question)
    await desk.quiet()

    assert await desk.said() == []
    [message] = await desk.rows(Message)
    assert (message.text, message.deleted_at is None) == ("", False)
    assert not [one for one in await desk.rows(Delivery) if b"Secret" in one.body]


async def test_a_question_taken_back_before_its_answer_has_left_is_not_answered_any_more(desk: SlackDesk) -> None:
    await desk.town.fault("chat.postMessage", "429", seconds=2)
    question = await desk.town.say(ACME, ALICE, ORDER)

    async def ready() -> list[Message]:
        return [one for one in await desk.rows(Message) if one.role == "bot"]

    await desk.until(ready, bool)
    await desk.until(partial(desk.town.calls, "chat.postMessage"), bool)
    await desk.town.delete(ACME, ALICE, question)
    await desk.quiet()

    [reply] = await ready()
    assert reply.sending is Sending.SUPERSEDED
    assert await desk.said() == []


async def test_a_refund_asked_for_and_taken_back_is_withdrawn(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, "Please refund order ORD-1002, I was charged twice.")
    card = await desk.card("efund")
    assert "approve" in str(card["blocks"])

    await desk.town.delete(ACME, ALICE, question)
    card = await desk.card("efund", saying="withdrawn")
    assert "hd:approve" not in str(card["blocks"])
    assert "charged twice" not in words(card)


async def test_a_channel_with_a_new_id_keeps_its_tickets(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)

    await desk.town.act("change_id", channel=ACME, new_id="C0ACMENEW")
    await desk.quiet()
    await desk.town.say("C0ACMENEW", ALICE, "And where is ORD-1002?", thread_ts=question)

    await desk.answered(question, times=2, where="C0ACMENEW")
    [ticket] = await desk.rows(Ticket)
    assert ticket.reply_to["channel"] == "C0ACMENEW"


async def test_a_new_channel_asks_staff_what_to_answer_there(desk: SlackDesk) -> None:
    await desk.town.act("join", channel="C0WATER", user=BOT)
    card = await desk.card("invited into a channel")
    await desk.press(SAM, card, "place_mode", label="Nothing")
    await desk.card("invited into a channel", saying="closed")

    await desk.town.add_channel(id="C0NEW", name="new", teams=["T0NORTHWIND", "T0ACME"], members=[ALICE, SAM, BOT])
    assert "place_mode" not in str((await desk.said(STAFF))[0]["blocks"])


async def test_a_channel_that_is_archived_with_open_tickets_is_shown_to_staff(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)
    await desk.town.act("archive", channel=ACME, user=SAM)

    assert "1 tickets" in words(await desk.card("archived"))


async def test_a_file_is_kept_once_however_often_it_is_sent(desk: SlackDesk) -> None:
    for _ in range(2):
        await desk.town.say(ACME, ALICE, ORDER, files=[{"name": "label.txt", "text": "the broken label"}])

    await desk.rows(Blob, 1)
    await desk.quiet()
    [blob] = await desk.rows(Blob)
    assert blob.body == b"the broken label"
    assert [(one.stored, one.sha256) for one in await desk.rows(Attachment)] == [(True, blob.sha256)] * 2


async def test_message_and_mention_are_one_question(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, "@helpdesk where is my order ORD-1001?")
    await desk.answered(question)
    await desk.quiet()

    assert len(await desk.said(ACME, question)) == 1
    outcomes = [one.outcome for one in await desk.rows(Delivery) if b"ORD-1001?" in one.body]
    assert Outcome.MESSAGE in outcomes
    assert Outcome.DUPLICATE in outcomes


@having(slack={"bots": "B0ACMEBOT"})
async def test_a_bot_that_is_listed_is_answered_like_anybody(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, "U0ACMEBOT", ORDER)
    await desk.answered(question)
    await desk.quiet()
    assert len(await desk.said(ACME, question)) == 1


async def test_another_bot_is_never_answered(desk: SlackDesk) -> None:
    await desk.town.say(ACME, "U0ACMEBOT", ORDER)
    await desk.quiet()
    assert await desk.said() == []
