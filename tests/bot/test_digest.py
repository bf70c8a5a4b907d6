"""What staff hear every morning and every Monday: a card in words, and charts as pictures in its thread."""

import struct
from datetime import UTC, datetime, timedelta

import pytest

from bot.audit import seal_events, verify
from bot.desk import Desk, utc_now
from bot.numbers.charts import Past, charts_of_a_week
from bot.numbers.draw import draw_all
from bot.numbers.nightly import send_digest
from channels.base import PermanentChannelError, TemporaryChannelError
from channels.cards import Card, Picture
from channels.memory import MemoryRoom
from storage.models import Event
from tests.desks import room_of, rows, settle, with_parts, write

QUESTION = "Where is my order NW-1001?"
MONDAY = datetime(2032, 3, 1, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


def cards(desk: Desk, title: str) -> list[tuple[str, Card]]:
    return [(place, card) for place, card in room_of(desk).cards.items() if card.title == title]


async def at(desk: Desk, moment: datetime) -> None:
    await send_digest(with_parts(desk, now=lambda: moment))
    await settle(desk)


async def test_staff_get_one_digest_a_day_after_its_hour(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)
    tomorrow = utc_now().replace(hour=6, minute=0) + timedelta(days=1)

    for hours in (0, 2, 3, 26):
        await at(desk, tomorrow + timedelta(hours=hours))

    digests = cards(desk, "Daily digest")
    assert len(digests) == 2
    text = dict(digests[0][1].facts)["Summary"]
    assert "1 tickets, 1 answered by the bot" in text
    assert "Accounted for: everything." in text


async def test_on_mondays_there_is_one_about_the_week_as_well(desk: Desk) -> None:
    await at(desk, MONDAY)
    assert len(cards(desk, "Daily digest")) == len(cards(desk, "Weekly digest")) == 1
    assert "The last 7 days" in dict(cards(desk, "Weekly digest")[0][1].facts)["Summary"]

    await at(desk, MONDAY + timedelta(hours=3))
    await at(desk, TUESDAY)
    assert (len(cards(desk, "Daily digest")), len(cards(desk, "Weekly digest"))) == (2, 1)


async def test_a_digest_names_the_newest_link_of_the_audit_log(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)
    await desk.db.write(lambda tx: seal_events(tx, desk))
    head = (await desk.db.read(verify)).head

    await at(desk, utc_now().replace(hour=23))

    assert head[:16] in dict(cards(desk, "Daily digest")[0][1].facts)["Summary"]


async def test_the_charts_are_pictures_in_the_thread_of_the_card_with_words_for_who_cannot_see_them(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)
    await at(desk, utc_now().replace(hour=23) + timedelta(days=1))

    ((place, _),) = cards(desk, "Daily digest")
    shown = room_of(desk).pictures[place]

    assert [picture.name.rpartition("-")[2] for picture in shown] == ["tickets.png", "answer.png", "waiting.png"]
    for picture in shown:
        assert size_of_png(picture.content) == (1200, 600)
        assert 0 < len(picture.words) <= 1000
    assert "1 in all, 1 on the last day" in shown[0].words


class Unlucky(MemoryRoom):
    """Says the first time that it does not know whether the pictures arrived, though they did."""

    def __init__(self, trouble: Exception) -> None:
        super().__init__()
        self.trouble: list[Exception] = [trouble]

    async def show_pictures(self, external_id: str, pictures: list[Picture]) -> None:  # type: ignore[override]
        await super().show_pictures(external_id, pictures)
        if self.trouble:
            raise self.trouble.pop()


async def test_pictures_that_may_have_arrived_are_not_shown_twice(desk: Desk) -> None:
    room = Unlucky(TemporaryChannelError("no answer", in_doubt=True))
    await at(with_parts(desk, staff_room=room), TUESDAY)

    assert not room.trouble
    (shown,) = room.pictures.values()
    assert len({picture.name for picture in shown}) == len(shown) == 3


async def test_without_the_right_to_upload_the_digest_is_there_in_words_and_the_reason_is_kept(desk: Desk) -> None:
    room = Unlucky(PermanentChannelError("missing_scope: files:write"))
    await at(with_parts(desk, staff_room=room), TUESDAY)

    assert [card.title for card in room.cards.values()] == ["Daily digest"]
    assert ["files:write" in event.data["why"] for event in await rows(desk, Event) if event.kind == "pictures_failed"]


@pytest.mark.parametrize("empty", [True, False])
async def test_every_chart_can_be_drawn_whatever_the_numbers_are(empty: bool) -> None:
    one = {"tickets": 3, "deflected": 1, "escalated": 1, "model_micros": 9, "first_answer_open_p50": 2.0}
    days = [(MONDAY + timedelta(days=n), {} if empty else one) for n in range(28)]
    reasons = {} if empty else {"100 $ and more than $ 50 字 " * 9: 3}
    charts = charts_of_a_week(Past(days, [0] * 6, reasons, None if empty else 30.0, None if empty else 5))

    drawn = await draw_all(charts)

    assert [size_of_png(one) for one in drawn] == [(1200, 600)] * len(charts) == [(1200, 600)] * 5


def size_of_png(content: bytes) -> tuple[int, int]:
    """Width and height (https://www.w3.org/TR/png-3/#11IHDR)."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


class Closed(MemoryRoom):
    """Takes no card."""

    async def show_card(self, card: Card) -> str:
        raise PermanentChannelError("channel_not_found")


async def test_without_a_card_its_pictures_are_given_up_and_not_tried_for_ever(desk: Desk) -> None:
    room = Closed()
    await at(with_parts(desk, staff_room=room), TUESDAY)

    assert room.pictures == {}
    assert {"card_failed", "pictures_failed"} <= {event.kind for event in await rows(desk, Event)}
