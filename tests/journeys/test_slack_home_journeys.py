"""The desk inside Slack: the home tab with its one-press actions, the switch, names instead of ids."""

import re
from typing import Any

from storage.models import Action, ActionState, Direction, Message, Ticket
from tests.journeys.conftest import OpenDesk
from tests.journeys.slack_desk import (
    ACME,
    ALICE,
    GUEST,
    NIA,
    ORDER,
    SAM,
    STAFF,
    SlackDesk,
    header,
    words,
)

PERSON = "I want to talk to a human please"
REFUND = "Please refund order ORD-1002, I was charged twice."
RAW_ID = re.compile(r"\b(?:[TE]0[A-Z]+/)?[UCT]0(?:ALICE|SAM|NIA|ACME|STAFF|NORTHWIND)\b")


async def home_of(desk: SlackDesk, who: str, *, saying: str = "") -> dict[str, Any]:
    """Open the home tab and wait until it says so."""
    await desk.town.home(who)

    def it(world: dict[str, Any]) -> dict[str, Any] | None:
        view: dict[str, Any] | None = world["homes"].get(who)
        return view if view and saying in words(view) else None

    found: dict[str, Any] = await desk.town.until(it)
    return found


def labels(view: dict[str, Any]) -> list[str]:
    rows = [block["elements"] for block in view["blocks"] if block["type"] == "actions"]
    return [str(button["text"]["text"]) for row in rows for button in row]


async def chosen(desk: SlackDesk, who: str, view: dict[str, Any], label: str) -> None:
    """Press the first button in the home tab whose label begins so."""
    shown = next(one for one in labels(view) if one.startswith(label))
    await desk.town.click_in_view(who, view["id"], None, label=shown)


async def test_a_refund_is_approved_from_the_home_tab_with_one_press(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, REFUND)
    card = await desk.card("efund")
    home = await home_of(desk, SAM, saying="Waiting for a decision (1)")
    assert f"archives/{STAFF}/p{card['ts'].replace('.', '')}" in words(home)

    await chosen(desk, SAM, home, "Approve")
    await desk.card("efund", saying="done")
    await desk.answered(question, times=2)
    await desk.town.until(lambda world: "Approvals (0)" in words(world["homes"][SAM]))
    [action] = await desk.rows(Action)
    assert (action.state, action.decided_by) == (ActionState.DONE, "Sam")


async def test_who_is_no_approver_decides_nothing_from_the_home_tab_either(desk: SlackDesk) -> None:
    await desk.town.say(ACME, ALICE, REFUND)
    await desk.card("efund")
    home = await home_of(desk, NIA, saying="Waiting for a decision")
    await chosen(desk, NIA, home, "Approve")

    assert "not in the list of approvers" in await desk.heard(NIA)
    assert (await desk.rows(Action))[0].state is ActionState.PENDING
    outside = await home_of(desk, GUEST)
    assert labels(outside) == []
    assert "ORD-1002" not in words(outside)


async def test_every_list_can_be_chosen_and_stays_chosen(desk: SlackDesk) -> None:
    await desk.town.say(ACME, ALICE, PERSON)
    await desk.card("A person is needed")
    home = await home_of(desk, SAM, saying="Waiting for a person (1)")
    assert [one.partition(" (")[0] for one in labels(home)][:5] == [
        "Yours", "Waiting for a person", "Late", "All that is open", "Approvals",
    ]  # fmt: skip

    for label, heading in (("Approvals", "Nothing waits here"), ("All that is open", PERSON), ("Late", "Late (0)")):
        await chosen(desk, SAM, home, label)
        home = await home_of(desk, SAM, saying=heading)
    await desk.quiet()
    again = await home_of(desk, SAM)
    [picked] = [one for one in again["blocks"][1]["elements"] if one.get("style") == "primary"]
    assert picked["text"]["text"].startswith("Late")


async def test_the_switch_is_in_the_home_tab_and_every_card_says_that_it_is_off(desk: SlackDesk) -> None:
    await desk.town.say(ACME, ALICE, REFUND)
    await desk.card("efund")
    home = await home_of(desk, NIA, saying="Pause the bot")
    await chosen(desk, NIA, home, "Pause the bot")

    home = await home_of(desk, NIA, saying="⚠ Paused: all")
    await desk.card("efund", saying="⚠ Paused")
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.rows(Message, 3)
    await chosen(desk, NIA, home, "Resume the bot")
    assert "Only an approver" in await desk.heard(NIA, saying="Only an approver")
    assert await desk.said(ACME, question) == []

    await chosen(desk, SAM, await home_of(desk, SAM, saying="Resume the bot"), "Resume the bot")

    async def cards() -> list[dict[str, Any]]:
        return [one for one in await desk.said(STAFF) if "efund" in header(one) and "⚠ Paused" not in words(one)]

    await desk.until(cards, bool)


async def test_staff_read_names_and_no_ids(desk: SlackDesk) -> None:
    await desk.town.say(ACME, ALICE, PERSON)
    card = await desk.card("A person is needed")
    await desk.press(SAM, card, "take_over")
    card = await desk.card("A person is needed", saying="taken by Sam")
    await desk.press(SAM, card, "reply")
    form = await desk.modal(SAM, "Reply to customer")
    home = await home_of(desk, SAM, saying="Yours (1)")

    assert "Alice Adams of Acme" in words(card)
    assert "#acme-support" in words(form)
    shown = words([block for block in home["blocks"] if block["type"] != "context"])
    for text in (words(card), words(form), shown):
        assert not RAW_ID.findall(re.sub(r"https://\S+", "", text)), text


async def test_a_message_that_asks_two_things_is_split_and_both_are_answered_in_the_thread(desk: SlackDesk) -> None:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)
    await desk.town.say(ACME, ALICE, "And where is ORD-1003?", thread_ts=question)
    await desk.answered(question, times=2)
    await desk.quiet()
    second = next(one for one in await desk.rows(Message) if "ORD-1003" in one.text and one.role == "requester")

    await desk.town.slash(STAFF, SAM, "/helpdesk", f"split {second.id}")
    assert "is ticket" in await desk.heard(SAM, saying="is ticket")
    await desk.answered(question, times=3)
    await desk.quiet()

    one, two = sorted(await desk.rows(Ticket), key=lambda ticket: ticket.created_at)
    assert (await desk.rows(Message))[-1].ticket_id == two.id != one.id
    assert two.reply_to == one.reply_to


async def test_what_staff_said_under_a_card_while_we_were_away_is_kept(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.town.say(ACME, ALICE, PERSON)
        card = await desk.card("A person is needed")
        await desk.town.say(STAFF, SAM, "I know this customer", thread_ts=card["ts"])
        await desk.quiet()
        await desk.town.options(offline_seconds=0.1, retry_seconds=[0.0])
        town = desk.town

    await town.say(STAFF, NIA, "She called yesterday", thread_ts=card["ts"])
    await town.say(STAFF, NIA, "lunch?")
    await town.quiet()

    async with open_desk() as desk:

        async def notes() -> list[str]:
            found = [one for one in await desk.rows(Message) if one.direction is Direction.INTERNAL]
            return sorted(one.text for one in found)

        await desk.until(notes, lambda found: found == ["I know this customer", "She called yesterday"], ok=True)
