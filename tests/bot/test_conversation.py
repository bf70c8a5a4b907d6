"""What becomes of everything that is written to us: whose ticket it joins, what it sets going, what is forgotten."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.desk import Desk
from channels.base import AttachmentIn, Author, Deleted, Echo, Edited, Nothing, Role, Trust
from storage.models import (
    Attachment,
    Card,
    Delivery,
    Direction,
    Escalation,
    Event,
    Identity,
    Message,
    Outcome,
    Person,
    Run,
    Sending,
    Ticket,
    TicketStatus,
)
from tests.arrivals import ALICE, STAFF, Interrupted, arrive, before, door, letter, on_each_database, understood
from tests.desks import Killed, room_of, rows, settle, slack_of, with_parts, write

WHERE = "Where is my order ORD-1001?"
TRACKING = "1Z999AA10123456784"
MALLORY = Author("mallory@example.com", "Mallory", Role.REQUESTER, Trust.ALIGNED_MAIL)
OTHER_BOT = Author("T0ACME/U0BOT", "Deploy bot", Role.BOT)


async def outcomes(desk: Desk) -> list[tuple[str | None, str]]:
    return [(d.outcome and d.outcome.value, d.outcome_note) for d in await rows(desk, Delivery)]


async def inbound(desk: Desk) -> list[Message]:
    return [message for message in await rows(desk, Message) if message.direction is Direction.INBOUND]


# ------------------------------------------------------------------ whose ticket


async def test_a_mail_opens_one_ticket_for_its_sender_and_is_answered_in_its_thread(desk: Desk) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", WHERE, subject="My order"), "1", channel="mail")
    await settle(desk)

    [ticket] = await rows(desk, Ticket)
    assert (ticket.subject, ticket.status) == ("My order", TicketStatus.PENDING)
    [reply] = door(desk, "mail").sent
    assert TRACKING in reply.text
    assert (reply.subject, reply.in_reply_to, reply.ticket_id) == ("My order", "<1@a>", ticket.id)
    assert ticket.first_answer_at is not None


async def test_an_answer_to_one_of_our_messages_joins_its_ticket(desk: Desk) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", WHERE), "1", channel="mail")
    await settle(desk)
    [ours] = [message for message in await rows(desk, Message) if message.direction is Direction.OUTBOUND]
    again = letter(
        desk, "<2@a>", "<2@a>", "And when will it arrive?", references=("<unknown@a>", str(ours.external_id))
    )

    await arrive(desk, again, "2", channel="mail")
    await settle(desk)

    assert len(await rows(desk, Ticket)) == 1
    assert door(desk, "mail").sent[-1].references == ("<1@a>", ours.external_id, "<2@a>")


async def test_the_newest_reference_decides(desk: Desk) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", WHERE), "1", channel="mail")
    await arrive(desk, letter(desk, "<2@a>", "<2@a>", WHERE), "2", channel="mail")
    await settle(desk)

    await arrive(desk, letter(desk, "<3@a>", "<3@a>", "And?", references=("<2@a>", "<1@a>")), "3", channel="mail")
    await settle(desk)

    tickets = {message.external_id: message.ticket_id for message in await inbound(desk)}
    assert tickets["<3@a>"] == tickets["<2@a>"] != tickets["<1@a>"]


async def test_a_stranger_with_a_valid_token_joins_and_proves_nothing_by_it(desk: Desk) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", "Hello, a question about my order."), "1", channel="mail")
    await settle(desk)
    [ticket] = await rows(desk, Ticket)

    asks = letter(desk, "<2@m>", "<2@m>", f"{WHERE} Please refund ORD-1002.", MALLORY, ticket_hint=ticket.id)
    await arrive(desk, asks, "2", channel="mail")
    await settle(desk)

    by_mallory = next(message for message in await inbound(desk) if message.external_id == "<2@m>")
    assert (by_mallory.ticket_id, by_mallory.trust) == (ticket.id, 0)
    assert TRACKING not in "".join(reply.text for reply in door(desk, "mail").sent)
    assert door(desk, "mail").sent[-1].to == {"to": "alice@example.com", "thread": "<1@a>"}


async def test_what_two_people_ask_together_is_answered_with_neithers_data(desk: Desk) -> None:
    async def bob_joins() -> None:
        await write(desk, "t1", "2", "I would like to know that too.", by="T0ACME/U0BOB")
        await understood(desk)

    await write(desk, "t1", "1", WHERE)
    await settle(desk, run=before(desk, "answer", bob_joins))

    [reply] = slack_of(desk).sent
    assert TRACKING not in reply.text


async def test_an_unproven_address_is_nobodys_account(desk: Desk) -> None:
    forged = replace(ALICE, trust=Trust.UNKNOWN)
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", WHERE, forged), "1", channel="mail")
    await settle(desk)

    assert TRACKING not in door(desk, "mail").sent[-1].text


async def test_somebody_is_one_person_in_slack_and_another_in_mail_until_it_is_proven(desk: Desk) -> None:
    await write(desk, "t1", "1", "Hello")
    await write(desk, "t2", "2", "Hello again")
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", "Hello"), "1", channel="mail")
    await settle(desk)

    assert sorted((identity.channel, identity.external_id) for identity in await rows(desk, Identity)) == [
        ("mail", "alice@example.com"),
        ("slack", "T0ACME/U0ALICE"),
    ]
    assert len(await rows(desk, Person)) == 2


@on_each_database
async def test_the_same_message_through_two_events_is_one_message(desk: Desk) -> None:
    """A mention arrives as message and as app_mention."""
    for key in ("message:1", "app_mention:1"):
        await arrive(desk, letter(desk, "t1", "T0:C1:1.0", WHERE), key)
    await settle(desk)

    assert [outcome for outcome, _ in await outcomes(desk)] == ["message", "duplicate"]
    assert len(slack_of(desk).sent) == 1


# ------------------------------------------------------------------ what is never answered


@pytest.mark.parametrize("kind", ["auto_reply", "auto_generated", "list", "challenge", "own", "calendar"])
async def test_automatic_mail_opens_nothing_and_is_never_answered(desk: Desk, kind: str) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", "I am on holiday", kind=kind), "1", channel="mail")
    await settle(desk)

    assert await outcomes(desk) == [("ignored", f"{kind}: kept, and never answered automatically")]
    assert await rows(desk, Ticket) == []
    assert door(desk, "mail").sent == []


async def test_automatic_mail_about_a_ticket_is_kept_there_and_not_answered(desk: Desk) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", WHERE), "1", channel="mail")
    await settle(desk)
    away = letter(desk, "<2@a>", "<2@a>", "I am on holiday", kind="auto_reply", references=("<1@a>",))

    await arrive(desk, away, "2", channel="mail")
    await settle(desk)

    assert [message.kind for message in await inbound(desk)] == ["human", "auto_reply"]
    assert len(door(desk, "mail").sent) == 1
    [ticket] = await rows(desk, Ticket)
    assert ticket.status is TicketStatus.PENDING


async def test_a_bounce_of_our_reply_fetches_a_person_and_is_not_answered(desk: Desk) -> None:
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", WHERE), "1", channel="mail")
    await settle(desk)
    mailer = Author("mailer-daemon@example.com", "Mail Delivery System", Role.REQUESTER)
    bounce = letter(desk, "<2@b>", "<2@b>", "550 no such user", mailer, kind="bounce", references=("<1@a>",))

    await arrive(desk, bounce, "2", channel="mail")
    await settle(desk)

    assert len(door(desk, "mail").sent) == 1
    [escalation] = await rows(desk, Escalation)
    assert (escalation.reason, escalation.summary) == ("A reply could not be delivered", "550 no such user")
    assert len(room_of(desk).cards) == 1


async def test_other_bots_are_never_answered(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await settle(desk)
    for number, thread in (("2", "t1"), ("3", "t2")):
        await arrive(desk, letter(desk, thread, number, WHERE, OTHER_BOT), number)
    await settle(desk)

    assert [outcome for outcome, _ in await outcomes(desk)] == ["message", "ignored", "ignored"]
    assert len(slack_of(desk).sent) == 1


async def test_staff_messages_open_no_ticket(desk: Desk) -> None:
    await arrive(desk, letter(desk, "t1", "1", "Good morning, everybody!", STAFF), "1")
    await settle(desk)

    assert await outcomes(desk) == [("ignored", "staff messages open no ticket")]
    assert await rows(desk, Ticket) == []


@pytest.mark.parametrize(
    ("mode", "mentioned", "opens"),
    [
        ("all", False, True),
        ("mention", False, False),
        ("mention", True, True),
        ("emoji", False, False),
        ("off", True, False),
    ],
)
async def test_the_mode_of_a_channel_says_what_opens_a_ticket(
    desk: Desk, mode: str, mentioned: bool, opens: bool
) -> None:
    await arrive(desk, letter(desk, "t1", "1", WHERE, facts={"mode": mode, "mentioned": mentioned}), "1")
    await settle(desk)

    assert len(await rows(desk, Ticket)) == opens
    assert len(slack_of(desk).sent) == opens


async def test_inside_a_ticket_nobody_has_to_be_mentioned(desk: Desk) -> None:
    await arrive(desk, letter(desk, "t1", "1", "Hello", facts={"mode": "mention", "mentioned": True}), "1")
    await settle(desk)

    await arrive(desk, letter(desk, "t1", "2", WHERE, facts={"mode": "mention", "mentioned": False}), "2")
    await settle(desk)

    assert len(slack_of(desk).sent) == 2


async def test_what_needs_nobody_is_accounted_for_with_its_reason(desk: Desk) -> None:
    await arrive(desk, Nothing("somebody joined the channel"), "1")
    await settle(desk)

    assert await outcomes(desk) == [("ignored", "somebody joined the channel")]


# ------------------------------------------------------------------ staff in the thread


async def test_staff_writing_in_the_thread_take_it_over(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    await arrive(desk, letter(desk, "t1", "2", "I will look into this.", STAFF), "2")
    await settle(desk)
    await write(desk, "t1", "3", "Thank you! And ORD-1002?")
    await settle(desk)

    [ticket] = await rows(desk, Ticket)
    assert ticket.owner == "T0NORTHWIND/U0SAM"
    assert ticket.status is TicketStatus.OPEN
    by_staff = next(message for message in await rows(desk, Message) if message.external_id == "2")
    assert (by_staff.role, by_staff.direction, by_staff.sending) == ("staff", Direction.OUTBOUND, Sending.SENT)
    assert len(slack_of(desk).sent) == 1


# ------------------------------------------------------------------ edits, deletions, echoes


async def test_an_edit_before_the_answer_changes_the_question(desk: Desk) -> None:
    async def edit() -> None:
        await arrive(desk, Edited("1", WHERE, desk.now()), "edit:1")
        await understood(desk)

    await write(desk, "t1", "1", "Where is my order ORD-1003?")
    await settle(desk, run=before(desk, "answer", edit))

    [message] = await inbound(desk)
    assert message.text == WHERE
    [reply] = slack_of(desk).sent
    assert TRACKING in reply.text


@on_each_database
async def test_an_edit_while_the_team_thinks_is_what_gets_answered(desk: Desk) -> None:
    async def edit() -> None:
        await arrive(desk, Edited("1", WHERE, desk.now()), "edit:1")
        await understood(desk)

    team = Interrupted(desk.team, edit)
    await write(desk, "t1", "1", "Where is my order ORD-1003?")
    await settle(with_parts(desk, team=team))

    assert [turn.new[0].text for turn in team.turns] == ["Where is my order ORD-1003?", WHERE]
    [reply] = slack_of(desk).sent
    assert TRACKING in reply.text


async def test_an_edit_after_the_answer_is_noted_and_not_answered(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    await arrive(desk, Edited("1", "Where is ORD-1003?", desk.now()), "edit:1")
    await settle(desk)

    assert len(slack_of(desk).sent) == 1
    noted = next(event for event in await rows(desk, Event) if event.kind == "edited")
    assert noted.data == {"before": WHERE, "already_answered": True}


async def test_an_edit_is_masked_like_any_text(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await arrive(desk, Edited("1", "My card is 4242 4242 4242 4242", desk.now()), "edit:1")
    await settle(desk)

    assert "4242 4242" not in str([message.model_dump() for message in await rows(desk, Message)])


async def test_what_was_taken_back_before_the_answer_is_forgotten_and_not_answered(desk: Desk) -> None:
    async def delete() -> None:
        await arrive(desk, Deleted("1", desk.now()), "delete:1")
        await understood(desk)

    await write(desk, "t1", "1", WHERE)
    await settle(desk, run=before(desk, "answer", delete))

    [message] = await inbound(desk)
    assert (message.text, message.full_text) == ("", "")
    assert message.deleted_at is not None
    assert slack_of(desk).sent == []


@on_each_database
async def test_a_deletion_while_the_team_thinks_leaves_the_other_question_to_be_answered(desk: Desk) -> None:
    async def ask_more() -> None:
        await write(desk, "t1", "2", "And where is ORD-1003?")
        await understood(desk)

    async def take_that_back() -> None:
        await arrive(desk, Deleted("2", desk.now()), "delete:2")
        await understood(desk)

    team = Interrupted(desk.team, ask_more, take_that_back)
    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, team=team))

    assert [len(turn.new) for turn in team.turns] == [1, 2, 1]
    [reply] = slack_of(desk).sent
    assert TRACKING in reply.text


async def test_what_was_taken_back_after_the_answer_is_forgotten_too(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await settle(desk)
    await arrive(desk, Deleted("1", desk.now()), "delete:1")
    await settle(desk)

    [message] = await inbound(desk)
    assert message.text == ""
    assert len(slack_of(desk).sent) == 1


@pytest.mark.parametrize("what", ["edit", "delete"])
async def test_a_change_of_something_we_never_had_is_accounted_for(desk: Desk, what: str) -> None:
    meaning = Edited("9", "text", desk.now()) if what == "edit" else Deleted("9", desk.now())
    await arrive(desk, meaning, "1")
    await settle(desk)

    [(outcome, note)] = await outcomes(desk)
    assert outcome == "ignored"
    assert note.endswith("of a message nobody kept")


async def test_an_edit_that_overtook_its_message_changes_it_all_the_same(desk: Desk) -> None:
    """Slack delivers again what it thinks we missed, in the words of the first time."""
    await arrive(desk, Edited("1", WHERE, desk.now()), "edit:1")
    await understood(desk)
    await write(desk, "t1", "1", "Where is my order ORD-1003?")
    await settle(desk)

    [message] = await inbound(desk)
    assert message.text == WHERE
    assert TRACKING in slack_of(desk).sent[-1].text


async def test_what_was_taken_back_before_it_arrived_is_neither_kept_nor_answered(desk: Desk) -> None:
    await arrive(desk, Deleted("1", desk.now()), "delete:1")
    await arrive(desk, Edited("1", WHERE, desk.now()), "edit:1")
    await understood(desk)
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    assert await inbound(desk) == []
    assert slack_of(desk).sent == []
    assert ("ignored", "its author took it back before it arrived") in await outcomes(desk)
    assert not [one for one in await rows(desk, Delivery) if b"ORD-1001" in one.body]


async def test_our_own_message_coming_back_proves_that_it_was_sent(desk: Desk) -> None:
    """The process died after Slack took the reply; the echo arrives before the next try."""
    slack, died = slack_of(desk), asyncio.Event()

    class DiesAfterSending:
        def __getattr__(self, name: str) -> object:
            return getattr(slack, name)

        async def send(self, reply: object) -> str:
            died.set()
            raise Killed

    await write(desk, "t1", "1", WHERE)
    dying = asyncio.create_task(settle(with_parts(desk, channels={"slack": DiesAfterSending()})))
    await asyncio.wait_for(died.wait(), 20)
    dying.cancel()
    await asyncio.wait([dying])
    [reply] = [message for message in await rows(desk, Message) if message.role == "bot"]
    assert reply.sending is Sending.SENDING

    await arrive(desk, Echo(reply.id, "T0:C1:7.0"), "echo")
    await arrive(desk, Echo("msg_of_another_installation", "T0:C1:8.0"), "foreign echo")
    await understood(desk)
    await settle(desk)

    [reply] = [message for message in await rows(desk, Message) if message.role == "bot"]
    assert (reply.sending, reply.external_id) == (Sending.SENT, "T0:C1:7.0")
    assert slack.sent == []


# ------------------------------------------------------------------ what is kept


async def test_numbers_nobody_may_keep_are_masked_before_anything_is_stored_or_thought(desk: Desk) -> None:
    text = "My card 4242 4242 4242 4242 was charged twice, IBAN DE89370400440532013000, SSN 078-05-1120."
    team = Interrupted(desk.team, lambda: understood(desk))
    await write(desk, "t1", "1", text)
    await settle(with_parts(desk, team=team))

    kept = str([row.model_dump() for table in (Message, Run, Event) for row in await rows(desk, table)])
    seen = "".join(said.text for turn in team.turns for said in turn.new)
    for number in ("4242 4242 4242", "DE89370400440532013000", "078-05-1120"):
        assert number not in kept
        assert number not in seen
    assert "[card ending 4242]" in seen
    [message] = await inbound(desk)
    assert sorted(message.facts["masked"]) == ["bank account number", "card number", "social security number"]


async def test_subject_names_and_notes_are_masked_like_the_text(desk: Desk) -> None:
    card = "4242 4242 4242 4242"
    scan = AttachmentIn(f"card {card}.png", "image/png", 12_345, "a" * 64)
    more: Any = {"subject": f"Card {card}", "attachments": (scan,), "facts": {"note": f"passed on: {card}"}}
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", "See the subject", **more), "1", channel="mail")
    await settle(desk)

    kept = str([row.model_dump() for table in (Ticket, Message, Attachment, Card) for row in await rows(desk, table)])
    assert card not in kept
    assert "[card ending 4242]" in kept
    [message] = await inbound(desk)
    assert message.facts["masked"] == ["card number"]


@on_each_database
async def test_files_are_kept_with_their_message(desk: Desk) -> None:
    picture = AttachmentIn("screen.png", "image/png", 12_345, "a" * 64)
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", "See here", attachments=(picture,)), "1", channel="mail")
    await settle(desk)

    [kept] = await rows(desk, Attachment)
    [message] = await inbound(desk)
    assert (kept.message_id, kept.filename, kept.size, kept.sha256) == (message.id, "screen.png", 12_345, "a" * 64)


@on_each_database
async def test_every_delivery_ends_in_exactly_one_outcome(desk: Desk) -> None:
    await write(desk, "t1", "1", WHERE)
    await write(desk, "t1", "1", WHERE)
    await arrive(desk, Nothing("nothing"), "2")
    await arrive(desk, letter(desk, "t1", "1", WHERE), "other event, same message")
    await settle(desk)

    ends = [delivery.outcome for delivery in await rows(desk, Delivery)]
    assert sorted(ends) == [Outcome.DUPLICATE, Outcome.IGNORED, Outcome.MESSAGE]
