"""What the app is told about what people do, as Slack words it."""

from typing import Any

import pytest
from slack_support import ACME, ALICE, BOT, GENERAL, NIA, SAM, STAFF, Json, Stage

from bot.sandbox.slack.client import SandboxRefused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def payloads(stage: Stage, event_type: str = "message") -> list[Json]:
    return [each["payload"] for each in await stage.town.deliveries(event_type)]


async def test_an_external_message_says_whose_it_is(stage: Stage):
    ts = await stage.town.say(ACME, ALICE, "where is my order?")

    (payload,) = await payloads(stage)
    event = payload["event"]
    assert payload["type"] == "event_callback"
    assert payload["team_id"] == payload["authorizations"][0]["team_id"] == stage.ready["team_id"]
    assert payload["is_ext_shared_channel"] is True
    assert payload["event_id"].startswith("Ev")
    assert (event["user_team"], event["source_team"], event["team"]) == ("T0ACME", "T0ACME", "T0ACME")
    assert event["user_profile"]["real_name"] == "Alice Adams"
    assert (event["ts"], event["event_ts"], event["channel_type"]) == (ts, ts, "channel")
    assert event["client_msg_id"]
    assert event["blocks"][0]["type"] == "rich_text"


async def test_our_own_peoples_messages_carry_no_foreign_team(stage: Stage):
    await stage.town.say(ACME, SAM, "looking")

    (payload,) = await payloads(stage)
    assert payload["event"]["team"] == stage.ready["team_id"]
    assert "user_team" not in payload["event"]


async def test_a_mention_is_two_events_with_one_ts(stage: Stage):
    ts = await stage.town.say(ACME, ALICE, "@helpdesk are you there?")

    (message,) = await payloads(stage, "message")
    (mention,) = await payloads(stage, "app_mention")
    assert message["event"]["ts"] == mention["event"]["ts"] == ts
    assert message["event_id"] != mention["event_id"]
    assert mention["event"]["text"] == f"<@{BOT}> are you there?"


async def test_on_an_enterprise_grid_a_mention_names_the_organisation_only(stage: Stage):
    await stage.town.act("teams", id="T0BIG", name="Big", domain="big", enterprise_id="E0BIG")
    user = await stage.town.add_user(team_id="T0BIG", name="eve", real_name="Eve")
    channel = await stage.town.add_channel(name="big", teams=["T0NORTHWIND", "T0BIG"], members=[BOT, user])
    await stage.town.say(channel, user, "@helpdesk hello")

    assert (await payloads(stage, "app_mention"))[0]["event"]["user_team"] == "E0BIG"
    assert (await payloads(stage, "message"))[0]["event"]["user_team"] == "T0BIG"


async def test_the_bots_own_post_comes_back_with_bot_id_and_block_id(stage: Stage):
    block = {"type": "section", "block_id": "hd:msg_1", "text": {"type": "plain_text", "text": "hello"}}
    metadata = {"event_type": "helpdesk_reply", "event_payload": {"k": "msg_1"}}
    ts = await stage.post(channel=ACME, text="hello", blocks=[block], metadata=metadata)

    event = (await payloads(stage))[0]["event"]
    assert (event["ts"], event["bot_id"], event["app_id"]) == (ts, stage.ready["bot_id"], stage.ready["app_id"])
    assert event["blocks"][0]["block_id"] == "hd:msg_1"
    assert "metadata" not in event


async def test_another_companys_bot_is_recognisable(stage: Stage):
    await stage.town.say(ACME, "U0ACMEBOT", "deployed")

    assert (await payloads(stage))[0]["event"]["bot_id"] == "B0ACMEBOT"


async def test_an_edit_shows_before_and_after(stage: Stage):
    ts = await stage.town.say(ACME, ALICE, "order 1001")
    await stage.town.edit(ACME, ALICE, ts, "order 1002")

    event = (await payloads(stage))[1]["event"]
    assert (event["subtype"], event["hidden"]) == ("message_changed", True)
    assert (event["previous_message"]["text"], event["message"]["text"]) == ("order 1001", "order 1002")
    assert event["message"]["edited"]["user"] == ALICE
    assert event["message"]["user_team"] == "T0ACME"
    assert event["message"]["ts"] == ts != event["ts"]


async def test_a_deletion_names_what_is_gone(stage: Stage):
    ts = await stage.town.say(ACME, ALICE, "oops")
    await stage.town.delete(ACME, ALICE, ts)

    event = (await payloads(stage))[1]["event"]
    assert (event["subtype"], event["deleted_ts"], event["previous_message"]["text"]) == ("message_deleted", ts, "oops")
    assert await stage.town.messages(ACME) == []


