"""The desk's own work on tickets of any channel: replying from a card, on duty or not, places, merging, who may."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from agents_team.turn import Answer
from bot.desk import Desk
from bot.policy.hours import OpenHours
from bot.staff.duty import duty_words
from channels.base import PermanentChannelError, PlaceEvent, PlaceNews, TemporaryChannelError
from channels.memory import MemoryRoom, pressed
from storage.models import Delivery, Escalation, Message, Outcome, Place, Sending, Ticket, TicketStatus
from tests.arrivals import OpenDoor, SaysWhatItIsTold, arrive, letter, understood
from tests.desks import hand_in, room_of, rows, settle, slack_of, with_parts, write

WHERE = "Where is my order ORD-1001?"
PERSON = "I want to talk to a human please"


async def press(desk: Desk, verb: str, value: str, key: str = "1", **more: object) -> None:
    await hand_in(desk, pressed(key, verb, value, at=desk.now(), **more))  # type: ignore[arg-type]
    await settle(desk)


async def escalated(desk: Desk) -> Escalation:
    [escalation] = await rows(desk, Escalation)
    found: Escalation = escalation
    return found


# ------------------------------------------------------------------ replying to a mail from the room


async def test_a_mail_is_answered_from_the_card_by_mail_and_the_form_says_so(desk: Desk) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", PERSON, subject="My parcel"), "1", channel="mail")
    await settle(desk)
    card = (await escalated(desk)).id
    sent_before = len(desk.channels["mail"].sent)  # type: ignore[attr-defined]

    await press(desk, "reply", f"{card}:")
    [form] = room_of(desk).forms
    assert "by mail: alice@example.com" in form.note
    assert '"My parcel"' in form.note

    await press(desk, "reply_preview", form.value, "2", inputs={"text": "It ships *today*."})
    preview = room_of(desk).forms[-1]
    assert (preview.title, preview.shown) == ("Send this?", "It ships *today*.\n\n— T0NORTHWIND/U0SAM")

    for key in ("3", "3"):
        await press(desk, preview.verb, preview.value, key, inputs={"text": "It ships *today*."})
    sent = desk.channels["mail"].sent[sent_before:]  # type: ignore[attr-defined]
    assert [(reply.text, reply.automatic) for reply in sent] == [(preview.shown, False)]
    assert slack_of(desk).sent == []


async def test_an_internal_note_leaves_no_trace_in_a_mail(desk: Desk) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", PERSON), "1", channel="mail")
    await settle(desk)
    [ticket] = await rows(desk, Ticket)
    await press(desk, "command", f"note {ticket.id} he is lying")
    card = (await escalated(desk)).id
    await press(desk, "hand_back", f"{card}:", "2")
    await arrive(desk, letter(desk, "<1@a>", "<2@a>", WHERE), "2", channel="mail")
    await settle(desk)

    said = desk.channels["mail"].sent  # type: ignore[attr-defined]
    assert "lying" not in str(said)
    assert {one for reply in said for one in reply.references} <= {
        message.external_id for message in await rows(desk, Message) if message.direction != "internal"
    }


class TooLate(MemoryRoom):
    """A room whose forms come too late."""

    async def ask(self, answer_to: object, form: object) -> None:
        raise PermanentChannelError("expired_trigger_id")


async def test_a_form_that_comes_too_late_is_said_and_nothing_typed_is_lost(desk: Desk) -> None:
    late = with_parts(desk, staff_room=TooLate())
    await write(late, "t1", "1", PERSON)
    await settle(late)
    card = (await escalated(late)).id
    await press(late, "reply", f"{card}:")
    await press(late, "reply_preview", f"{card}:", "2", inputs={"text": "A long story"})

    whispers = [text for _, text in room_of(late).whispers]
    assert "press the button again" in whispers[0]
    assert "A long story" in whispers[1]


async def test_a_press_by_somebody_outside_the_room_changes_nothing(desk: Desk) -> None:
    await write(desk, "t1", "1", PERSON)
    await settle(desk)
    card = (await escalated(desk)).id
    for number, verb in enumerate(("take_over", "hand_back", "solve", "reply", "reply_send", "command")):
        await press(desk, verb, f"{card}:", str(number), by="T0NORTHWIND/U0OTHER", inputs={"text": "hi"})

    [ticket] = await rows(desk, Ticket)
    assert (ticket.owner, ticket.status) == ("staff", TicketStatus.HOLD)
    assert {text for _, text in room_of(desk).whispers} == {
        "Only people in the staff channel can do this, so nothing happened."
    }
    assert room_of(desk).forms == []


async def test_an_old_or_foreign_button_is_answered_too(desk: Desk) -> None:
    await press(desk, "take_over", "esc_nothing:")
    await press(desk, "dance", "whatever", "2")
    assert all("not known here" in text for _, text in room_of(desk).whispers)
    assert len(room_of(desk).whispers) == 2


# ------------------------------------------------------------------ on duty

WORK = OpenHours(frozenset(range(5)), time(9), time(17), ZoneInfo("Europe/Berlin"), frozenset({date(2026, 11, 23)}))


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 11, 20, 10, tzinfo=UTC), ""),
        (datetime(2026, 11, 20, 19, tzinfo=UTC), "Tuesday, 24 November at 09:00 (Europe/Berlin)"),
        (datetime(2026, 11, 24, 7, tzinfo=UTC), "Tuesday, 24 November at 09:00 (Europe/Berlin)"),
        (datetime(2026, 11, 24, 8, tzinfo=UTC), ""),
    ],
)
def test_when_people_are_back_is_said_only_when_they_are_away_and_then_truly(now: datetime, said: str) -> None:
    words = duty_words(now, WORK)
    assert said in words
    assert bool(words) == bool(said)


def test_without_hours_nothing_is_promised() -> None:
    assert duty_words(datetime(2026, 11, 20, 3, tzinfo=UTC), OpenHours()) == ""


@pytest.mark.parametrize("desk_settings", [{"policy": {"hours": {"holidays": ["2026-01-01"], "opens": "00:00", "closes": "00:01"}}}], indirect=True)  # fmt: skip  # noqa: E501
async def test_a_customer_who_needs_a_person_at_night_hears_when_one_is_there(desk: Desk) -> None:
    await write(desk, "t1", "1", PERSON)
    await settle(desk)
    assert "our colleagues are back on" in slack_of(desk).sent[-1].text


# ------------------------------------------------------------------ places


async def test_what_is_late_from_a_channels_old_id_joins_the_ticket_under_the_new_one(desk: Desk) -> None:
    await arrive(desk, letter(desk, "T1:COLD:1.0", "T1:COLD:1.0", WHERE, reply_to={"channel": "COLD"}), "1")
    await settle(desk)
    await arrive(desk, PlaceNews("COLD", PlaceEvent.MOVED, desk.now(), "CNEW"), "2")
    await arrive(desk, letter(desk, "T1:COLD:1.0", "T1:COLD:2.0", "And ORD-1002?", reply_to={"channel": "COLD"}), "3")
    await settle(desk)

    [ticket] = await rows(desk, Ticket)
    assert (ticket.thread_key, ticket.reply_to) == ("T1:CNEW:1.0", {"channel": "CNEW"})
    written = [one.external_id for one in await rows(desk, Message) if one.role == "requester"]
    assert sorted(written) == ["T1:CNEW:1.0", "T1:CNEW:2.0"]
    assert len(slack_of(desk).sent) == 2


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (PlaceEvent.LEFT, "removed from a channel"),
        (PlaceEvent.ARCHIVED, "archived"),
        (PlaceEvent.REVOKED, "removed or its token revoked"),
    ],
)
async def test_a_place_where_we_can_no_longer_answer_is_shown_to_staff(
    desk: Desk, event: PlaceEvent, reason: str
) -> None:
    await arrive(desk, letter(desk, "T1:C1:1.0", "T1:C1:1.0", WHERE, reply_to={"channel": "C1"}), "1")
    await settle(desk)
    await arrive(desk, PlaceNews("C1", event, desk.now()), "2")
    await settle(desk)
    assert reason in (await escalated(desk)).reason


async def test_a_place_nobody_waits_in_is_only_noted(desk: Desk) -> None:
    await arrive(desk, PlaceNews("C1", PlaceEvent.ARCHIVED, desk.now()), "1")
    await settle(desk)
    assert await rows(desk, Escalation) == []
    [place] = await rows(desk, Place)
    assert place.state == "archived"
    assert (await rows(desk, Delivery))[0].outcome is Outcome.CHANGE


# ------------------------------------------------------------------ pauses


async def test_one_place_can_be_paused_and_the_others_go_on(desk: Desk) -> None:
    await press(desk, "command", "pause here", inputs={"channel": "C1"})
    await arrive(desk, letter(desk, "T1:C2:1.0", "T1:C2:1.0", WHERE, reply_to={"channel": "C2"}), "a")
    await settle(desk)
    assert len(slack_of(desk).sent) == 1
    await arrive(desk, letter(desk, "T1:C1:1.0", "T1:C1:1.0", WHERE, reply_to={"channel": "C1"}), "b")
    await understood(desk)
    with pytest.raises(TimeoutError):
        await settle(desk, seconds=0.6)
    assert len(slack_of(desk).sent) == 1


async def test_a_paused_intent_is_written_for_staff_only(desk: Desk) -> None:
    await press(desk, "command", "pause intent:order_status")
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    assert slack_of(desk).sent == []
    assert "The bot would have said" in (await escalated(desk)).summary
    [message] = [one for one in await rows(desk, Message) if one.role == "bot"]
    assert message.sending is Sending.SUPERSEDED


async def test_a_definite_no_needs_no_look_before_the_next_try(desk: Desk) -> None:
    door = desk.channels["slack"]
    assert isinstance(door, OpenDoor)
    door.trouble.append(TemporaryChannelError("slow down", retry_after=0.05))
    await write(desk, "t1", "1", WHERE)
    await settle(desk)
    assert (len(door.sent), door.asked) == (1, [])


# ------------------------------------------------------------------ a person, whatever the model thinks


@pytest.mark.parametrize("text", ["Please, a human!", "Ich möchte mit einem Menschen sprechen", "转人工"])
async def test_whoever_asks_for_a_person_gets_one_even_if_the_model_just_talks_on(desk: Desk, text: str) -> None:
    chatty = SaysWhatItIsTold(Answer("Order ORD-1001 is on its way.", "order_status", ("triage", "order_status")))
    await write(desk, "t1", "1", text)
    await settle(with_parts(desk, team=chatty))

    assert (await escalated(desk)).reason == "asked for a person"
    assert (await rows(desk, Ticket))[0].owner == "staff"
    [reply] = slack_of(desk).sent
    assert reply.text.startswith("Order ORD-1001 is on its way.\n\n")


async def test_one_press_of_enter_that_slack_delivers_as_two_messages_is_one_question(desk: Desk) -> None:
    for number in ("T0:C0:1700000000.000100", "T0:C0:1700000000.000900"):
        said = letter(desk, number, number, WHERE, facts={"gesture": "7c7b1f0e"})
        await arrive(desk, said, number)
    await settle(desk)

    assert len(await rows(desk, Ticket)) == 1
    assert sorted(one.outcome for one in await rows(desk, Delivery)) == [Outcome.DUPLICATE, Outcome.MESSAGE]
