"""The staff room stops being staff's alone: at the start, while work goes on, at a press; then it is mended."""

from typing import Any

import pytest

from bot.watch.pulse import probe_room
from storage.models import Card, Escalation, Ticket
from tests.journeys.conftest import OpenDesk
from tests.journeys.slack_desk import ACME, ALICE, BOB, BOT, NIA, SAM, STAFF, SlackDesk

PERSON = "I want to talk to a human please"
Act = tuple[str, dict[str, Any]]
WAYS: dict[str, tuple[Act, Act, str]] = {
    "the bot is removed": (("leave", {"user": BOT}), ("join", {"user": BOT}), "cannot be looked at"),
    "it is archived": (("archive", {"user": NIA}), ("archive", {"user": NIA, "undo": True}), "it is archived"),
    "it is shared": (("share", {"team": "T0ACME"}), ("unshare", {"team": "T0ACME"}), "shared with another company"),
    "it is made public": (
        ("convert", {"user": NIA, "private": False}),
        ("convert", {"user": NIA, "private": True}),
        "it is not private",
    ),
}
"""What people do to the room, how they mend it, and what is said of it."""


async def do(desk: SlackDesk, act: Act) -> None:
    await desk.town.act(act[0], channel=STAFF, **act[1])


@pytest.mark.parametrize("way", WAYS)
async def test_no_card_is_shown_and_no_press_counts_until_the_room_is_staffs_alone_again(
    desk: SlackDesk, way: str
) -> None:
    close, mend, why = WAYS[way]
    await desk.town.say(ACME, ALICE, PERSON)
    card = await desk.card("A person is needed")
    await desk.quiet()
    await do(desk, close)
    before = len(await desk.said(STAFF))

    await desk.press(SAM, card, "take_over")
    assert why in await desk.heard(SAM, saying="Nothing happened")
    question = await desk.town.say(ACME, BOB, PERSON)
    await desk.answered(question)
    await desk.rows(Card, 2)
    assert why in await probe_room(desk.desk)
    assert len(await desk.said(STAFF)) == before
    assert {ticket.owner for ticket in await desk.rows(Ticket)} == {"staff"}
    # Slack tells the app of the other three: whoever is on duty hears of it by the alarm as well.
    alarms = [one for one in await desk.rows(Escalation) if "staff room" in one.reason]
    assert bool(alarms) is (way != "it is made public")

    await do(desk, mend)
    if way != "it is made public":
        await desk.card("A person is needed", saying="Bob")
    await desk.press(SAM, card, "take_over")
    await desk.card("A person is needed", saying="taken by Sam")


@pytest.mark.parametrize("way", WAYS)
async def test_a_desk_that_starts_with_such_a_room_answers_customers_and_shows_nothing_there(
    open_desk: OpenDesk, slack_mode: str, way: str
) -> None:
    close, mend, why = WAYS[way]
    async with open_desk(listen=False) as desk:
        await do(desk, close)
    async with open_desk(slack={"mode": slack_mode}) as desk:
        question = await desk.town.say(ACME, ALICE, PERSON)
        await desk.answered(question)
        await desk.rows(Card, 1)
        assert why in await probe_room(desk.desk)
        assert not [one for one in await desk.said(STAFF) if one.get("blocks")]
        await do(desk, mend)
        assert await probe_room(desk.desk) == ""
