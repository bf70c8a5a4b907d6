"""Socket Mode: stored before acknowledged, and back after everything that can happen to a socket."""

import asyncio
from dataclasses import replace

import pytest
from slack_journey import ACME, QUICK, STAFF, Inbox, Rows, config, listening, read_all, until

from channels.base import Clicked, Deleted, Edited, Nothing, Role, Wrote
from channels.slack import SlackChannel


@pytest.fixture
def inbox():
    return Inbox()


def texts(inbox):
    return [raw for raw in inbox.stored.values() if b"app_mention" not in raw.body]


async def all_acked(town, event_type="message"):
    async with asyncio.timeout(10):
        while True:
            told = await town.deliveries(event_type)
            if told and all(each["state"] != "waiting" for each in told):
                return told
            await asyncio.sleep(0.05)


async def test_a_message_is_acknowledged_only_after_it_is_stored(slack, town, inbox):
    inbox.gate = asyncio.Event()
    async with listening(SlackChannel(config(slack)), inbox):
        await town.say(ACME, "U0ALICE", "Where is order A-1?")
        await until(lambda: inbox.tries == 1)
        assert [each["state"] for each in await town.deliveries("message")] == ["waiting"]

        inbox.gate.set()
        (delivery,) = await all_acked(town)
        assert (delivery["state"], delivery["attempts"]) == ("acked", 1)
        assert list(inbox.stored) == [delivery["payload"]["event_id"]]


async def test_what_could_not_be_stored_is_delivered_again_and_stored_once(slack, town, inbox):
    inbox.refuse = 2
    channel = SlackChannel(config(slack))
    async with listening(channel, inbox):
        await town.say(ACME, "U0ALICE", "Where is order A-1?")
        (delivery,) = await all_acked(town)

        assert (delivery["state"], delivery["attempts"]) == ("acked", 3)
        assert (inbox.tries, len(inbox.stored)) == (3, 1)
        (raw,) = inbox.stored.values()
        assert raw.envelope["via"] == "socket"
        assert raw.envelope["retry_num"] == "2"


async def test_after_trouble_with_storing_history_is_read_because_slack_may_have_given_up(slack, town, inbox):
    rows = Rows()
    async with listening(SlackChannel(config(slack), rows), inbox):
        first = await town.say(ACME, "U0ALICE", "one")
        await all_acked(town)
        rows.marks = {ACME: first}
        inbox.refuse = 4
        lost = await town.say(ACME, "U0ALICE", "two: refused four times, so Slack gave up")
        assert (await all_acked(town))[-1]["state"] == "dropped"

        await town.say(ACME, "U0ALICE", "three")
        await inbox.until(lambda raws: f"backfill:{ACME}:{lost}" in {raw.key for raw in raws})


async def test_a_store_that_hangs_gets_no_acknowledgement(slack, town, inbox):
    inbox.gate = asyncio.Event()
    async with listening(SlackChannel(config(slack, pace=replace(QUICK, drain=0.1))), inbox):
        await town.say(ACME, "U0ALICE", "hello?")
        (delivery,) = await all_acked(town)
        assert (delivery["state"], delivery["attempts"], inbox.stored) == ("dropped", 4, {})


async def test_everybody_is_recognised(slack, town, inbox):
    channel = SlackChannel(config(slack))
    async with listening(channel, inbox):
        root = await town.say(ACME, "U0ALICE", "Where is order A-1? @helpdesk")
        await town.say(ACME, "U0SAM", "I am looking", thread_ts=root)
        await town.say(ACME, "U0ACMEBOT", "deploy done")
        await town.say(STAFF, "U0GUEST", "talk")
        await inbox.until(lambda raws: len(raws) >= 5)
        got = {type(one).__name__ + getattr(one, "text", ""): one for one in await read_all(channel, texts(inbox))}

        alice = next(one for one in got.values() if isinstance(one, Wrote) and one.author.role is Role.REQUESTER)
        sam = next(one for one in got.values() if isinstance(one, Wrote) and one.author.role is Role.STAFF)
        assert (alice.author.external_id, alice.author.name) == ("T0ACME/U0ALICE", "Alice Adams")
        assert alice.facts["mentioned"] is True
        assert sam.thread_key == alice.thread_key == f"T0NORTHWIND:{ACME}:{root}"
        reasons = sorted(
            {one.reason for one in await read_all(channel, list(inbox.stored.values())) if isinstance(one, Nothing)}
        )
        assert reasons == ["staff room talk", "written by another bot"]


