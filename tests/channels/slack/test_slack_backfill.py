"""After a gap: what Slack gave up delivering is read from history, each message once and as if delivered."""

import pytest
from slack_journey import ACME, STAFF, Inbox, Rows, config, listening, read_all, until

from channels.base import TemporaryChannelError, Wrote
from channels.slack import SlackChannel
from channels.slack.backfill import OVERLAP_SECONDS


@pytest.fixture
def inbox():
    return Inbox()


async def fill(slack, inbox, rows):
    channel = SlackChannel(config(slack), rows)
    try:
        return await channel.catch_up(inbox.accept)
    finally:
        await channel.close()


def later(ts, seconds):
    return f"{float(ts) + seconds:.6f}"


async def test_everything_since_the_watermark_is_handed_over_oldest_first(slack, town, inbox):
    said = [await town.say(ACME, "U0ALICE", f"message {number}") for number in range(3)]
    answered = await town.say(ACME, "U0BOB", "in a thread", thread_ts=said[1])

    assert await fill(slack, inbox, Rows({ACME: said[0]})) == 4
    assert list(inbox.stored) == [f"backfill:{ACME}:{ts}" for ts in sorted([*said, answered])]


async def test_filling_twice_gives_the_same_keys(slack, town, inbox):
    ts = await town.say(ACME, "U0ALICE", "hello")
    for _ in range(2):
        await fill(slack, inbox, Rows({ACME: ts}))
    assert len(inbox.stored) == 1


async def test_a_backfilled_message_is_the_message_slack_would_have_delivered(slack, town, inbox):
    channel = SlackChannel(config(slack), rows := Rows())
    async with listening(channel, inbox):
        ts = await town.say(ACME, "U0ALICE", "hello")
        await inbox.until(len)
        rows.marks = {ACME: ts}
        await channel.catch_up(inbox.accept)
        live, filled = await read_all(channel, list(inbox.stored.values()))
        assert isinstance(filled, Wrote)
        assert (live.external_id, live.thread_key, live.author, live.text, live.sent_at, live.facts) == (
            filled.external_id,
            filled.thread_key,
            filled.author,
            filled.text,
            filled.sent_at,
            filled.facts,
        )
        lanes = {raw.lane for raw in inbox.stored.values()}
        assert len(lanes) == 1


async def test_replies_in_old_threads_are_found_when_the_thread_is_active(slack, town, inbox):
    root = await town.say(ACME, "U0ALICE", "old question")
    missed = await town.say(ACME, "U0ALICE", "any news?", thread_ts=root)
    # History is read from between the two, so only the list of active threads leads to the reply.
    between = later(root, (float(missed) - float(root)) / 2 + OVERLAP_SECONDS)

    await fill(slack, inbox, Rows({ACME: between}))
    assert list(inbox.stored) == []
    await fill(slack, inbox, Rows({ACME: between}, [(ACME, root)]))
    assert list(inbox.stored) == [f"backfill:{ACME}:{missed}"]


async def test_a_channel_we_hold_nothing_of_is_read_from_our_last_sign_of_life(slack, town, inbox):
    last = await town.say(ACME, "U0ALICE", "hello")
    fresh = await town.say("C0GENERAL", "U0SAM", "first words in this channel")
    await fill(slack, inbox, Rows({ACME: last}))
    assert f"backfill:C0GENERAL:{fresh}" in inbox.stored


async def test_a_new_desk_does_not_swallow_the_past(slack, town, inbox):
    await town.say(ACME, "U0ALICE", "long ago")
    assert await fill(slack, inbox, Rows()) == 0
    assert await town.calls("conversations.history") == []


async def test_what_came_after_a_new_desk_first_listened_is_read_although_it_holds_nothing_yet(slack, town, inbox):
    before = await town.say(ACME, "U0ALICE", "before there was a desk")
    missed = await town.say(ACME, "U0ALICE", "said while it had crashed")
    assert await fill(slack, inbox, Rows(start=later(before, 0.000001))) == 1
    assert list(inbox.stored) == [f"backfill:{ACME}:{missed}"]


async def test_what_staff_said_under_a_card_is_read_too(slack, town, inbox):
    root = await town.say(STAFF, "U0SAM", "a card, say")
    note = await town.say(STAFF, "U0NIA", "between us", thread_ts=root)
    await fill(slack, inbox, Rows({ACME: root}, [(STAFF, root)]))
    assert f"backfill:{STAFF}:{note}" in inbox.stored


async def test_where_slack_does_not_list_our_channels_those_we_know_are_read(slack, town, inbox):
    ts = await town.say(ACME, "U0ALICE", "hello")
    await town.options(scopes=["channels:history", "users:read"])
    assert await fill(slack, inbox, Rows({ACME: ts})) == 1


async def test_slack_asking_for_patience_is_obeyed(slack, town, inbox):
    ts = await town.say(ACME, "U0ALICE", "hello")
    await town.fault("conversations.history", "429", times=2, seconds=0)
    assert await fill(slack, inbox, Rows({ACME: ts})) == 1


async def test_a_failed_fill_says_so_and_the_next_one_reads_it_all(slack, town, inbox):
    ts = await town.say(ACME, "U0ALICE", "hello")
    await town.fault("conversations.history", "500")
    with pytest.raises(TemporaryChannelError):
        await fill(slack, inbox, Rows({ACME: ts}))
    assert await fill(slack, inbox, Rows({ACME: ts})) == 1


async def test_every_page_is_read(slack, town, inbox):
    first = await town.say(ACME, "U0ALICE", "one")
    for number in range(220):
        await town.say(ACME, "U0ALICE", f"message {number}")
    assert await fill(slack, inbox, Rows({ACME: first})) == 221


async def test_history_is_read_at_start(slack, town, inbox):
    ts = await town.say(ACME, "U0ALICE", "while the desk was down")
    await town.options(offline_seconds=0.0)
    channel = SlackChannel(config(slack), Rows({ACME: ts}))
    async with listening(channel, inbox):
        await until(lambda: channel.health().backfill.runs >= 1)
        assert f"backfill:{ACME}:{ts}" in inbox.stored
        assert channel.health().backfill.last_at is not None
