"""The staff room: cards once and only in private, answers to one person, and who may decide."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from slack_journey import ACME, STAFF, Inbox, config, keys, listening, read_all

from channels.base import Echo, PermanentChannelError, TemporaryChannelError
from channels.cards import Button, Card
from channels.slack import SlackChannel, SlackStaffRoom

CARD = Card(
    "card_1",
    "Refund 49.00 EUR",
    "waiting",
    facts=(("Order", "A-1"),),
    buttons=(Button("approve", "Approve", "act_1:h"),),
)
LONG_AGO = timedelta(seconds=30)


@pytest.fixture
async def room(slack):
    room = SlackStaffRoom(config(slack, timeout=0.7))
    yield room
    await room.close()


async def show(room, card=CARD):
    """Show as the conductor does: look if it was tried before."""
    first_tried_at = None
    for _ in range(5):
        attempt = replace(card, first_tried_at=first_tried_at)
        first_tried_at = first_tried_at or datetime.now(UTC) - LONG_AGO
        try:
            return await room.find_card(attempt) or await room.show_card(attempt)
        except TemporaryChannelError as error:
            await asyncio.sleep(min(error.retry_after or 0.0, 1.5))
    raise AssertionError("not shown")


async def test_a_card_is_shown_found_and_updated(town, room):
    external_id = await room.show_card(CARD)

    tried = replace(CARD, first_tried_at=datetime.now(UTC))
    assert await room.find_card(tried) == external_id
    await room.update_card(external_id, replace(CARD, state="approved by Sam", buttons=()))
    await room.update_card(external_id, replace(CARD, state="approved by Sam", buttons=()))

    (message,) = await town.messages(STAFF)
    assert external_id == f"T0NORTHWIND:{STAFF}:{message['ts']}"
    assert "approved by Sam" in message["text"]
    assert not [block for block in message["blocks"] if block["type"] == "actions"]
    assert keys([message]) == ["card_1"]
    assert not message["pings"]


@pytest.mark.parametrize("fault", ["apply_then_reset", "apply_then_hang", "apply_then_500", "reset", "500", "429"])
async def test_a_card_is_there_once_whatever_happens_to_the_request(town, room, fault):
    await town.fault("chat.postMessage", fault)
    external_id = await show(room)
    (message,) = await town.messages(STAFF)
    assert external_id.endswith(message["ts"])


async def test_a_card_just_tried_may_still_be_on_its_way(room):
    with pytest.raises(TemporaryChannelError):
        await room.find_card(replace(CARD, first_tried_at=datetime.now(UTC)))
    assert await room.find_card(replace(CARD, first_tried_at=datetime.now(UTC) - LONG_AGO)) is None
    assert await room.find_card(CARD) is None


async def test_a_card_comes_back_as_proof(slack, room):
    inbox, channel = Inbox(), SlackChannel(config(slack))
    async with listening(channel, inbox):
        external_id = await room.show_card(CARD)
        await inbox.until(len)
        assert await read_all(channel, list(inbox.stored.values())) == [Echo("card_1", external_id)]


@pytest.mark.parametrize("where", [ACME, "C0GENERAL", "C0NOWHERE", ""])
async def test_no_card_is_shown_where_others_could_read_it(slack, town, where):
    room = SlackStaffRoom(config(slack, staff_channel=where))
    with pytest.raises(PermanentChannelError):
        await room.show_card(CARD)
    assert await town.calls("chat.postMessage") == []
    await room.close()


async def test_no_card_is_shown_or_changed_once_the_room_is_shared(slack, town, room):
    external_id = await room.show_card(CARD)
    await town.act("share", channel=STAFF, team="T0ACME")
    fresh = SlackStaffRoom(config(slack))
    with pytest.raises(PermanentChannelError, match="shared"):
        await fresh.show_card(replace(CARD, key="card_2"))
    with pytest.raises(PermanentChannelError, match="shared"):
        await fresh.update_card(external_id, CARD)
    await fresh.close()


# ------------------------------------------------------------------ whispers


async def test_an_answer_by_the_clicks_own_address_is_seen_by_the_presser_only(slack, town, room):
    inbox, channel = Inbox(), SlackChannel(config(slack))
    async with listening(channel, inbox):
        external_id = await room.show_card(CARD)
        await town.click(STAFF, "U0SAM", external_id.rsplit(":")[-1], "hd:approve")
        (raw,) = [raw for raw in inbox.stored.values() if b"block_actions" in raw.body]
        await room.whisper((await channel.read(raw)).answer_to, "Already <!channel> decided")

    (seen,) = await town.ephemerals("U0SAM")
    assert seen["text"] == "Already &lt;!channel&gt; decided"
    assert len(await town.messages(STAFF)) == 1
    assert await town.calls("chat.postEphemeral") == []


@pytest.mark.parametrize(
    "url",
    [
        *("", "https://evil.example/x", "http://hooks.slack.com/x", "http://127.0.0.1:9/x", "http://[::1"),
        *("https://hooks.slack.com.evil.example/", "https://hooks.slack.com@evil.example/", "file:///etc/passwd"),
    ],
)
async def test_foreign_addresses_are_never_called(town, room, url):
    await room.whisper({"response_url": url, "channel": STAFF, "user": "U0SAM", "message_ts": ""}, "No.")

    assert [seen["text"] for seen in await town.ephemerals("U0SAM")] == ["No."]
    assert len(await town.calls("chat.postEphemeral")) == 1


async def test_another_server_on_our_own_machine_is_foreign_too(town, room):
    calls = []

    async def hear(reader, writer):
        calls.append(await reader.read(10))
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}/hook"
        await room.whisper({"response_url": url, "channel": STAFF, "user": "U0SAM"}, "No.")

    assert calls == []
    assert len(await town.ephemerals("U0SAM")) == 1


async def test_a_used_up_address_is_replaced_by_an_ephemeral_message(slack, town, room):
    url = f"{slack.url}/actions/T0NORTHWIND/1/used"
    await room.whisper({"response_url": url, "channel": STAFF, "user": "U0SAM"}, "No.")
    assert len(await town.ephemerals("U0SAM")) == 1


# ------------------------------------------------------------------ who may decide


async def approvers(slack, *named):
    room = SlackStaffRoom(config(slack, approvers=named))
    try:
        return await room.approvers()
    finally:
        await room.close()


async def test_the_user_group_decides(slack):
    assert await approvers(slack, "S0APPROVERS") == {"T0NORTHWIND/U0SAM", "T0NORTHWIND/U0ROBIN"}


async def test_people_may_be_named_one_by_one(slack):
    assert await approvers(slack, "U0NIA", "S0APPROVERS") == {
        "T0NORTHWIND/U0SAM",
        "T0NORTHWIND/U0ROBIN",
        "T0NORTHWIND/U0NIA",
    }


@pytest.mark.parametrize("named", [(), ("U0GUEST",), ("U0ALICE",), ("U0HELPBOT",), ("U0NOBODY",), ("S0NOTHING",)])
async def test_guests_foreigners_bots_and_the_unknown_never_decide(slack, named):
    assert await approvers(slack, *named) == frozenset()


@pytest.mark.parametrize("method", ["usergroups.users.list", "users.info", "auth.test"])
async def test_when_slack_cannot_be_asked_nobody_is_assumed(slack, town, method):
    await town.fault(method, "500")
    with pytest.raises(TemporaryChannelError):
        await approvers(slack, "S0APPROVERS")


async def test_a_group_slack_does_not_show_adds_nobody_and_alone_it_is_an_answer_for_the_presser(slack, town):
    await town.options(scopes=["users:read", "groups:read", "chat:write"])
    assert await approvers(slack, "U0NIA", "S0APPROVERS") == {"T0NORTHWIND/U0NIA"}
    with pytest.raises(PermanentChannelError, match="missing_scope"):
        await approvers(slack, "S0APPROVERS")


async def test_approvers_are_asked_for_once_a_minute(town, room):
    first = await room.approvers()
    await town.fault("usergroups.users.list", "500", times=9)
    await town.fault("users.info", "500", times=9)
    assert await room.approvers() == first


async def test_whether_the_room_is_private_is_asked_at_every_press(town, room):
    assert await room.approvers()
    assert "T0NORTHWIND/U0NIA" in await room.staff()
    await town.act("share", channel=STAFF, team="T0ACME")
    assert await room.approvers() == frozenset()
    assert await room.staff() == frozenset()


async def test_the_staff_are_those_in_the_room_who_are_ours_and_no_guests(town, room):
    assert await room.staff() == {"T0NORTHWIND/U0SAM", "T0NORTHWIND/U0ROBIN", "T0NORTHWIND/U0NIA"}
