"""Pictures reach the staff channel once, in the thread of their card, with words for who cannot see them."""

import pytest
from slack_journey import STAFF, config

from channels.base import PermanentChannelError, TemporaryChannelError
from channels.cards import Card, Picture
from channels.slack import SlackStaffRoom

PICTURES = [
    Picture("digest-1-tickets.png", "Tickets", "Three tickets", b"\x89PNG one"),
    Picture("b.png", "B", "w", b"two"),
]


@pytest.fixture
async def room(slack):
    room = SlackStaffRoom(config(slack, timeout=0.7))
    yield room
    await room.close()


async def test_pictures_are_uploaded_and_shown_in_the_thread_of_the_card(town, room):
    card = await room.show_card(Card("digest_1", "Daily digest", "closed"))

    await room.show_pictures(card, PICTURES)
    await room.show_pictures(card, PICTURES)

    (reply,) = [message for message in await town.messages(STAFF) if message.get("files")]
    assert reply["thread_ts"] == card.rpartition(":")[2]
    assert reply["text"] == "Tickets · B"
    assert [(file["name"], file["title"], file["alt_txt"]) for file in reply["files"]] == [
        ("digest-1-tickets.png", "Tickets", "Three tickets"),
        ("b.png", "B", "w"),
    ]


@pytest.mark.parametrize("fault", ["apply_then_reset", "apply_then_500", "reset", "500"])
async def test_whatever_happens_to_the_last_step_they_are_there_once(town, room, fault):
    card = await room.show_card(Card("digest_1", "Daily digest", "closed"))
    await town.fault("files.completeUploadExternal", fault)

    with pytest.raises(TemporaryChannelError):
        await room.show_pictures(card, PICTURES)
    await room.show_pictures(card, PICTURES)

    assert len([file for message in await town.messages(STAFF) for file in message.get("files", [])]) == 2


async def test_nothing_is_uploaded_to_a_room_that_others_can_read(slack, town):
    public = SlackStaffRoom(config(slack, staff_channel="C0GENERAL"))
    with pytest.raises(PermanentChannelError, match="private"):
        await public.show_pictures("T0NORTHWIND:C0GENERAL:1.2", PICTURES)
    await public.close()
