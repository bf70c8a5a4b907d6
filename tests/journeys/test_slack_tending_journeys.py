"""A ticket looked after from its card, on a phone: one form, no ids to type, and only what was changed is done."""

from typing import Any

from storage.models import Direction, Message, Ticket, TicketStatus
from tests.journeys.slack_desk import ACME, ALICE, ORDER, SAM, SlackDesk, words

PERSON = "I want to talk to a human please"


async def opened(desk: SlackDesk, card: dict[str, Any]) -> dict[str, Any]:
    await desk.press(SAM, card, "tend")
    return await desk.modal(SAM, "Look after it")


def labels(form: dict[str, Any]) -> list[str]:
    return [block["label"]["text"] for block in form["blocks"] if block["type"] == "input"]


async def test_everything_about_a_ticket_is_changed_in_one_form_and_nothing_else_is_touched(desk: SlackDesk) -> None:
    await desk.town.say(ACME, ALICE, PERSON)
    form = await opened(desk, await desk.card("A person is needed"))
    assert labels(form)[:5] == ["Status", "Priority", "Looked after by", "Tags", "Put it away for"]

    await desk.submit(SAM, form["id"], priority="high", owner="U0ROBIN", tags="vip, late", snooze="2h", note="call her")
    said = await desk.heard(SAM, saying="priority high")
    assert "looked after by Robin" in said
    assert "it comes back at" in said
    card = await desk.card("A person is needed", saying="taken by Robin")

    form = await opened(desk, card)
    await desk.submit(SAM, form["id"])
    await desk.heard(SAM, saying="nothing was changed")
    [ticket] = await desk.rows(Ticket)
    assert (ticket.priority, ticket.tags, ticket.owner) == ("high", ["vip", "late"], "T0NORTHWIND/U0ROBIN")
    assert ticket.snoozed_until is not None
    assert [one.text for one in await desk.rows(Message) if one.direction is Direction.INTERNAL] == ["call her"]
    assert "call her" not in str(await desk.town.messages(ACME))


async def test_only_people_in_the_staff_channel_look_after_tickets_and_a_refused_form_changes_nothing(
    desk: SlackDesk,
) -> None:
    await desk.town.say(ACME, ALICE, PERSON)
    card = await desk.card("A person is needed")
    for typed, why in (({"owner": ALICE, "priority": "high"}, "not in the staff"), ({"tags": "a b!"}, "is no tag")):
        form = await opened(desk, card)
        await desk.submit(SAM, form["id"], **typed)
        await desk.heard(SAM, saying=why)

    [ticket] = await desk.rows(Ticket)
    assert (ticket.owner, ticket.priority, ticket.tags) == ("staff", "normal", [])


async def test_two_tickets_are_joined_and_parted_and_a_message_made_its_own_from_the_card(desk: SlackDesk) -> None:
    first = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(first)
    second = await desk.town.say(ACME, ALICE, PERSON)
    await desk.answered(second)
    await desk.quiet()
    card = await desk.card("A person is needed")
    one, two = sorted(await desk.rows(Ticket), key=lambda ticket: ticket.created_at)

    form = await opened(desk, card)
    assert ORDER in words(form)
    await desk.submit(SAM, form["id"], merge=one.id)
    await desk.heard(SAM, saying=f"{one.id} answers for it now")

    # Whoever presses the old card now reaches the ticket that answers for it.
    form = await opened(desk, card)
    assert "Take out again" in labels(form)
    await desk.submit(SAM, form["id"], unmerge=two.id)
    await desk.heard(SAM, saying=f"{two.id} stands alone again")

    await desk.town.say(ACME, ALICE, "And ORD-1003?", thread_ts=second)
    await desk.until(lambda: desk.rows(Message), lambda rows: any("ORD-1003" in row.text for row in rows), ok=True)
    [asked] = [row for row in await desk.rows(Message) if row.text == "And ORD-1003?"]
    form = await opened(desk, card)
    await desk.submit(SAM, form["id"], split=asked.id, status="pending")
    await desk.heard(SAM, saying="is a ticket of its own")
    tickets = {ticket.id: ticket for ticket in await desk.rows(Ticket, 3)}
    assert tickets[two.id].status is TicketStatus.PENDING
