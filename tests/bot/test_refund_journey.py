"""A refund from the customer's words to the money and back, with everything that may go wrong for the people."""

from collections.abc import AsyncIterator

import pytest

from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started
from channels.cards import Card
from channels.memory import pressed
from storage.models import Action, ActionState, Decision, Delivery, Message, Outcome
from tests.desks import hand_in, open_test_desk, room_of, rows, settle, slack_of, write


@pytest.fixture
async def town() -> AsyncIterator[PaymentsTown]:
    async with started("bot.sandbox.payments") as running, PaymentsTown(running.url) as client:
        yield client


@pytest.fixture
async def desk(database_url: str, town: PaymentsTown) -> AsyncIterator[Desk]:
    async with open_test_desk(database_url, town.url) as opened:
        yield opened


ASK = "Please refund order ORD-1002, I was charged twice."


async def asked_for_refund(desk: Desk) -> Card:
    """Alice asks; returns the approval card."""
    await write(desk, "T0ACME:C1:1.0", "T0ACME:C1:1.0", ASK)
    await settle(desk)
    return next(card for card in room_of(desk).cards.values() if card.buttons and card.buttons[0].verb == "approve")


async def press(desk: Desk, card: Card, verb: str, key: str = "1", **more: object) -> None:
    value = next(button.value for button in card.buttons if button.verb == verb)
    await hand_in(desk, pressed(key, verb, value, at=desk.now(), **more))  # type: ignore[arg-type]
    await settle(desk)


async def test_an_approved_refund_is_paid_once_and_told_in_the_thread(desk: Desk, town: PaymentsTown) -> None:
    card = await asked_for_refund(desk)
    assert "colleague" in slack_of(desk).sent[-1].text
    assert (await town.ledger())["charges"]["ch_alice_1002"]["refunded"] == 0

    await press(desk, card, "approve")

    [action] = await rows(desk, Action)
    assert action.state is ActionState.DONE
    assert await town.paid_under(action.id) == (1, 9900)
    assert "99.00 USD" in slack_of(desk).sent[-1].text
    assert slack_of(desk).sent[-1].to == {"thread": "T0ACME:C1:1.0"}
    shown = room_of(desk).cards[f"card:{card.key}"]
    assert shown.state.startswith("done")
    assert shown.buttons == ()


async def test_a_denied_refund_moves_nothing_and_the_customer_hears_it(desk: Desk, town: PaymentsTown) -> None:
    card = await asked_for_refund(desk)

    await press(desk, card, "deny")

    [action] = await rows(desk, Action)
    assert action.state is ActionState.DENIED
    assert await town.refunded("ch_alice_1002") == 0
    assert "decided not to" in slack_of(desk).sent[-1].text


async def test_the_second_click_loses_and_is_answered(desk: Desk, town: PaymentsTown) -> None:
    card = await asked_for_refund(desk)
    await press(desk, card, "approve", "1")
    await press(desk, card, "deny", "2", by="T0NORTHWIND/U0ROBIN")

    decisions = await rows(desk, Decision)
    assert sorted(decision.won for decision in decisions) == [False, True]
    assert await town.refunded("ch_alice_1002") == 9900
    assert "already done" in room_of(desk).whispers[-1][1]


@pytest.mark.parametrize(
    ("by", "home", "says"),
    [
        ("T0ACME/U0ALICE", False, "own workspace"),
        ("T0NORTHWIND/U0GUEST", True, "not in the list of approvers"),
    ],
)
async def test_who_may_not_decide_is_told_so_and_moves_nothing(
    desk: Desk, town: PaymentsTown, by: str, home: bool, says: str
) -> None:
    card = await asked_for_refund(desk)

    await press(desk, card, "approve", by=by, home=home)

    [action] = await rows(desk, Action)
    assert action.state is ActionState.PENDING
    assert await town.refunded("ch_alice_1002") == 0
    assert says in room_of(desk).whispers[-1][1]
    [decision] = await rows(desk, Decision)
    assert not decision.won


async def test_a_button_with_other_terms_decides_nothing(desk: Desk, town: PaymentsTown) -> None:
    card = await asked_for_refund(desk)
    action_id = card.buttons[0].value.partition(":")[0]

    for number, value in enumerate([f"{action_id}:1:0000000000000000", f"{action_id}:1:", action_id, "", "act_x:1:a"]):
        await hand_in(desk, pressed(str(number), "approve", value, at=desk.now()))
    await settle(desk)

    [action] = await rows(desk, Action)
    assert action.state is ActionState.PENDING
    assert len(room_of(desk).whispers) == 5


async def test_money_that_went_back_meanwhile_blocks_the_refund(desk: Desk, town: PaymentsTown) -> None:
    card = await asked_for_refund(desk)
    await town.refund_by_hand("ch_alice_1002", 9900)

    await press(desk, card, "approve")

    [action] = await rows(desk, Action)
    assert action.state is ActionState.BLOCKED
    assert await town.refunded("ch_alice_1002") == 9900
    assert "colleague is looking" in slack_of(desk).sent[-1].text


async def test_a_second_wish_for_the_same_charge_opens_no_second_refund(desk: Desk) -> None:
    await asked_for_refund(desk)
    await write(desk, "T0ACME:C1:9.0", "T0ACME:C1:9.0", "Please refund order ORD-1002, it was a double charge.")
    await settle(desk)

    assert len([action for action in await rows(desk, Action) if action.open_key]) == 1


async def test_the_same_delivery_twice_is_one_message_and_one_answer(desk: Desk) -> None:
    await write(desk, "t1", "t1", "Where is my order ORD-1001?")
    await write(desk, "t1", "t1", "Where is my order ORD-1001?")
    await settle(desk)

    [delivery] = await rows(desk, Delivery)
    assert delivery.receipts == 2
    assert delivery.outcome is Outcome.MESSAGE
    assert len(slack_of(desk).sent) == 1


async def test_messages_that_arrive_together_are_answered_together(desk: Desk) -> None:
    await write(desk, "t1", "1.1", "Hello, I have a question.")
    await write(desk, "t1", "1.2", "Where is my order ORD-1001?")
    await settle(desk)

    assert len(slack_of(desk).sent) == 1
    inbound = [message for message in await rows(desk, Message) if message.role == "requester"]
    assert len({message.answered_by for message in inbound}) == 1