async def test_message_and_mention_of_one_message_are_the_same_message(slack, town, inbox):
    channel = SlackChannel(config(slack))
    async with listening(channel, inbox):
        await town.say(ACME, "U0ALICE", "@helpdesk hi")
        await inbox.until(lambda raws: len(raws) == 2)
        first, second = await read_all(channel, list(inbox.stored.values()))
        assert first.external_id == second.external_id


async def test_edits_and_deletions_arrive(slack, town, inbox):
    channel = SlackChannel(config(slack))
    async with listening(channel, inbox):
        ts = await town.say(ACME, "U0ALICE", "order A-1")
        await town.edit(ACME, "U0ALICE", ts, "order A-2")
        await town.delete(ACME, "U0ALICE", ts)
        await inbox.until(lambda raws: len(raws) == 3)
        got = await read_all(channel, list(inbox.stored.values()))

        assert [type(one) for one in got] == [Wrote, Edited, Deleted]
        assert {one.external_id for one in got} == {f"T0NORTHWIND:{ACME}:{ts}"}
        assert len({raw.lane for raw in inbox.stored.values()}) == 1


async def test_a_command_is_acknowledged_with_nothing_said(slack, town, inbox):
    async with listening(SlackChannel(config(slack)), inbox):
        answer = await town.slash(STAFF, "U0SAM", "/helpdesk", "status")
        assert answer["acked"]
        assert len(inbox.stored) == 1


# ------------------------------------------------------------------ sockets come and go


async def test_dropped_sockets_come_back_and_the_gap_is_filled(slack, town, inbox):
    rows = Rows()
    channel = SlackChannel(config(slack), rows)
    async with listening(channel, inbox):
        first = await town.say(ACME, "U0ALICE", "before")
        await all_acked(town)
        rows.marks = {ACME: first}
        await town.options(offline_seconds=0.0)
        await town.refuse_sockets(3)
        await town.drop_sockets()
        lost = await town.say(ACME, "U0ALICE", "into the gap", thread_ts=first)

        await until(lambda: channel.health().connected == 2)
        raws = await inbox.until(lambda raws: [raw for raw in raws if raw.key == f"backfill:{ACME}:{lost}"])
        (got,) = await read_all(channel, raws)
        assert (got.text, got.author.external_id, got.flags) == ("into the gap", "T0ACME/U0ALICE", ("backfilled",))
        assert got.thread_key == f"T0NORTHWIND:{ACME}:{first}"
        assert (await town.deliveries("message"))[-1]["state"] == "dropped"


async def test_a_refused_handshake_is_tried_again_with_a_new_address(slack, town, inbox):
    await town.refuse_sockets(5)
    channel = SlackChannel(config(slack))
    async with listening(channel, inbox):
        assert sum(facts.failed_attempts for facts in channel.health().sockets) == 5
        await town.say(ACME, "U0ALICE", "hello")
        await inbox.until(len)


@pytest.mark.parametrize("fault", ["500", "reset", "429"])
async def test_an_address_that_cannot_be_had_is_asked_for_again(slack, town, inbox, fault):
    await town.fault("apps.connections.open", fault, times=2)
    async with listening(SlackChannel(config(slack)), inbox):
        await town.say(ACME, "U0ALICE", "hello")
        await inbox.until(len)


