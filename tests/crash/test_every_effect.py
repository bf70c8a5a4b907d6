"""The process dies right after each effect and before its record; afterwards each promise is kept once."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import started
from channels.memory import pressed, said
from storage.models import Action, ActionState, Delivery, Message, Sending, Step, StepKind
from tests.desks import (
    DiesAfter,
    Killed,
    dying,
    hand_in,
    open_test_desk,
    room_of,
    rows,
    settle,
    slack_of,
    with_parts,
)

ASK = "Please refund order ORD-1002, I was charged twice."


@pytest.fixture
async def town() -> AsyncIterator[PaymentsTown]:
    async with started("bot.sandbox.payments") as running, PaymentsTown(running.url) as client:
        yield client


@pytest.fixture
async def desk(database_url: str, town: PaymentsTown) -> AsyncIterator[Desk]:
    async with open_test_desk(database_url, town.url, slack={"doubt_seconds": 0}) as opened:
        yield opened


def mortal(desk: Desk, part: str, method: str) -> tuple[Desk, DiesAfter]:
    """The desk with one part that dies after one of its effects."""
    if part == "slack":
        dies = DiesAfter(desk.channels["slack"], method)
        return with_parts(desk, channels={"slack": dies}), dies
    dies = DiesAfter(getattr(desk, part), method)
    return with_parts(desk, **{part: dies}), dies


EFFECTS = [
    ("slack", "read"),
    ("slack", "send"),
    ("staff_room", "show_card"),
    ("staff_room", "update_card"),
    ("staff_room", "approvers"),
    ("team", "respond"),
    ("payments", "get_payment"),
    ("payments", "refund"),
]


@pytest.mark.parametrize(("part", "method"), EFFECTS)
async def test_after_a_death_behind_any_effect_everything_happens_once(
    desk: Desk, town: PaymentsTown, part: str, method: str
) -> None:
    broken, dies = mortal(desk, part, method)

    await hand_in(desk, said("t1", "t1", ASK, at=desk.now()))
    await settle(desk, run=dying(broken))
    card = next(card for card in room_of(desk).cards.values() if card.buttons)
    await hand_in(desk, pressed("1", "approve", card.buttons[0].value, at=desk.now()))
    await settle(desk, run=dying(broken))

    assert dies.deaths == 1
    assert all(delivery.outcome is not None for delivery in await rows(desk, Delivery))
    assert len({reply.text for reply in slack_of(desk).sent}) == len(slack_of(desk).sent) == 2
    assert Counter(room_of(desk).shown).most_common(1)[0][1] == 1
    [action] = await rows(desk, Action)
    assert action.state is ActionState.DONE
    assert await town.paid_under(action.id) == (1, 9900)
    assert {m.sending for m in await rows(desk, Message) if m.role == "bot"} == {Sending.SENT}


async def test_a_whisper_may_be_repeated_but_the_decision_stands(desk: Desk, town: PaymentsTown) -> None:
    broken, dies = mortal(desk, "staff_room", "whisper")
    await hand_in(desk, said("t1", "t1", ASK, at=desk.now()))
    await settle(desk)
    card = next(card for card in room_of(desk).cards.values() if card.buttons)
    foreign = pressed("1", "approve", card.buttons[0].value, by="T0ACME/U0BOB", home=False, at=desk.now())
    await hand_in(desk, foreign)
    await settle(desk, run=dying(broken))

    assert dies.deaths == 1
    assert 1 <= len(room_of(desk).whispers) <= 2
    assert await town.refunded("ch_alice_1002") == 0


@pytest.mark.parametrize("after_calls", [1, 2, 3])
async def test_a_model_call_that_was_paid_is_not_paid_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, after_calls: int
) -> None:
    """The process dies after the n-th model response was kept; the next pass replays the first n."""
    from bot.tickets.turns import RunRows

    keep, kept = RunRows.keep, []

    async def keep_and_die(self: RunRows, call: Any) -> None:
        await keep(self, call)
        kept.append(call)
        if len(kept) == after_calls:
            raise Killed

    monkeypatch.setattr(RunRows, "keep", keep_and_die)
    await hand_in(desk, said("t1", "t1", ASK, at=desk.now()))
    await settle(desk, run=dying(desk))

    calls = [step for step in await rows(desk, Step) if step.kind is StepKind.MODEL]
    assert len(kept) >= after_calls
    assert len(calls) == len(kept) == len({(call.request_hash, call.n) for call in kept})
    assert len(slack_of(desk).sent) == 1


async def test_a_death_between_commit_and_yes_ends_in_one_row(desk: Desk) -> None:
    """The sender never heard yes and hands the same bytes in again."""
    raw = said("t1", "t1", "Where is ORD-1001?", at=desk.now())
    for _ in range(3):
        await hand_in(desk, raw)
    await settle(desk)

    [delivery] = await rows(desk, Delivery)
    assert delivery.receipts == 3
    assert len(slack_of(desk).sent) == 1
