"""What staff do in their room on purpose, and what the customer sees of it: compared with the fake's records."""

from typing import Any

from storage.models import Decision, Direction, Escalation, KnowledgeProposal, Message, Rating, Ticket, TicketStatus
from tests.journeys.slack_desk import (
    ACME,
    ALICE,
    BOB,
    GUEST,
    NIA,
    ORDER,
    SAM,
    STAFF,
    SlackDesk,
    buttons,
    having,
    words,
)

PERSON = "I want to talk to a human please"
REFUND = "Please refund order ORD-1002, I was charged twice."


async def asked_for_a_person(desk: SlackDesk, text: str = PERSON) -> tuple[str, dict[str, Any]]:
    """A customer asks for a person: their thread, and the card."""
    question = await desk.town.say(ACME, ALICE, text)
    card = await desk.card("A person is needed")
    await desk.quiet()
    return question, card


# ------------------------------------------------------------------ the card, and a reply from it


async def test_the_card_says_who_asks_how_that_is_proven_and_where(desk: SlackDesk) -> None:
    question, card = await asked_for_a_person(desk)

    said = words(card)
    assert "Alice Adams of Acme, proof: slack connect" in said
    assert f"https://northwind-helpdesk.slack.com/archives/{ACME}/p{question.replace('.', '')}" in said
    assert PERSON in said
    assert buttons(card) == ["take_over", "reply", "hand_back", "lane_move", "solve", "tend", "ticket_explain"]


async def test_a_reply_is_written_seen_as_it_will_be_and_only_then_sent_once(desk: SlackDesk) -> None:
    question, card = await asked_for_a_person(desk)
    before = len(await desk.said(ACME, question))

    await desk.press(SAM, card, "reply")
    form = await desk.modal(SAM, "Reply to customer")
    assert "Alice Adams" in words(form)
    assert "Everybody in that channel can read it" in words(form)
    await desk.submit(SAM, form["id"], text="We send **a new one** today. <!channel>")

    preview = await desk.modal(SAM, "Send this?")
    assert "a new one" in words(preview)
    await desk.quiet()
    assert len(await desk.said(ACME, question)) == before

    await desk.submit(SAM, preview["id"], text="We send **a new one** today. <!channel>")
    answers = await desk.answered(question, times=before + 1)
    await desk.quiet()
    assert "— Sam" in words(answers[-1])
    assert len(await desk.said(ACME, question)) == before + 1
    assert not answers[-1]["pings"]
    [ticket] = await desk.rows(Ticket)
    assert (ticket.owner, ticket.status) == ("T0NORTHWIND/U0SAM", TicketStatus.PENDING)


async def test_a_text_changed_in_the_preview_is_shown_again_before_it_leaves(desk: SlackDesk) -> None:
    question, card = await asked_for_a_person(desk)
    before = len(await desk.said(ACME, question))
    await desk.press(SAM, card, "reply")
    await desk.submit(SAM, (await desk.modal(SAM, "Reply to customer"))["id"], text="One")
    first = await desk.modal(SAM, "Send this?")
    await desk.submit(SAM, first["id"], text="Two")

    await desk.quiet()
    second = await desk.modal(SAM, "Send this?")
    assert "Two" in words(second)
    assert len(await desk.said(ACME, question)) == before

    await desk.submit(SAM, second["id"], text="Two")
    assert "Two" in words((await desk.answered(question, times=before + 1))[-1])


async def test_plain_talk_under_a_card_stays_inside(desk: SlackDesk) -> None:
    question, card = await asked_for_a_person(desk)
    before = len(await desk.said(ACME, question))

    await desk.town.say(STAFF, SAM, "She is our biggest customer, be nice", thread_ts=card["ts"])
    await desk.quiet()

    [note] = [one for one in await desk.rows(Message) if one.direction is Direction.INTERNAL]
    assert note.text == "She is our biggest customer, be nice"
    assert len(await desk.said(ACME, question)) == before
    assert "biggest" not in str(await desk.town.messages(ACME))


