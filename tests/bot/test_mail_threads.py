"""Whose ticket a mail joins, who it comes from, and when a new one follows: also out of order and years later."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.desk import Desk
from bot.tickets.reading import BELOW, what_was_said
from channels.base import Author, Role, Trust, Wrote
from storage.models import (
    Delivery,
    Direction,
    Escalation,
    Event,
    Identity,
    Message,
    Outcome,
    Sending,
    Ticket,
    TicketStatus,
)
from tests.arrivals import ALICE, arrive, door, letter, on_each_database
from tests.desks import rows, settle

WHERE = "Where is my order ORD-1001?"
BOB = Author("bob@example.com", "Bob", Role.REQUESTER, Trust.ALIGNED_MAIL, email="bob@example.com")
DAEMON = Author("mailer-daemon@example.com", "Mail Delivery System", Role.REQUESTER)


def mail(desk: Desk, identity: str, text: str = WHERE, by: Author = ALICE, **more: Any) -> Wrote:
    """A mail as the mail door understands it: its external id is of its content, its Message-ID a fact."""
    references = tuple(more.pop("references", ()))
    facts = {"message_id": identity, "in_reply_to": list(references[:1]), **more.pop("facts", {})}
    key = f"mail:{references[-1] if references else identity}:{by.external_id}"
    whom = {"to": by.external_id, "cc": more.pop("cc", [])}
    return letter(desk, key, f"sha256:{identity}", text, by, references=references, facts=facts, reply_to=whom, **more)


async def take(desk: Desk, *mails: Wrote) -> None:
    for one in mails:
        await arrive(desk, one, one.external_id, channel="mail")
        await settle(desk)


async def tickets(desk: Desk) -> dict[str, str]:
    """Message-ID -> ticket id of everything that came in."""
    kept = [message for message in await rows(desk, Message) if message.direction is Direction.INBOUND]
    return {message.facts["message_id"]: message.ticket_id for message in kept}


async def by_id(desk: Desk, identity: str) -> Message:
    return next(m for m in await rows(desk, Message) if m.facts.get("message_id") == identity)


# ------------------------------------------------------------------ whose ticket


@on_each_database
async def test_answer_to_a_customer_s_own_mail_joins_its_ticket(desk: Desk) -> None:
    """Anna writes with Bob in copy; Bob answers all, naming only her mail."""
    await take(desk, mail(desk, "a@x", cc=["bob@example.com"]), mail(desk, "b@x", "And me?", BOB, references=["a@x"]))
    joined = await tickets(desk)
    assert joined["a@x"] == joined["b@x"]
    assert (await by_id(desk, "b@x")).facts["standing"] == "copied"


@on_each_database
async def test_parent_that_comes_late_joins_its_child(desk: Desk) -> None:
    await take(desk, mail(desk, "c@x", references=["b@x"]), mail(desk, "b@x", "First half.", references=["a@x"]))
    joined = await tickets(desk)
    assert joined["b@x"] == joined["c@x"]


async def test_late_parent_of_somebody_else_joins_as_a_stranger(desk: Desk) -> None:
    await take(desk, mail(desk, "c@x", references=["b@x"]), mail(desk, "b@x", "My data please.", BOB))
    late = await by_id(desk, "b@x")
    assert late.ticket_id == (await by_id(desk, "c@x")).ticket_id
    assert (late.facts["standing"], late.trust) == ("stranger", 0)
    assert "unverified_participant" in late.facts["flags"]


async def test_same_mail_to_two_of_our_addresses_is_one_ticket(desk: Desk) -> None:
    for key in ("to support@", "to sales@"):
        await arrive(desk, mail(desk, "a@x"), key, channel="mail")
    await settle(desk)
    assert len(await rows(desk, Ticket)) == 1
    assert sorted(d.outcome for d in await rows(desk, Delivery)) == [Outcome.DUPLICATE, Outcome.MESSAGE]
    assert len(door(desk, "mail").sent) == 1


async def test_subject_token_counts_for_participants_only(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"))
    [ticket] = await rows(desk, Ticket)
    token = {"subject_ticket": ticket.id}
    await take(desk, mail(desk, "b@x", facts=token), mail(desk, "c@x", WHERE, BOB, facts=token))
    joined = await tickets(desk)
    assert joined["b@x"] == ticket.id
    assert joined["c@x"] != ticket.id


async def test_proven_mail_of_the_requester_says_who_is_in_copy(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"), mail(desk, "b@x", "And?", references=["a@x"], cc=["carol@example.com"]))
    [ticket] = await rows(desk, Ticket)
    assert ticket.reply_to["cc"] == ["carol@example.com"]
    await take(desk, mail(desk, "c@x", "And?", BOB, references=["a@x"], cc=["evil@example.com"]))
    [ticket] = await rows(desk, Ticket)
    assert ticket.reply_to == {"to": "alice@example.com", "cc": ["carol@example.com"]}


# ------------------------------------------------------------------ a new ticket that follows


async def end(desk: Desk, days: float) -> None:
    def change(tx: Any) -> None:
        for ticket in tx.exec(select(Ticket)):
            ticket.status = TicketStatus.CLOSED
            ticket.solved_at = desk.now() - timedelta(days=days)
            tx.add(ticket)

    await desk.db.write(change)


async def test_answer_soon_after_the_end_opens_the_ticket_again(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"))
    await end(desk, days=3)
    await take(desk, mail(desk, "b@x", "It is still not here. Where is ORD-1001?", references=["a@x"]))
    [ticket] = await rows(desk, Ticket)
    assert ticket.status is TicketStatus.PENDING


@on_each_database
async def test_answer_long_after_the_end_opens_one_new_ticket_that_follows(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"))
    await end(desk, days=30)
    await take(desk, mail(desk, "b@x", references=["a@x"]), mail(desk, "c@x", references=["a@x"]))
    first, second = await rows(desk, Ticket)
    assert (second.follows, second.requester_id) == (first.id, first.requester_id)
    assert set((await tickets(desk)).values()) == {first.id, second.id}
    assert (await tickets(desk))["b@x"] == (await tickets(desk))["c@x"] == second.id


async def test_other_subject_with_only_references_begins_something_new(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x", subject="Lamp"))
    none: dict[str, Any] = {"in_reply_to": []}
    about = {"references": ["a@x"], "facts": none}
    await take(desk, mail(desk, "b@x", subject="Re: [EXT] lamp", **about), mail(desk, "c@x", subject="Chair", **about))
    joined = await tickets(desk)
    assert joined["a@x"] == joined["b@x"] != joined["c@x"]
    chair = next(ticket for ticket in await rows(desk, Ticket) if ticket.id == joined["c@x"])
    assert chair.follows == joined["a@x"]
    await take(
        desk, mail(desk, "d@x", subject="Chair", **about), mail(desk, "e@x", subject="Chair", references=["a@x"])
    )
    joined = await tickets(desk)
    assert joined["d@x"] == joined["c@x"], "the same new subject is the same new ticket"
    assert joined["e@x"] == joined["a@x"], "a real answer joins, whatever its subject"


# ------------------------------------------------------------------ bounces


async def bounce(desk: Desk, **facts: Any) -> None:
    report = letter(desk, "bounce", "sha256:bounce", "550 5.1.1 no such user", DAEMON, kind="bounce", facts=facts)
    await take(desk, report)


@on_each_database
async def test_bounce_names_its_reply_which_has_failed_and_staff_hear_why(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"))
    [reply] = [m for m in await rows(desk, Message) if m.direction is Direction.OUTBOUND]
    await bounce(desk, bounced_message=reply.id, bounced_recipients=["alice@example.com"], bounce_permanent=True)

    [reply] = [m for m in await rows(desk, Message) if m.direction is Direction.OUTBOUND]
    [ticket], [escalation] = await rows(desk, Ticket), await rows(desk, Escalation)
    assert (reply.sending, reply.facts["bounced"]["recipients"]) == (Sending.FAILED, ["alice@example.com"])
    assert (ticket.status, ticket.owner) == (TicketStatus.OPEN, "staff")
    assert escalation.priority == "high"
    assert escalation.summary == "alice@example.com: 550 5.1.1 no such user"
    assert len(door(desk, "mail").sent) == 1


async def test_report_that_the_other_server_still_tries_fetches_nobody(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"))
    [reply] = [m for m in await rows(desk, Message) if m.direction is Direction.OUTBOUND]
    await bounce(desk, bounced_message=reply.id, bounce_permanent=False)
    assert await rows(desk, Escalation) == []
    assert "delayed" in [event.kind for event in await rows(desk, Event)]


async def test_two_reports_about_one_reply_fetch_one_person(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"))
    [reply] = [m for m in await rows(desk, Message) if m.direction is Direction.OUTBOUND]
    for number in (1, 2):
        report = letter(
            desk, "b", f"b{number}", "550", DAEMON, kind="bounce", facts={"bounced_message": reply.id, "n": number}
        )
        await take(desk, report)
    assert len(await rows(desk, Escalation)) == 1


async def known_elsewhere(desk: Desk, address: str, trust: int) -> None:
    """The requester has once written, with this much proof, from another address that was joined to them."""

    def change(tx: Any) -> None:
        ticket, first = tx.exec(select(Ticket)).one(), tx.exec(select(Message)).first()
        tx.add(Identity(person_id=ticket.requester_id, channel="mail", external_id=address))
        old = {**first.model_dump(), "id": "msg_0", "external_id": "old", "trust": trust, "facts": {"author": address}}
        tx.add(Message(**{**old, "answered_by": "earlier"}))

    await desk.db.write(change)


@pytest.mark.parametrize(("trust", "to"), [(1, "home@example.org"), (0, None)])
async def test_bounced_answer_goes_once_to_another_proven_address(desk: Desk, trust: int, to: str | None) -> None:
    await take(desk, mail(desk, "a@x"))
    [reply] = [m for m in await rows(desk, Message) if m.direction is Direction.OUTBOUND]
    await known_elsewhere(desk, "home@example.org", trust)
    await bounce(desk, bounced_message=reply.id, bounced_recipients=["alice@example.com"], bounce_permanent=True)

    sent = door(desk, "mail").sent
    assert [one.to["to"] for one in sent][1:] == ([to] if to else [])
    [escalation] = await rows(desk, Escalation)
    assert ("home@example.org" in escalation.summary) is bool(to)
    if to:
        assert sent[1].text == sent[0].text
        assert sent[1].in_reply_to == "a@x", "the requester never saw the report"
        assert "sha256:bounce" not in sent[1].references
        again = next(m for m in await rows(desk, Message) if str(m.cause).startswith("after_bounce:"))
        report = {"bounced_message": again.id, "bounced_recipients": [to], "bounce_permanent": True}
        await take(desk, letter(desk, "b", "b2", "550", DAEMON, kind="bounce", facts=report))
        assert len(door(desk, "mail").sent) == 2


async def test_an_answer_quotes_the_question_and_neither_a_report_nor_a_stranger(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"))
    await take(desk, mail(desk, "b@x", f"My data please. {WHERE}", BOB, references=["a@x"]))

    quotes = {(one.quote, one.quote_head.endswith("Alice Adams wrote:")) for one in door(desk, "mail").sent}
    assert quotes == {(WHERE, True)}


# ------------------------------------------------------------------ loops


@pytest.mark.parametrize("desk_settings", [{"mail": {"answers_per_hour": 3}}], indirect=True)
async def test_two_machines_stop_talking_after_the_hour_s_budget(desk: Desk) -> None:
    """An auto-responder that looks like a person: each of its mails is new, human and asks something."""
    for number in range(6):
        await take(desk, mail(desk, f"{number}@x", f"{WHERE} ({number})"))
    assert len(door(desk, "mail").sent) == 3
    assert len(await tickets(desk)) == 6, "every mail is kept"
    reasons = {escalation.reason for escalation in await rows(desk, Escalation)}
    assert reasons == {"Two machines may be talking to each other"}


async def test_second_acknowledgement_of_a_day_is_withheld_with_its_reason(desk: Desk) -> None:
    from bot.tickets.outbox import say

    await take(desk, mail(desk, "a@x"))

    def acknowledge(number: int) -> Any:
        def change(tx: Any) -> None:
            ticket = tx.exec(select(Ticket)).one()
            say(tx, desk, ticket, cause=f"ack:{number}", text="We have it.", facts={"acknowledgement": True})

        return change

    for number in (1, 2):
        await desk.db.write(acknowledge(number))
        await settle(desk)
    states = [m.sending for m in await rows(desk, Message) if m.facts.get("acknowledgement")]
    assert states == [Sending.SENT, Sending.WITHHELD]
    withheld = next(m for m in await rows(desk, Message) if m.sending is Sending.WITHHELD)
    assert "acknowledgement" in withheld.facts["withheld"]
    assert await rows(desk, Escalation) == []


@pytest.mark.parametrize(("flag", "words"), [("encrypted", "encrypted"), ("over_budget", "in its time")])
async def test_mail_only_a_person_can_read_goes_to_one(desk: Desk, flag: str, words: str) -> None:
    await take(desk, mail(desk, "a@x", flags=(flag,)))
    assert door(desk, "mail").sent == []
    [escalation] = await rows(desk, Escalation)
    assert words in escalation.reason


# ------------------------------------------------------------------ what the team reads


@pytest.mark.parametrize(
    ("text", "whole", "facts", "read"),
    [
        ("Yes.", "Yes.\n\n> old", {"confidence": 0.9}, "Yes."),
        ("Yes.", "Yes.\n\n> old", {"confidence": 0.4}, f"Yes.\n\n{BELOW}\n> old"),
        ("", f"> {WHERE}", {"confidence": 0.4}, f"> {WHERE}"),
        ("What is this?", "What is this?\n\nFrom: Eve", {"passes_on": True}, f"What is this?\n\n{BELOW}\nFrom: Eve"),
        (WHERE, f"FYI\n\n{WHERE}", {"passes_on": True, "forwarded_by": "ann@us.example"}, WHERE),
        ("", "", {"confidence": 0.4}, ""),
    ],
)
def test_the_whole_mail_is_read_where_the_new_words_are_not_the_whole_story(
    text: str, whole: str, facts: dict[str, Any], read: str
) -> None:
    message = Message(text=text, full_text=whole, facts=facts, ticket_id="t", channel="mail", role="requester")
    assert what_was_said(message) == read


async def test_question_in_a_mail_that_is_all_quotation_is_answered(desk: Desk) -> None:
    await take(desk, mail(desk, "a@x"))
    await take(desk, mail(desk, "b@x", "", full_text=f"> {WHERE}", facts={"confidence": 0.4}))

    plain, quoted = door(desk, "mail").sent
    assert quoted.text == plain.text
