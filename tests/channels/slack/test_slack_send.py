"""Said once: whatever happens to the request, the thread ends with exactly one reply."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from slack_journey import ACME, Inbox, Rows, config, deliver, keys, listening, read_all, reply

from channels.base import Echo, PermanentChannelError, TemporaryChannelError
from channels.slack import SlackChannel
from channels.slack.markers import Marker, marker_of


@pytest.fixture
async def channel(slack):
    channel = SlackChannel(config(slack, timeout=0.7))
    yield channel
    await channel.close()


@pytest.fixture
async def question(town):
    return await town.say(ACME, "U0ALICE", "Where is order A-1?")


async def ours(town, thread):
    return [message for message in await town.messages(ACME, thread) if message.get("bot_id") == "B0HELPBOT"]


async def test_a_reply_lands_in_the_thread_of_the_question(town, channel, question):
    external_id = await channel.send(reply("It **ships** today.", thread_ts=question, citations=(("FAQ", "Shipping"),)))

    (message,) = await ours(town, question)
    assert external_id == f"T0NORTHWIND:{ACME}:{message['ts']}"
    assert message["thread_ts"] == question
    assert message["text"] == "It ships today."
    assert message["metadata"] == {"event_type": "helpdesk_reply", "event_payload": {"k": "msg_1"}}
    assert message["blocks"][0]["block_id"] == "hd:msg_1"


async def test_a_reply_pings_nobody_and_unfurls_nothing(town, channel, question):
    await channel.send(reply("<!channel> <@U0SAM> @here https://example.com/x", thread_ts=question))

    (message,) = await ours(town, question)
    assert not message["pings"]
    (call,) = await town.calls("chat.postMessage")
    sent = call["args"]
    assert (sent["unfurl_links"], sent["unfurl_media"], sent["link_names"]) == (False, False, False)
    assert not {"reply_broadcast", "parse", "markdown_text"} & set(sent)


@pytest.mark.parametrize(
    "fault", ["apply_then_reset", "apply_then_hang", "apply_then_500", "reset", "hang", "500", "429"]
)
@pytest.mark.parametrize("times", [1, 2])
async def test_whatever_happens_to_the_request_the_reply_is_there_once(town, channel, question, fault, times):
    await town.fault("chat.postMessage", fault, times=times, seconds=1)

    external_id = await deliver(channel, reply(thread_ts=question))

    (message,) = await ours(town, question)
    assert external_id.endswith(message["ts"])


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("fault", ["apply_then_reset", "apply_then_hang", "apply_then_500", "reset", "500", "429"])
async def test_each_part_of_a_long_reply_is_there_once_and_in_order(town, channel, question, fault, skip):
    await town.fault("chat.postMessage", fault, skip=skip, seconds=1)

    external_id = await deliver(channel, reply("word " * 4_000, thread_ts=question))

    messages = await ours(town, question)
    assert keys(messages) == ["msg_1#1/3", "msg_1#2/3", "msg_1#3/3"]
    assert external_id.endswith(messages[0]["ts"])


async def test_looking_is_safe_too(town, channel, question):
    """A look that fails never counts as "not there"."""
    await town.fault("chat.postMessage", "apply_then_reset")
    await town.fault("conversations.replies", "500", times=2)
    await deliver(channel, reply(thread_ts=question))
    assert len(await ours(town, question)) == 1


async def test_a_fresh_try_that_is_not_there_yet_may_still_be_on_its_way(channel, question):
    tried = datetime.now(UTC) - timedelta(seconds=0.1)
    with pytest.raises(TemporaryChannelError) as caught:
        await channel.find_sent(reply(thread_ts=question, first_tried_at=tried))
    assert 0 < caught.value.retry_after <= 0.3


async def test_an_old_try_that_is_not_there_never_arrived(channel, question):
    tried = datetime.now(UTC) - timedelta(seconds=5)
    assert await channel.find_sent(reply(thread_ts=question, first_tried_at=tried)) is None


async def test_what_was_never_tried_is_not_looked_for(town, channel, question):
    assert await channel.find_sent(reply(thread_ts=question)) is None
    assert await town.calls("conversations.replies") == []


async def test_a_clock_some_minutes_off_still_finds_the_reply(channel, question):
    await channel.send(reply(thread_ts=question))
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    assert await channel.find_sent(reply(thread_ts=question, first_tried_at=ahead))


async def test_the_reply_is_found_on_any_page(town, channel, question):
    await channel.send(reply(thread_ts=question))
    for number in range(210):
        await town.say(ACME, "U0ALICE", f"and {number}", thread_ts=question)
    assert await channel.find_sent(reply(thread_ts=question, first_tried_at=datetime.now(UTC)))


async def test_somebody_elses_message_is_not_ours_whatever_it_carries(town, channel, question):
    await channel.send(reply(thread_ts=question, key="msg_other"))
    tried = datetime.now(UTC) - timedelta(seconds=5)
    assert await channel.find_sent(reply(thread_ts=question, first_tried_at=tried)) is None


async def test_half_of_a_long_reply_is_not_the_reply(town, channel, question):
    await town.fault("chat.postMessage", "reset", skip=1)
    long = reply("word " * 4_000, thread_ts=question)
    with pytest.raises(TemporaryChannelError) as caught:
        await channel.send(long)
    assert caught.value.in_doubt

    tried = datetime.now(UTC) - timedelta(seconds=5)
    assert await channel.find_sent(dataclasses.replace(long, first_tried_at=tried)) is None
    await channel.send(dataclasses.replace(long, first_tried_at=tried))
    assert keys(await ours(town, question)) == ["msg_1#1/3", "msg_1#2/3", "msg_1#3/3"]


async def test_our_own_messages_come_back_as_proof(slack, town, channel, question):
    inbox = Inbox()
    other = SlackChannel(config(slack))
    async with listening(other, inbox):
        external_id = await channel.send(reply(thread_ts=question))
        long = await channel.send(reply("word " * 4_000, thread_ts=question, key="msg_2"))
        await inbox.until(lambda raws: len(raws) == 5)
        echoes = [one for one in await read_all(other, list(inbox.stored.values())) if isinstance(one, Echo)]
        assert echoes == [Echo("msg_1", external_id), Echo("msg_2", long)]


async def test_the_proof_is_also_found_in_history(slack, town, channel, question):
    external_id = await channel.send(reply(thread_ts=question))
    inbox = Inbox()
    await SlackChannelFill(slack, channel, question).into(inbox)
    echoes = [one for one in await read_all(channel, list(inbox.stored.values())) if isinstance(one, Echo)]
    assert echoes == [Echo("msg_1", external_id)]


class SlackChannelFill:
    """One backfill with `question` as the watermark, over the connections of `channel`."""

    def __init__(self, slack, channel, question):
        self._channel = SlackChannel(config(slack), Rows({ACME: question}), api=channel.api)

    async def into(self, inbox):
        await self._channel.catch_up(inbox.accept)


# ------------------------------------------------------------------ a person must see it


async def refused(channel, wanted):
    with pytest.raises(PermanentChannelError) as caught:
        await channel.send(wanted)
    return str(caught.value)


async def test_a_channel_we_are_not_in_says_how_to_mend_it(channel):
    wanted = reply(thread_ts="1.2")
    there = dataclasses.replace(wanted, to={**wanted.to, "channel": "C0WATER"})
    assert "/invite" in await refused(channel, there)


async def test_an_archived_channel_needs_a_person(town, channel, question):
    await town.act("archive", channel=ACME, user="U0SAM")
    assert "is_archived" in await refused(channel, reply(thread_ts=question))


async def test_a_missing_scope_is_named(town, channel, question):
    await town.options(scopes=["channels:history"])
    assert "missing_scope" in await refused(channel, reply(thread_ts=question))


async def test_a_wrong_token_says_where_to_put_the_right_one(slack, question):
    channel = SlackChannel(config(slack, bot_token="xoxb-wrong"))
    assert "slack.bot_token" in await refused(channel, reply(thread_ts=question))
    await channel.close()


async def test_nothing_to_say_needs_a_person(channel, question):
    assert "nothing to say" in await refused(channel, reply("  ", thread_ts=question))


async def test_a_reply_to_nowhere_needs_a_person(channel):
    assert "which Slack thread" in await refused(channel, dataclasses.replace(reply(thread_ts="1.2"), to={}))


async def test_slack_being_away_is_only_temporary(slack):
    channel = SlackChannel(config(slack, api_url="http://127.0.0.1:9/api/"))
    with pytest.raises(TemporaryChannelError) as caught:
        await channel.send(reply(thread_ts="1.2"))
    assert caught.value.in_doubt is False
    await channel.close()


async def test_slack_may_say_when_to_come_back(town, channel, question):
    await channel.api.me()
    await town.fault("chat.postMessage", "429", seconds=7)
    with pytest.raises(TemporaryChannelError) as caught:
        await channel.send(reply(thread_ts=question))
    assert (caught.value.retry_after, caught.value.in_doubt) == (7.0, False)


# ------------------------------------------------------------------ markers


def test_a_marker_is_found_in_metadata_or_block_id():
    marker = Marker("msg_1", 2, 3, "1.5")
    assert marker_of({"metadata": marker.metadata("helpdesk_reply")}) == marker
    assert marker_of({"blocks": [{"block_id": marker.block_id}]}) == marker


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"metadata": {"event_type": "other", "event_payload": {"k": "msg_1"}}},
        {"metadata": {"event_type": "helpdesk_reply", "event_payload": {"k": 7}}},
        {"metadata": "x", "blocks": "y"},
        {"blocks": [{"block_id": "x"}]},
        {"blocks": [{"block_id": "hd:"}]},
        {"blocks": [{"block_id": "hd:msg_1#two/2"}]},
        {"blocks": [{}, {"block_id": "hd:msg_1"}]},
    ],
)
def test_other_messages_have_no_marker(message):
    assert marker_of(message) is None


def test_every_part_and_every_message_has_its_own_client_msg_id():
    ids = {Marker("msg_1").client_msg_id, Marker("msg_2").client_msg_id, Marker("msg_1", 1, 2).client_msg_id}
    assert len(ids) == 3
    assert Marker("msg_1").client_msg_id == Marker("msg_1").client_msg_id
