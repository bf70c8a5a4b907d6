"""How a reply leaves: once, in order, not after it was overtaken, and never silently lost."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import Desk
from channels.base import PermanentChannelError, Reply, TemporaryChannelError
from channels.cards import Card
from storage.models import Escalation, Event, Message, Sending, Ticket, TicketStatus
from tests.arrivals import (
    STAFF,
    Interrupted,
    OpenDoor,
    arrive,
    before,
    door,
    letter,
    on_each_database,
    once,
    understood,
)
from tests.desks import room_of, rows, settle, slack_of, with_parts, write

WHERE = "Where is my order ORD-1001?"
RETURNS = "How many days do I have to return something?"
TRACKING = "1Z999AA10123456784"


async def replies(desk: Desk) -> list[Message]:
    return sorted(
        (message for message in await rows(desk, Message) if message.role == "bot"), key=lambda message: message.id
    )


# ------------------------------------------------------------------ overtaken


@on_each_database
async def test_a_reply_overtaken_on_its_way_is_dropped_and_answered_together_with_what_overtook_it(desk: Desk) -> None:
    async def ask_more() -> None:
        await write(desk, "t1", "2", RETURNS)
        await understood(desk)

    team = Interrupted(desk.team)
    thinking = with_parts(desk, team=team)
    await write(desk, "t1", "1", WHERE)
    await settle(desk, run=before(thinking, "deliver", ask_more))

    assert [reply.sending for reply in await replies(desk)] == [Sending.SUPERSEDED, Sending.SENT]
    assert len(slack_of(desk).sent) == 1
    assert [said.text for said in team.turns[-1].new] == [WHERE, RETURNS]
    asked = [message for message in await rows(desk, Message) if message.role == "requester"]
    assert {message.answered_by for message in asked} == {(await replies(desk))[-1].run_id}


async def test_the_team_does_not_remember_an_answer_nobody_saw(desk: Desk) -> None:
    async def ask_more() -> None:
        await write(desk, "t1", "3", RETURNS)
        await understood(desk)

    await write(desk, "t1", "1", "Hello, where is ORD-1003?")
    await settle(desk)
    team = Interrupted(desk.team)
    await write(desk, "t1", "2", WHERE)
    await settle(desk, run=before(with_parts(desk, team=team), "deliver", ask_more))

    assert [len(turn.new) for turn in team.turns] == [1, 2]
    assert team.turns[1].memory == team.turns[0].memory != ()


async def test_a_reply_is_dropped_when_staff_answered_before_it_left(desk: Desk) -> None:
    async def staff_answers() -> None:
        await arrive(desk, letter(desk, "t1", "2", "It arrives tomorrow.", STAFF), "2")
        await understood(desk)

    await write(desk, "t1", "1", WHERE)
    await settle(desk, run=before(desk, "deliver", staff_answers))

    assert slack_of(desk).sent == []
    assert [reply.sending for reply in await replies(desk)] == [Sending.SUPERSEDED]


async def test_a_reply_that_proposed_something_is_sent_although_more_was_written(desk: Desk) -> None:
    async def ask_more() -> None:
        await write(desk, "t1", "2", RETURNS)
        await understood(desk)

    await write(desk, "t1", "1", "Please refund order ORD-1002, I was charged twice.")
    await settle(desk, run=before(desk, "deliver", ask_more))

    first, second = slack_of(desk).sent
    assert "asked a colleague to decide about the refund of 99.00 USD for ORD-1002" in first.text
    assert "refund of 99.00" not in second.text


async def test_a_reply_that_may_have_been_sent_is_not_dropped_any_more(desk: Desk) -> None:
    """After a try in doubt the requester may have seen it, so it is finished first, and then what came after it."""
    door(desk).trouble.append(TemporaryChannelError("connection reset", in_doubt=True))

    async def ask_more() -> None:
        await write(desk, "t1", "2", RETURNS)
        await understood(desk)

    await write(desk, "t1", "1", WHERE)
    await settle(desk, run=before(desk, "deliver", ask_more, number=2))

    assert [TRACKING in reply.text for reply in slack_of(desk).sent] == [True, False]


# ------------------------------------------------------------------ order


@on_each_database
async def test_the_second_reply_waits_for_the_first(desk: Desk) -> None:
    door(desk).trouble.append(TemporaryChannelError("busy", retry_after=0.6))
    await write(desk, "t1", "1", WHERE)
    working = asyncio.create_task(settle(desk))
    while not any(reply.tries for reply in await replies(desk)):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await write(desk, "t1", "2", RETURNS)
    await working

    assert [reply.key for reply in slack_of(desk).sent] == [message.id for message in await replies(desk)]
    assert len(slack_of(desk).sent) == 2


@on_each_database
async def test_a_reply_that_waited_for_an_earlier_one_leaves_as_soon_as_that_one_is_over(desk: Desk) -> None:
    """Looking again by itself takes 20 seconds when the earlier one was tried more than once."""
    doubt = TemporaryChannelError("connection reset", in_doubt=True)
    door(desk).trouble += [doubt, doubt, TemporaryChannelError("busy", retry_after=1.5)]
    await write(desk, "t1", "1", WHERE)
    working = asyncio.create_task(settle(desk, 60))
    while not any(reply.tries == 3 for reply in await replies(desk)):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await write(desk, "t1", "2", RETURNS)
    async with asyncio.timeout(10):
        while [reply.sending for reply in await replies(desk)] != [Sending.SENT, Sending.SENT]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


# ------------------------------------------------------------------ trouble on the way


async def test_a_channel_that_asks_for_time_gets_it_and_then_the_reply_once(desk: Desk) -> None:
    door(desk).trouble.append(TemporaryChannelError("ratelimited", retry_after=0.5))
    await write(desk, "t1", "1", WHERE)
    before = desk.now()
    await settle(desk)

    assert desk.now() - before >= timedelta(seconds=0.5)
    [reply] = await replies(desk)
    assert (reply.sending, reply.tries, reply.possible_duplicate) == (Sending.SENT, 2, False)
    assert len(slack_of(desk).sent) == 1


async def test_after_a_doubt_the_channel_is_asked_before_anything_is_sent_again(desk: Desk) -> None:
    """The connection broke after the other side had taken the reply."""
    slack = door(desk)

    class BreaksAfterSending(OpenDoor):
        async def send(self, reply: Reply) -> str:
            sent_as = await slack.send(reply)
            if len(slack.sent) == 1:
                raise TemporaryChannelError("connection reset", in_doubt=True)
            return sent_as

        async def find_sent(self, reply: Reply) -> str | None:
            assert reply.first_tried_at is not None
            return await slack.find_sent(reply)

    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, channels={"slack": BreaksAfterSending()}))

    [reply] = await replies(desk)
    assert (reply.sending, reply.external_id) == (Sending.SENT, f"sent:{reply.id}")
    assert len(slack.sent) == 1
    assert slack.asked == [reply.id]


async def test_the_first_try_asks_nobody(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    assert door(desk).asked == []
    assert slack_of(desk).sent[0].first_tried_at is None


@pytest.mark.parametrize("knows_sent", [True, False])
async def test_a_repeat_into_a_channel_that_cannot_be_asked_is_counted_as_a_possible_duplicate(
    desk: Desk, knows_sent: bool
) -> None:
    mail = door(desk, "mail")
    mail.knows_sent = knows_sent
    mail.trouble.append(TemporaryChannelError("timeout after DATA", in_doubt=True))
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", WHERE), "1", channel="mail")
    await settle(desk)

    [reply] = await replies(desk)
    assert (reply.sending, reply.possible_duplicate) == (Sending.SENT, not knows_sent)


async def test_a_refusal_for_good_fetches_a_person(desk: Desk) -> None:
    door(desk).trouble.append(PermanentChannelError("channel_is_archived"))
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    [reply] = await replies(desk)
    assert (reply.sending, reply.tries) == (Sending.FAILED, 1)
    [ticket] = await rows(desk, Ticket)
    assert ticket.status is TicketStatus.HOLD
    [escalation] = await rows(desk, Escalation)
    assert (escalation.reason, escalation.summary, escalation.priority) == (
        "A reply could not be delivered",
        "channel_is_archived",
        "high",
    )
    assert len(room_of(desk).cards) == 1


async def test_a_channel_that_stays_broken_fetches_a_person_in_the_end(desk: Desk) -> None:
    door(desk).trouble.extend(TemporaryChannelError("no route to host") for _ in range(20))
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    [reply] = await replies(desk)
    assert (reply.sending, reply.tries) == (Sending.FAILED, desk.settings.desk.max_tries)
    [escalation] = await rows(desk, Escalation)
    assert "no route to host" in escalation.summary


async def test_a_bug_in_a_channel_is_tried_again_and_then_shown_to_a_person(desk: Desk) -> None:
    door(desk).trouble.extend(KeyError("ts") for _ in range(20))
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    [reply] = await replies(desk)
    assert reply.sending is Sending.FAILED
    [escalation] = await rows(desk, Escalation)
    assert "KeyError" in escalation.summary


async def test_the_next_reply_goes_out_although_one_could_not_be_delivered(desk: Desk) -> None:
    door(desk).trouble.append(PermanentChannelError("msg_too_long"))
    await write(desk, "t1", "1", WHERE)
    await settle(desk)
    await write(desk, "t1", "2", RETURNS)
    await settle(desk)

    assert [reply.sending for reply in await replies(desk)] == [Sending.FAILED, Sending.SENT]


async def test_a_delivery_that_runs_again_after_it_was_sent_does_nothing(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await settle(desk)
    [reply] = await replies(desk)

    assert await once(desk, "deliver", reply.id) is None

    assert len(slack_of(desk).sent) == 1


# ------------------------------------------------------------------ cards


async def test_a_staff_room_that_is_away_gets_its_card_when_it_is_back(desk: Desk) -> None:
    room = room_of(desk)

    class AwayAtFirst:
        trouble = 2

        def __getattr__(self, name: str) -> Any:
            return getattr(room, name)

        async def show_card(self, card: Card) -> str:
            if self.trouble:
                self.trouble -= 1
                raise TemporaryChannelError("slack is away")
            return await room.show_card(card)

    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(with_parts(desk, staff_room=AwayAtFirst()))

    assert len(room.cards) == 1


async def test_a_staff_room_that_refuses_leaves_the_rest_of_the_desk_working(desk: Desk) -> None:
    room = room_of(desk)

    class Refuses:
        def __getattr__(self, name: str) -> Any:
            return getattr(room, name)

        async def show_card(self, card: Card) -> str:
            raise PermanentChannelError("not private")

    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(with_parts(desk, staff_room=Refuses()))

    assert len(slack_of(desk).sent) == 1
    assert [event.data for event in await rows(desk, Event) if event.kind == "card_failed"] == [{"why": "not private"}]


async def test_without_a_staff_room_the_desk_still_answers(desk: Desk) -> None:
    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(with_parts(desk, staff_room=None))

    assert len(slack_of(desk).sent) == 1
    assert len(await rows(desk, Escalation)) == 1


async def test_a_card_that_says_what_is_true_is_not_touched_again(desk: Desk) -> None:
    await write(desk, "t1", "1", "I want to talk to a human, please.")
    await settle(desk)
    room = room_of(desk)
    [(external_id, card)] = room.cards.items()
    room.cards[external_id] = card.__class__(key=card.key, title="touched", state="")

    await once(desk, "card", card.key)

    assert room.cards[external_id].title == "touched"
