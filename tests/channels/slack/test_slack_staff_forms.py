"""A form in Slack: opened by a press while Slack allows it, filled in by a person, and back as a press with words."""

from datetime import UTC, datetime

import pytest
from slack_journey import STAFF, config

from channels.base import PermanentChannelError
from channels.cards import Button, Card, Field, Form
from channels.slack import SlackStaffRoom
from channels.slack.clicks import read_click
from channels.slack.people import Me, Person
from channels.slack.views import form_view

FORM = Form(
    "deny",
    "act_1:1:abc",
    "Deny this refund, please",
    "Deny",
    (Field("reason", "Reason, told to the customer", long=True), Field("note", "Note", initial="x", optional=True)),
    note="Refund 49.00 EUR: deny?",
)


def test_a_form_is_a_modal_within_slacks_sizes():
    view = form_view(FORM)

    assert (view["type"], view["callback_id"], view["private_metadata"]) == ("modal", "hd:deny", "act_1:1:abc")
    assert len(view["title"]["text"]) <= 24
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert [block["element"]["action_id"] for block in inputs] == ["hd:reason", "hd:note"]
    assert [block["optional"] for block in inputs] == [False, True]
    assert inputs[1]["element"]["initial_value"] == "x"


async def test_slack_takes_the_form_and_its_words_come_back_as_a_press(slack, town):
    room = SlackStaffRoom(config(slack))
    await room.show_card(Card("card_1", "Refund", "waiting", buttons=(Button("deny_form", "Deny…", "act_1:1:abc"),)))
    (message,) = await town.messages(STAFF)
    await town.click(STAFF, "U0SAM", message["ts"], "hd:deny_form")
    (pressed,) = await town.deliveries("block_actions")
    me, people = Me("T0NORTHWIND", "UBOT"), {"U0SAM": Person("U0SAM", "T0NORTHWIND", name="Sam")}
    click = read_click(pressed["payload"], me, people, STAFF, datetime.now(UTC))
    await room.ask(click.answer_to, FORM)

    (view,) = await town.modals("U0SAM")
    await town.submit("U0SAM", view["id"], **{"hd:reason": "used for a year"})

    (submitted,) = await town.deliveries("view_submission")
    again = read_click(submitted["payload"], me, people, STAFF, datetime.now(UTC))
    assert (again.verb, again.value, again.inputs["reason"]) == ("deny", "act_1:1:abc", "used for a year")
    assert (again.home, again.by.external_id) == (True, "T0NORTHWIND/U0SAM")
    await room.close()


async def test_a_form_for_a_press_that_is_over_is_refused(slack):
    room = SlackStaffRoom(config(slack))

    with pytest.raises(PermanentChannelError):
        await room.ask({"trigger_id": "long.gone.trigger"}, FORM)
    await room.close()


async def test_members_of_groups_and_people_are_named_with_their_team(slack):
    room = SlackStaffRoom(config(slack))

    found = await room.members(frozenset({"S0APPROVERS", "U0ROBIN", "S0NOBODY"}))

    assert "T0NORTHWIND/U0SAM" in found["S0APPROVERS"]
    assert found["U0ROBIN"] == frozenset({"T0NORTHWIND/U0ROBIN"})
    assert found["S0NOBODY"] == frozenset()
    await room.close()