async def test_whoever_takes_over_answers_and_the_bot_is_silent_until_it_is_handed_back(desk: SlackDesk) -> None:
    question, card = await asked_for_a_person(desk)
    await desk.press(SAM, card, "take_over")
    card = await desk.card("A person is needed", saying="taken by Sam")
    assert "take_over" not in buttons(card)
    before = len(await desk.said(ACME, question))

    await desk.town.say(ACME, ALICE, ORDER, thread_ts=question)
    await desk.quiet()
    assert len(await desk.said(ACME, question)) == before
    await desk.card("A person is needed", saying=ORDER)

    await desk.press(SAM, card, "hand_back")
    assert "ORD-1001" in words((await desk.answered(question, times=before + 1))[-1])


async def test_a_person_who_answers_first_ends_the_run(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.town.say(ACME, SAM, "I will look", thread_ts=question)
    await desk.quiet()

    [ticket] = await desk.rows(Ticket)
    assert ticket.owner == "T0NORTHWIND/U0SAM"


# ------------------------------------------------------------------ drafts


DRAFTED = {"replies": {"mode": "draft"}}


@having(**DRAFTED)
async def test_a_draft_is_sent_as_it_stands_when_somebody_presses_send(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    card = await desk.card("Draft answer", saying="waiting for you")
    await desk.quiet()
    assert await desk.said(ACME, question) == []
    assert buttons(card) == ["draft_send", "draft_edit", "draft_drop", "lane_move"]

    await desk.press(SAM, card, "draft_send")
    [answer] = await desk.answered(question)
    await desk.town.click_raw(STAFF, NIA, card["ts"], "hd:draft_send", f"{(await draft_of(desk)).id}:")
    assert "sent, changed or dropped already" in await desk.heard(NIA)
    await desk.card("Draft answer", saying="by Sam")
    assert len(await desk.said(ACME, question)) == 1
    assert "ORD-1001" in words(answer)


@having(**DRAFTED)
async def test_a_draft_can_be_changed_before_it_is_sent(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    card = await desk.card("Draft answer", saying="waiting for you")

    await desk.press(SAM, card, "draft_edit")
    form = await desk.modal(SAM, "Reply to customer")
    await desk.submit(SAM, form["id"], text="It comes on Monday.")
    await desk.submit(SAM, (await desk.modal(SAM, "Send this?"))["id"], text="It comes on Monday.")

    [answer] = await desk.answered(question)
    assert "It comes on Monday." in words(answer)
    assert "draft_send" not in buttons(await desk.card("Draft answer", saying="dropped"))


@having(**DRAFTED)
async def test_a_dropped_draft_is_never_sent_and_the_ticket_has_an_owner(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.press(SAM, await desk.card("Draft answer", saying="waiting for you"), "draft_drop")
    await desk.card("Draft answer", saying="dropped")
    await desk.quiet()

    assert await desk.said(ACME, question) == []
    assert (await desk.rows(Ticket))[0].owner == "T0NORTHWIND/U0SAM"


@having(**DRAFTED)
async def test_another_question_before_the_draft_is_sent_makes_a_new_draft_of_both(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.card("Draft answer", saying="ORD-1001")
    await desk.town.say(ACME, ALICE, "And ORD-1002?", thread_ts=question)
    await desk.card("Draft answer", saying="And ORD-1002?")
    await desk.quiet()

    states = [card for card in await desk.said(STAFF) if "draft_send" in buttons(card)]
    assert len(states) == 1
    assert await desk.said(ACME, question) == []


@having(replies={"mode": "draft"}, policy={"refund": {"preset": "standard"}})
async def test_where_answers_wait_for_a_person_money_does_too(desk: SlackDesk) -> None:
    await desk.town.say(ACME, ALICE, REFUND)
    card = await desk.card("Refund")
    await desk.quiet()
    assert "approve" in buttons(card)


@having(replies={"channels": {ACME: {"mode": "shadow"}}})
async def test_in_shadow_the_bot_only_tells_staff_what_it_would_have_said(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    card = await desk.card("A customer wrote", saying="The bot would have said")
    assert "ORD-1001" in words(card)
    assert await desk.said(ACME, question) == []


@having(replies={"mode": "off"})
async def test_switched_off_the_team_is_not_even_asked(desk: SlackDesk) -> None:
    await desk.town.say(ACME, ALICE, ORDER)
    await desk.card("A customer wrote", saying=ORDER)
    await desk.quiet()
    assert await desk.said(ACME) == []


async def draft_of(desk: SlackDesk) -> Message:
    return next(one for one in await desk.rows(Message) if one.facts.get("draft"))


# ------------------------------------------------------------------ shortcuts


async def test_why_did_it_say_that_is_answered_for_the_one_who_asks(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)
    await desk.quiet()

    await desk.town.shortcut(SAM, "ticket_explain", ACME, question)
    shown = words(await desk.modal(SAM, "Why?"))
    assert "order_status" in shown
    assert "USD" in shown


async def test_why_did_it_stay_silent_is_answered_too(desk: SlackDesk) -> None:
    greeting = await desk.town.say(ACME, ALICE, "Hi everyone!")
    await desk.quiet()

    await desk.town.shortcut(SAM, "ticket_explain", ACME, greeting)
    assert "a greeting asks for nothing" in words(await desk.modal(SAM, "Why?"))


@having(slack={"channels": {ACME: {"mode": "off"}}})
async def test_a_ticket_can_be_made_of_any_message_of_a_customer(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.quiet()
    assert await desk.said(ACME) == []

    await desk.town.shortcut(SAM, "ticket_create", ACME, question)
    assert "is ticket tkt_" in await desk.heard(SAM)
    await desk.answered(question)
    await desk.town.shortcut(SAM, "ticket_create", ACME, question)
    await desk.heard(SAM, saying="already")
    assert len(await desk.rows(Ticket)) == 1


async def test_a_colleague_can_ask_for_a_person_and_keep_something_for_the_knowledge(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)

    await desk.town.shortcut(SAM, "ticket_escalate", ACME, question)
    await desk.card("A colleague asked for a person")
    await desk.town.shortcut(SAM, "knowledge_add", ACME, question)
    await desk.heard(SAM, saying="proposal kpr_")

    [proposal] = await desk.rows(KnowledgeProposal)
    assert (proposal.text, proposal.by) == (ORDER, "T0NORTHWIND/U0SAM")


# ------------------------------------------------------------------ commands and the home tab


async def told(desk: SlackDesk, text: str, who: str = SAM, where: str = STAFF, *, saying: str = "") -> str:
    """Type a command; what only this person sees then."""
    await desk.town.slash(where, who, "/helpdesk", text)
    await desk.quiet()
    return await desk.heard(who, saying=saying)


async def test_what_waits_can_be_asked_and_the_bot_paused_by_command(desk: SlackDesk) -> None:
    assert "Tickets:" in await told(desk, "status")
    assert "Paused: all" in await told(desk, "pause", saying="Paused: all")
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.rows(Ticket, 1)
    assert await desk.said(ACME, question) == []

    assert "Only an approver" in await told_now(desk, "resume", NIA)
    assert "Resumed: all" in await told_now(desk, "resume", SAM)


async def told_now(desk: SlackDesk, text: str, who: str) -> str:
    """The same while jobs are waiting."""
    before = len(await desk.town.ephemerals(who))
    await desk.town.slash(STAFF, who, "/helpdesk", text)

    async def look() -> list[dict[str, Any]]:
        return await desk.town.ephemerals(who)

    seen = await desk.until(look, lambda found: len(found) > before)
    return words(seen[-1])


async def test_the_mode_of_a_channel_can_be_set_where_it_is_meant(desk: SlackDesk) -> None:
    assert "mode is now: mention" in await told(desk, "mode mention", where=ACME)
    await desk.town.say(ACME, ALICE, ORDER)
    await desk.quiet()
    assert await desk.said(ACME) == []
    called = await desk.town.say(ACME, ALICE, "@helpdesk " + ORDER)
    await desk.answered(called)


async def test_what_belongs_together_in_a_channel_is_set_there_too(desk: SlackDesk) -> None:
    assert "within 10m is one ticket" in await told(desk, "mode all 10m", where=ACME)
    for text in ("I have a question about an order", ORDER):
        await desk.town.say(ACME, ALICE, text)
        await desk.quiet()
    assert len(await desk.rows(Ticket)) == 1

    assert "Each message is its own" in await told(desk, "mode all 0m", where=ACME, saying="its own")
    await desk.answered(await desk.town.say(ACME, ALICE, "Where is ORD-1003?"))
    assert len(await desk.rows(Ticket)) == 2
    assert "Say how long" in await told(desk, "mode all soon", where=ACME, saying="how long")


async def test_a_ticket_is_tended_by_command(desk: SlackDesk) -> None:
    question, _ = await asked_for_a_person(desk)
    [ticket] = await desk.rows(Ticket)
    for text, saying in [
        (f"priority {ticket.id} high", "priority high"),
        (f"tag {ticket.id} +vip +late -late", "tags: vip"),
        (f"note {ticket.id} ask the warehouse", "only staff see it"),
        (f"assign {ticket.id} <@U0ROBIN|robin>", "looked after by Robin now"),
        (f"ticket {ticket.id}", "ask the warehouse"),
        (f"set {ticket.id} pending", "is pending now"),
        (f"set {ticket.id} asleep", "A status is one of open, pending, hold, solved, closed"),
        (f"snooze {ticket.id} 2h", "comes back"),
        (f"solve {ticket.id}", "is solved"),
        ("queue all", "All that is open: 0"),
        ("priority tkt_nothing high", "not known"),
        ("dance", "There is no command"),
    ]:
        assert saying in await told(desk, text, saying=saying)

    [ticket] = await desk.rows(Ticket)
    assert (ticket.priority, ticket.tags, ticket.status) == ("high", ["vip"], TicketStatus.SOLVED)
    assert "warehouse" not in str(await desk.town.messages(ACME))

    await desk.town.say(ACME, ALICE, ORDER, thread_ts=question)
    await desk.quiet()
    assert (await desk.rows(Ticket))[0].status is not TicketStatus.SOLVED


async def test_two_tickets_become_one_and_two_again(desk: SlackDesk) -> None:
    one = await desk.town.say(ACME, ALICE, ORDER)
    two = await desk.town.say(ACME, ALICE, "Where is ORD-1002?")
    other = await desk.town.say(ACME, BOB, "Where is my order ORD-2001?")
    for question in (one, two, other):
        await desk.answered(question)
    await desk.quiet()
    by_key = {ticket.thread_key.rpartition(":")[2]: ticket.id for ticket in await desk.rows(Ticket)}

    assert "two different people" in await told(desk, f"merge {by_key[other]} into {by_key[one]}", saying="people")
    assert "answers for" in await told(desk, f"merge {by_key[two]} into {by_key[one]}", saying="answers for")
    await desk.town.say(ACME, ALICE, "Is ORD-1003 late?", thread_ts=two)
    await desk.answered(one, times=2)
    assert len(await desk.said(ACME, two)) == 1

    assert "stands alone" in await told(desk, f"unmerge {by_key[two]}", saying="stands alone")
    await desk.town.say(ACME, ALICE, "Is ORD-1003 late?", thread_ts=two)
    await desk.answered(two, times=2)


async def test_the_home_tab_shows_what_waits_and_a_press_there_does_it(desk: SlackDesk) -> None:
    _, _ = await asked_for_a_person(desk)
    await desk.town.home(SAM)
    home = await desk.town.until(lambda world: world["homes"].get(SAM))
    assert "Waiting for a person (1)" in words(home)
    assert PERSON in words(home)

    await desk.town.click_in_view(SAM, home["id"], "hd:take_over")
    await desk.town.until(lambda world: "Yours (1)" in words(world["homes"][SAM]))
    assert (await desk.rows(Ticket))[0].owner == "T0NORTHWIND/U0SAM"


async def test_a_saved_reply_can_be_chosen(desk: SlackDesk) -> None:
    question, card = await asked_for_a_person(desk)
    before = len(await desk.said(ACME, question))
    await told(desk, "canned save sorry We are sorry for the wait.", saying="Saved as sorry")
    await desk.press(SAM, card, "reply")
    await desk.submit(SAM, (await desk.modal(SAM, "Reply to customer"))["id"], canned="sorry")
    preview = await desk.modal(SAM, "Send this?")
    await desk.submit(SAM, preview["id"], text="We are sorry for the wait.")
    assert "sorry for the wait" in words((await desk.answered(question, times=before + 1))[-1])


# ------------------------------------------------------------------ targets and ratings


@having(targets={"first_answer_minutes": 1.0, "warn_minutes": 5.0}, replies={"mode": "draft"})
async def test_staff_are_warned_once_before_somebody_waited_too_long(desk: SlackDesk) -> None:
    await desk.town.say(ACME, ALICE, ORDER)
    await desk.card("Draft answer")
    for slot in (1, 2):
        await sweep(desk, "targets", slot)
    card = await desk.card("The first answer is due")
    await desk.quiet()
    assert len([one for one in await desk.said(STAFF) if "is due" in words(one)]) == 1

    await desk.press(SAM, await desk.card("Draft answer", saying="waiting"), "draft_send")
    await desk.quiet()
    assert (await desk.rows(Ticket))[0].answer_due_at is None
    assert "due" in words(card)


async def sweep(desk: SlackDesk, name: str, slot: int) -> None:
    """The clock strikes for this sweep."""

    def strike(tx: Any) -> None:
        desk.desk.jobs.defer(tx, "tick", f"{name}@{slot}", lane=f"tick:{name}")

    await desk.desk.db.write(strike)
    await desk.quiet()


@having(replies={"ask_rating": True})
async def test_the_customer_is_asked_once_whether_it_helped_and_nobody_else_may_say(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)
    await desk.quiet()
    [ticket] = await desk.rows(Ticket)
    for _ in range(2):
        await told(desk, f"solve {ticket.id}", saying="is solved")
    asked = (await desk.answered(question, times=2))[-1]
    assert len(await desk.said(ACME, question)) == 2

    await desk.town.click(ACME, BOB, asked["ts"], "hd:rate", value="positive")
    assert "Only the person who asked" in await desk.heard(BOB)
    await desk.town.click(ACME, ALICE, asked["ts"], "hd:rate", value="negative")
    assert "Thank you" in await desk.heard(ALICE)
    [rating] = await desk.rows(Rating)
    assert (rating.good, rating.by) == (False, "T0ACME/U0ALICE")


# ------------------------------------------------------------------ who may


async def test_outsiders_and_guests_hear_no_and_nothing_happens(desk: SlackDesk) -> None:
    question, card = await asked_for_a_person(desk)
    before = len(await desk.said(ACME, question))
    await desk.press(GUEST, card, "take_over")
    assert "Only people in the staff channel" in await desk.heard(GUEST)
    await desk.press(GUEST, card, "reply")
    await desk.quiet()

    assert await desk.town.modals(GUEST) == []
    assert (await desk.rows(Ticket))[0].owner == "staff"
    assert len(await desk.said(ACME, question)) == before


async def test_nothing_can_be_done_in_a_room_that_another_company_reads_and_all_goes_on_afterwards(
    desk: SlackDesk,
) -> None:
    _, card = await asked_for_a_person(desk)
    await desk.town.act("share", channel=STAFF, team="T0ACME")
    for verb in ("take_over", "reply", "solve"):
        await desk.press(SAM, card, verb)
    assert "shared with another company" in await desk.heard(SAM, saying="Nothing happened")
    assert not any(press.won for press in await desk.rows(Decision, 3))
    assert await desk.town.modals(SAM) == []
    assert (await desk.rows(Ticket))[0].owner == "staff"

    [alarm] = [one for one in await desk.rows(Escalation, 2) if "staff room" in one.reason]
    assert "no press counts" in alarm.summary
    assert len(await desk.said(STAFF)) == 1

    await desk.town.act("unshare", channel=STAFF, team="T0ACME")
    await desk.card("Alarm: staff room")
    await desk.press(SAM, card, "take_over")
    await desk.card("A person is needed", saying="taken by")