async def test_a_socket_that_stays_away_is_rebuilt(slack, town, inbox):
    channel = SlackChannel(config(slack, pace=replace(QUICK, sockets=1, ping=30.0, rebuild_after=0.2)))
    async with listening(channel, inbox):
        # With a ping of 30 s the SDK itself would notice far too late.
        await town.drop_sockets()
        await until(lambda: channel.health().connected == 0)
        await until(lambda: channel.health().connected == 1, seconds=5)
        await town.say(ACME, "U0ALICE", "hello")
        await inbox.until(len)


async def test_a_refresh_announced_by_slack_loses_nothing(slack, town, inbox):
    channel = SlackChannel(config(slack))
    async with listening(channel, inbox):
        said = []
        for number in range(10):
            said.append(await town.say(ACME, "U0ALICE", f"message {number}"))
            if number in (2, 6):
                await town.disconnect_sockets(close_after=0.2)
        await inbox.until(lambda raws: len(raws) == len(said))
        assert {each["state"] for each in await all_acked(town)} == {"acked"}


async def test_a_planned_change_of_sockets_is_no_gap(slack, town, inbox):
    channel = SlackChannel(config(slack))
    async with listening(channel, inbox):
        await asyncio.sleep(0.3)
        runs = channel.health().backfill.runs
        await town.disconnect_sockets(close_after=0.5)
        await until(lambda: [facts.reconnects for facts in channel.health().sockets] == [1, 1])
        await asyncio.sleep(0.3)
        assert channel.health().backfill.runs == runs


async def test_what_arrived_before_the_stop_is_stored_and_acknowledged(slack, town, inbox):
    inbox.gate = asyncio.Event()
    async with listening(SlackChannel(config(slack)), inbox):
        await town.say(ACME, "U0ALICE", "just in time")
        await until(lambda: inbox.tries == 1)
        asyncio.get_running_loop().call_later(0.3, inbox.gate.set)
    assert len(inbox.stored) == 1
    (delivery,) = await all_acked(town)
    assert delivery["state"] == "acked"
    assert (await town.sockets())["sockets"] == []


async def test_health_tells_what_is_connected_and_when_slack_last_spoke(slack, town, inbox):
    channel = SlackChannel(config(slack))
    assert (channel.health().connected, channel.health().last_event_at) == (0, None)
    async with listening(channel, inbox):
        await town.say(ACME, "U0ALICE", "hello")
        await inbox.until(len)
        health = channel.health()
        assert health.connected == 2
        assert health.last_event_at is not None
    assert channel.health().connected == 0


async def test_clicks_arrive_with_the_role_of_the_presser(slack, town, inbox):
    channel = SlackChannel(config(slack))
    async with listening(channel, inbox):
        ts = await post_buttons(channel, STAFF)
        shared = await post_buttons(channel, ACME)
        for where, who, at in ((STAFF, "U0SAM", ts), (STAFF, "U0GUEST", ts), (ACME, "U0ALICE", shared)):
            assert (await town.click(where, who, at, "hd:approve"))["acked"]
        raws = [raw for raw in inbox.stored.values() if b"block_actions" in raw.body]
        sam, guest, alice = await read_all(channel, raws)

        assert isinstance(sam, Clicked)
        assert [(one.by.external_id, one.home) for one in (sam, guest, alice)] == [
            ("T0NORTHWIND/U0SAM", True),
            ("T0NORTHWIND/U0GUEST", False),
            ("T0ACME/U0ALICE", False),
        ]
        assert (sam.verb, sam.value, sam.answer_to["message_ts"]) == ("approve", "act_1:h", ts)


async def post_buttons(channel, where):
    button = {
        "type": "button",
        "action_id": "hd:approve",
        "value": "act_1:h",
        "text": {"type": "plain_text", "text": "Go"},
    }
    blocks = [{"type": "actions", "elements": [button]}]
    answer = await channel.api.client.chat_postMessage(channel=where, text="go", blocks=blocks)
    return answer["ts"]