async def test_a_deleted_root_of_a_thread_is_a_change_to_a_tombstone(stage: Stage):
    root = await stage.town.say(ACME, ALICE, "oops")
    await stage.town.say(ACME, SAM, "what?", thread_ts=root)
    await stage.town.delete(ACME, ALICE, root)

    event = (await payloads(stage))[2]["event"]
    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")


async def test_people_change_only_their_own_words(stage: Stage):
    ts = await stage.town.say(ACME, ALICE, "hello")

    with pytest.raises(SandboxRefused, match="cant_update_message"):
        await stage.town.edit(ACME, SAM, ts, "goodbye")
    with pytest.raises(SandboxRefused, match="not_in_channel"):
        await stage.town.say(STAFF, ALICE, "hello")


async def test_a_file_is_a_subtype_and_an_event_of_its_own(stage: Stage):
    await stage.town.say(ACME, ALICE, "see this", files=[{"name": "photo.png", "text": "x"}])

    event = (await payloads(stage))[0]["event"]
    (shared,) = await payloads(stage, "file_shared")
    assert (event["subtype"], event["files"][0]["file_access"]) == ("file_share", "check_file_info")
    assert shared["event"]["file_id"] == event["files"][0]["id"]


async def test_a_reply_sent_to_the_channel_too_is_a_broadcast(stage: Stage):
    root = await stage.town.say(ACME, ALICE, "hello")
    await stage.town.say(ACME, ALICE, "still waiting", thread_ts=root, reply_broadcast=True)

    event = (await payloads(stage))[1]["event"]
    assert (event["subtype"], event["thread_ts"], event["root"]["ts"]) == ("thread_broadcast", root, root)
    history = await stage.slack.conversations_history(channel=ACME)
    assert [each["text"] for each in history["messages"]] == ["still waiting", "hello"]


async def test_direct_messages_are_of_type_im(stage: Stage):
    channel = await stage.town.direct_channel(SAM)
    await stage.town.say(channel, SAM, "hello")

    assert (await payloads(stage))[0]["event"]["channel_type"] == "im"


async def test_reactions_are_told(stage: Stage):
    ts = await stage.town.say(ACME, ALICE, "hello")
    await stage.town.react(ACME, SAM, ts, "ticket")
    await stage.town.react(ACME, SAM, ts, "ticket", remove=True)

    (added,) = await payloads(stage, "reaction_added")
    assert (added["event"]["reaction"], added["event"]["item"]["ts"], added["event"]["item_user"]) == (
        "ticket",
        ts,
        ALICE,
    )
    assert len(await payloads(stage, "reaction_removed")) == 1


async def test_the_bot_hears_of_being_invited(stage: Stage):
    await stage.town.act("join", channel="C0WATER", user=BOT, inviter=NIA)

    (joined,) = await payloads(stage, "member_joined_channel")
    assert (joined["event"]["user"], joined["event"]["inviter"], joined["event"]["channel_type"]) == (BOT, NIA, "C")
    assert (await payloads(stage, "message"))[0]["event"]["subtype"] == "channel_join"


async def test_another_teams_people_join_only_shared_channels(stage: Stage):
    with pytest.raises(SandboxRefused, match="cant_invite"):
        await stage.town.act("join", channel=GENERAL, user=ALICE)


@pytest.mark.parametrize(
    ("act", "wish", "event_type"),
    [
        ("share", {"channel": STAFF, "team": "T0ACME"}, "channel_shared"),
        ("unshare", {"channel": ACME, "team": "T0ACME"}, "channel_unshared"),
        ("archive", {"channel": STAFF, "user": SAM}, "group_archive"),
        ("change_id", {"channel": ACME, "new_id": "C0OTHER"}, "channel_id_changed"),
        ("leave", {"channel": ACME, "user": ALICE}, "member_left_channel"),
        ("usergroups", {"id": "S0APPROVERS", "users": [SAM]}, "subteam_members_changed"),
        ("revoke", {}, "tokens_revoked"),
    ],
)
async def test_changes_of_the_place_are_told(stage: Stage, act: str, wish: dict[str, Any], event_type: str):
    await stage.town.act(act, **wish)

    assert len(await payloads(stage, event_type)) == 1


async def test_opening_the_home_tab_is_told_for_our_own_people_only(stage: Stage):
    await stage.town.home(SAM)

    (opened,) = await payloads(stage, "app_home_opened")
    assert (opened["event"]["user"], opened["event"]["tab"]) == (SAM, "home")
    with pytest.raises(SandboxRefused):
        await stage.town.home(ALICE)


async def test_a_page_can_wait_for_what_comes_next(stage: Stage):
    before = (await stage.town.world())["n"]
    ts = await stage.town.say(ACME, ALICE, "hello")

    answer = await stage.town.changes(before)
    assert {"kind": "message", "channel": ACME, "ts": ts, "n": before + 1} in answer["changes"]
    assert (await stage.town.changes(answer["n"] + 100, seconds=0.01))["changes"] == []
