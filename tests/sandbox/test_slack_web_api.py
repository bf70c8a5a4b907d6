"""The sandbox's Web API does what Slack's does, seen through Slack's own client."""

import pytest
from slack_support import ACME, ALICE, BOB, BOT, GUEST, NIA, SAM, STAFF, WATER, Stage, card, mrkdwn, refused

from bot.sandbox.slack.text import tidy

pytestmark = pytest.mark.asyncio(loop_scope="module")


# -------------------------------------------------------------------- who may call


async def test_a_call_without_token_is_not_authed(stage: Stage):
    assert (await stage.call("auth.test", token=""))["error"] == "not_authed"


async def test_a_wrong_token_is_refused_and_counted(stage: Stage):
    stage.slack.token, right = "xoxb-wrong", stage.slack.token
    with refused("invalid_auth"):
        await stage.slack.chat_postMessage(channel=ACME, text="hello")
    stage.slack.token = right

    (call,) = await stage.town.calls("chat.postMessage")
    assert (call["token"], call["ok"], call["applied"], call["error"]) == ("unknown", False, False, "invalid_auth")
    assert await stage.town.messages(ACME) == []


async def test_each_token_opens_only_its_own_door(stage: Stage):
    assert (await stage.call("apps.connections.open", token="bot"))["error"] == "not_allowed_token_type"
    assert (await stage.call("chat.postMessage", token="app"))["error"] == "not_allowed_token_type"
    assert (await stage.call("apps.connections.open", token="app"))["url"].startswith("ws://127.0.0.1:")


async def test_a_token_in_the_query_or_in_json_does_not_count(stage: Stage):
    url = stage.ready["api_url"] + "auth.test"
    async with stage.http.get(url, params={"token": stage.ready["bot_token"]}) as response:
        assert (await response.json())["error"] == "not_authed"
    async with stage.http.post(url, json={"token": stage.ready["bot_token"]}) as response:
        assert (await response.json())["error"] == "not_authed"
    async with stage.http.post(url, data={"token": stage.ready["bot_token"]}) as response:
        assert (await response.json())["ok"]


async def test_an_unknown_method_is_refused(stage: Stage):
    assert (await stage.call("chat.shout"))["error"] == "unknown_method"


async def test_a_revoked_app_is_told_so(stage: Stage):
    await stage.town.act("revoke")

    with refused("token_revoked"):
        await stage.slack.auth_test()


async def test_a_missing_scope_is_named(stage: Stage):
    scopes = [scope for scope in (await stage.town.world())["scopes"] if scope != "groups:history"]
    await stage.town.options(scopes=scopes)

    with refused("missing_scope"):
        await stage.slack.conversations_history(channel=STAFF)
    assert (await stage.slack.conversations_history(channel=ACME))["ok"]
    with refused("missing_scope"):
        await stage.slack.conversations_join(channel=WATER)


async def test_granted_scopes_are_in_the_headers(stage: Stage):
    answer = await stage.slack.auth_test()

    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")
    assert answer["user_id"] == BOT


@pytest.mark.parametrize("how", ["query", "form", "json"])
async def test_arguments_arrive_by_query_form_and_json(stage: Stage, how: str):
    url, arguments = stage.ready["api_url"] + "chat.postMessage", {"channel": ACME, "text": "hello"}
    headers = {"Authorization": f"Bearer {stage.ready['bot_token']}"}
    name = {"query": "params", "form": "data", "json": "json"}[how]
    async with stage.http.post(url, headers=headers, **{name: arguments}) as response:
        assert (await response.json())["ok"]


async def test_a_reading_method_ignores_json(stage: Stage):
    ts = await stage.post(channel=ACME, text="hello")

    assert (await stage.call("conversations.replies", channel=ACME, ts=ts))["error"] == "channel_not_found"
    assert (await stage.slack.conversations_replies(channel=ACME, ts=ts))["ok"]


# -------------------------------------------------------------------- where it may post


async def test_the_bot_posts_only_where_it_is_a_member(stage: Stage):
    private = await stage.town.add_channel(name="board", is_private=True, members=[SAM])

    with refused("not_in_channel"):
        await stage.slack.chat_postMessage(channel=WATER, text="hello")
    with refused("channel_not_found"):
        await stage.slack.chat_postMessage(channel=private, text="hello")
    with refused("channel_not_found"):
        await stage.slack.chat_postMessage(channel="#acme-support", text="hello")


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ({"is_archived": True}, "is_archived"),
        ({"posting": "restricted"}, "restricted_action"),
        ({"posting": "read_only"}, "restricted_action_read_only_channel"),
        ({"posting": "thread_only"}, "restricted_action_thread_only_channel"),
    ],
)
async def test_closed_channels_refuse_posts(stage: Stage, field: dict[str, object], error: str):
    channel = await stage.town.add_channel(name="closed", members=[BOT, SAM], **field)

    with refused(error):
        await stage.slack.chat_postMessage(channel=channel, text="hello")


async def test_a_user_id_stands_for_direct_messages_with_our_own_people(stage: Stage):
    answer = await stage.slack.chat_postMessage(channel=SAM, text="hello")

    assert answer["channel"] == await stage.town.direct_channel(SAM)
    with refused("channel_not_found"):
        await stage.slack.chat_postMessage(channel=ALICE, text="hello")


# -------------------------------------------------------------------- threads and history


async def test_a_reply_lands_in_its_thread_and_not_in_the_channel(stage: Stage):
    root = await stage.town.say(ACME, ALICE, "where is my order?")
    reply = await stage.post(channel=ACME, thread_ts=root, text="on its way")

    history = await stage.slack.conversations_history(channel=ACME)
    replies = await stage.slack.conversations_replies(channel=ACME, ts=root)
    assert [each["ts"] for each in history["messages"]] == [root]
    assert history["messages"][0]["reply_count"] == 1
    assert [each["ts"] for each in replies["messages"]] == [root, reply]
    assert replies["messages"][1]["parent_user_id"] == ALICE


async def test_a_thread_that_does_not_exist_is_refused(stage: Stage):
    root = await stage.town.say(ACME, ALICE, "hello")
    reply = await stage.post(channel=ACME, thread_ts=root, text="hello")

    with refused("thread_not_found"):
        await stage.slack.chat_postMessage(channel=ACME, thread_ts="1700000000.000001", text="hello")
    with refused("cannot_reply_to_message"):
        await stage.slack.chat_postMessage(channel=ACME, thread_ts=reply, text="hello")
    with refused("thread_not_found"):
        await stage.slack.conversations_replies(channel=ACME, ts="1700000000.000001")
    assert (await stage.call("chat.postMessage", channel=ACME, text="x", thread_ts=1.5))["error"] == "invalid_arguments"


async def test_history_pages_backward_by_cursor(stage: Stage):
    said = [await stage.town.say(ACME, ALICE, f"message {number}") for number in range(5)]

    pages, cursor = [], ""
    while True:
        answer = await stage.slack.conversations_history(channel=ACME, limit=2, cursor=cursor)
        pages.append([each["ts"] for each in answer["messages"]])
        if not answer["has_more"]:
            break
        cursor = answer["response_metadata"]["next_cursor"]
    assert pages == [[said[4], said[3]], [said[2], said[1]], [said[0]]]


async def test_history_with_oldest_alone_reads_forward(stage: Stage):
    said = [await stage.town.say(ACME, ALICE, f"message {number}") for number in range(5)]

    first = await stage.slack.conversations_history(channel=ACME, oldest=said[0], limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await stage.slack.conversations_history(channel=ACME, oldest=said[0], limit=3, cursor=cursor)
    assert [each["ts"] for each in first["messages"]] == said[3:0:-1]
    assert [each["ts"] for each in rest["messages"]] == [said[4]]


async def test_bounds_are_excluded_unless_inclusive(stage: Stage):
    said = [await stage.town.say(ACME, ALICE, f"message {number}") for number in range(3)]
    bounds = {"channel": ACME, "oldest": said[0], "latest": said[2]}

    outside = await stage.slack.conversations_history(**bounds)
    inside = await stage.slack.conversations_history(**bounds, inclusive=True)
    assert [each["ts"] for each in outside["messages"]] == [said[1]]
    assert [each["ts"] for each in inside["messages"]] == said[::-1]


async def test_replies_page_forward_with_the_root_on_every_page(stage: Stage):
    root = await stage.town.say(ACME, ALICE, "root")
    said = [await stage.post(channel=ACME, thread_ts=root, text=f"reply {number}") for number in range(3)]

    first = await stage.slack.conversations_replies(channel=ACME, ts=root, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    second = await stage.slack.conversations_replies(channel=ACME, ts=root, limit=2, cursor=cursor)
    since = await stage.slack.conversations_replies(channel=ACME, ts=root, oldest=said[1])
    assert [each["ts"] for each in first["messages"]] == [root, *said[:2]]
    assert [each["ts"] for each in second["messages"]] == [root, said[2]]
    assert [each["ts"] for each in since["messages"]] == [root, said[2]]


async def test_a_foreign_cursor_is_refused(stage: Stage):
    with refused("invalid_cursor"):
        await stage.slack.conversations_history(channel=ACME, cursor="bm9uc2Vuc2U=")


async def test_metadata_is_returned_only_when_asked_for(stage: Stage):
    metadata = {"event_type": "helpdesk_reply", "event_payload": {"k": "msg_1"}}
    root = await stage.post(channel=ACME, text="hello", metadata=metadata)

    silent = await stage.slack.conversations_replies(channel=ACME, ts=root)
    asked = await stage.slack.conversations_replies(channel=ACME, ts=root, include_all_metadata=True)
    history = await stage.slack.conversations_history(channel=ACME, include_all_metadata=True)
    assert "metadata" not in silent["messages"][0]
    assert asked["messages"][0]["metadata"] == metadata
    assert history["messages"][0]["metadata"] == metadata


async def test_a_block_id_survives_reading(stage: Stage):
    ts = await stage.post(channel=ACME, text="hello", blocks=card(block_id="hd:msg_1"))

    answer = await stage.slack.conversations_replies(channel=ACME, ts=ts)
    assert answer["messages"][0]["blocks"][0]["block_id"] == "hd:msg_1"


# -------------------------------------------------------------------- texts


async def test_text_is_stored_escaped_and_pings_are_counted(stage: Stage):
    await stage.post(channel=ACME, text="a < b & c, see https://x.example/y. <!channel> &lt;!here&gt;")

    (message,) = await stage.town.messages(ACME)
    assert message["text"] == "a &lt; b &amp; c, see <https://x.example/y>. <!channel> &lt;!here&gt;"
    assert message["pings"] == ["channel"]


async def test_link_names_makes_a_plain_at_channel_real(stage: Stage):
    await stage.post(channel=ACME, text="@channel look")
    await stage.post(channel=ACME, text="@channel look", link_names=True)

    assert [each["pings"] for each in await stage.town.messages(ACME)] == [[], ["channel"]]


async def test_a_ping_inside_blocks_is_counted_too(stage: Stage):
    loud = {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}
    await stage.post(channel=ACME, text="x", blocks=[{"type": "rich_text", "elements": [loud]}])
    await stage.post(channel=ACME, text="x", blocks=[{"type": "section", "text": mrkdwn("<!subteam^S0APPROVERS>")}])

    assert [each["pings"] for each in await stage.town.messages(ACME)] == [["here"], ["S0APPROVERS"]]


async def test_tidy_text_stays_as_it_is():
    once = tidy("<@U0SAM> <https://a.example|a> 1 < 2 & <b>")

    assert tidy(once) == once


# -------------------------------------------------------------------- changing


async def test_only_own_messages_can_be_changed_or_deleted(stage: Stage):
    theirs = await stage.town.say(ACME, ALICE, "hello")

    with refused("cant_update_message"):
        await stage.slack.chat_update(channel=ACME, ts=theirs, text="changed")
    with refused("cant_delete_message"):
        await stage.slack.chat_delete(channel=ACME, ts=theirs)
    with refused("message_not_found"):
        await stage.slack.chat_update(channel=ACME, ts="1700000000.000001", text="changed")


async def test_new_text_alone_removes_the_buttons(stage: Stage):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card())
    await stage.slack.chat_update(channel=STAFF, ts=ts, text="decided")

    (message,) = await stage.town.messages(STAFF)
    assert (message["text"], message["blocks"][0]["type"]) == ("decided", "rich_text")


async def test_a_deleted_root_leaves_a_tombstone_while_it_has_replies(stage: Stage):
    root = await stage.post(channel=ACME, text="root")
    await stage.town.say(ACME, ALICE, "reply", thread_ts=root)
    await stage.slack.chat_delete(channel=ACME, ts=root)

    tombstone, reply = await stage.town.messages(ACME)
    assert (tombstone["subtype"], tombstone["user"]) == ("tombstone", "USLACKBOT")
    assert reply["text"] == "reply"


async def test_an_ephemeral_is_for_one_member_and_in_no_history(stage: Stage):
    await stage.slack.chat_postEphemeral(channel=STAFF, user=SAM, text="already approved by Robin")

    assert [seen["text"] for seen in await stage.town.ephemerals(SAM)] == ["already approved by Robin"]
    assert await stage.town.messages(STAFF) == []
    with refused("user_not_in_channel"):
        await stage.slack.chat_postEphemeral(channel=STAFF, user=ALICE, text="hello")


async def test_a_permalink_names_channel_and_thread(stage: Stage):
    root = await stage.town.say(ACME, ALICE, "hello")
    reply = await stage.post(channel=ACME, thread_ts=root, text="hello")

    link = (await stage.slack.chat_getPermalink(channel=ACME, message_ts=reply))["permalink"]
    assert link.endswith(f"/archives/{ACME}/p{reply.replace('.', '')}?thread_ts={root}&cid={ACME}")


async def test_equal_client_msg_ids_are_two_messages_until_the_switch_is_on(stage: Stage):
    first = await stage.post(channel=ACME, text="hello", client_msg_id="one")
    second = await stage.post(channel=ACME, text="hello", client_msg_id="one")
    await stage.town.options(dedupe_client_msg_id=True)
    third = await stage.post(channel=ACME, text="hello", client_msg_id="one")

    assert first != second
    assert third == first


async def test_too_many_posts_in_one_channel_are_429_with_retry_after(stage: Stage):
    await stage.town.options(limit_posts=True)
    for _ in range(3):
        await stage.post(channel=ACME, text="hello")

    async with stage.http.post(
        stage.ready["api_url"] + "chat.postMessage",
        json={"channel": ACME, "text": "hello"},
        headers={"Authorization": f"Bearer {stage.ready['bot_token']}"},
    ) as response:
        assert response.status == 429
        assert int(response.headers["Retry-After"]) >= 1
    await stage.post(channel=STAFF, text="another channel has its own count")
    assert len(await stage.town.messages(ACME)) == 3


# -------------------------------------------------------------------- small signs and files


async def test_reactions_are_added_once(stage: Stage):
    ts = await stage.town.say(ACME, ALICE, "hello")
    await stage.slack.reactions_add(channel=ACME, timestamp=ts, name="eyes")

    with refused("already_reacted"):
        await stage.slack.reactions_add(channel=ACME, timestamp=ts, name="eyes")
    with refused("no_reaction"):
        await stage.slack.reactions_remove(channel=ACME, timestamp=ts, name="tada")
    with refused("invalid_name"):
        await stage.slack.reactions_add(channel=ACME, timestamp=ts, name="not an emoji!")
    reactions = (await stage.slack.reactions_get(channel=ACME, timestamp=ts))["message"]["reactions"]
    assert reactions == [{"name": "eyes", "users": [BOT], "count": 1}]


async def test_a_thread_status_goes_with_the_next_message(stage: Stage):
    root = await stage.town.say(ACME, ALICE, "hello")
    await stage.slack.assistant_threads_setStatus(channel_id=ACME, thread_ts=root, status="is thinking…")

    def statuses(world: dict[str, list[dict[str, object]]]) -> object:
        return next(each["statuses"] for each in world["channels"] if each["id"] == ACME)

    assert statuses(await stage.town.world()) == {root: "is thinking…"}
    await stage.post(channel=ACME, thread_ts=root, text="done")
    assert statuses(await stage.town.world()) == {}


async def test_an_uploaded_file_lands_in_the_thread(stage: Stage):
    root = await stage.town.say(ACME, ALICE, "hello")
    await stage.slack.files_upload_v2(
        channel=ACME, thread_ts=root, filename="invoice.txt", content="total 12", initial_comment="your invoice"
    )

    message = (await stage.town.messages(ACME, root))[-1]
    assert (message["subtype"], message["text"]) == ("file_share", "your invoice")
    assert message["files"][0]["name"] == "invoice.txt"
    assert await _download(stage, message["files"][0]["url_private_download"]) == ("text/plain", b"total 12")


async def test_a_connect_file_must_be_asked_for_before_it_can_be_fetched(stage: Stage):
    await stage.town.say(ACME, ALICE, "see this", files=[{"name": "photo.png", "text": "png bytes"}])

    ((message),) = await stage.town.messages(ACME)
    assert message["files"] == [
        {"id": message["files"][0]["id"], "mode": "file_access", "file_access": "check_file_info"}
        | {"created": 0, "timestamp": 0}
    ]
    file = (await stage.slack.files_info(file=message["files"][0]["id"]))["file"]
    assert await _download(stage, file["url_private_download"]) == ("image/png", b"png bytes")


async def test_without_bearer_a_file_is_a_login_page_with_status_200(stage: Stage):
    await stage.town.say(STAFF, SAM, "see this", files=[{"name": "notes.txt", "text": "secret"}])
    ((message),) = await stage.town.messages(STAFF)

    content_type, page = await _download(stage, message["files"][0]["url_private"], token="xoxb-wrong")
    assert content_type == "text/html"
    assert b"secret" not in page


async def test_a_file_in_a_channel_without_the_bot_is_not_found(stage: Stage):
    await stage.town.say(WATER, NIA, "see this", files=[{"name": "notes.txt", "text": "secret"}])
    ((message),) = await stage.town.messages(WATER)

    with refused("file_not_found"):
        await stage.slack.files_info(file=message["files"][0]["id"])


async def _download(stage: Stage, url: str, token: str | None = None) -> tuple[str, bytes]:
    headers = {"Authorization": f"Bearer {token or stage.ready['bot_token']}"}
    async with stage.http.get(url, headers=headers) as response:
        assert response.status == 200
        return response.content_type, await response.read()


# -------------------------------------------------------------------- who is who


async def test_a_connect_user_is_told_thinly_and_without_mail(stage: Stage):
    user = (await stage.slack.users_info(user=ALICE))["user"]

    assert user["team_id"] == "T0ACME" != stage.ready["team_id"]
    assert user["is_stranger"] is False
    assert "email" not in user["profile"]
    assert "is_restricted" not in user


async def test_a_guest_is_marked_and_our_own_people_have_mail(stage: Stage):
    guest = (await stage.slack.users_info(user=GUEST))["user"]
    found = (await stage.slack.users_lookupByEmail(email="sam@northwind.example"))["user"]

    assert guest["is_restricted"] is True
    assert found["id"] == SAM


async def test_mail_is_hidden_without_its_scope(stage: Stage):
    scopes = [scope for scope in (await stage.town.world())["scopes"] if scope != "users:read.email"]
    await stage.town.options(scopes=scopes)

    assert "email" not in (await stage.slack.users_info(user=SAM))["user"]["profile"]


async def test_somebody_we_share_no_channel_with_is_invisible(stage: Stage):
    stranger = await stage.town.add_user(team_id="T0ACME", name="carol", real_name="Carol")

    with refused("user_not_visible"):
        await stage.slack.users_info(user=stranger)


async def test_a_user_group_lists_its_members(stage: Stage):
    await stage.town.act("usergroups", id="S0APPROVERS", users=[SAM])

    assert (await stage.slack.usergroups_users_list(usergroup="S0APPROVERS"))["users"] == [SAM]
    with refused("no_such_subteam"):
        await stage.slack.usergroups_users_list(usergroup="S0NOBODY")


async def test_channel_flags_follow_sharing(stage: Stage):
    before = (await stage.slack.conversations_info(channel=STAFF))["channel"]
    await stage.town.act("share", channel=STAFF, team="T0ACME")
    after = (await stage.slack.conversations_info(channel=STAFF))["channel"]

    assert (before["is_private"], before["is_ext_shared"]) == (True, False)
    assert (after["is_ext_shared"], after["connected_team_ids"]) == (True, ["T0ACME"])


async def test_lists_hide_private_channels_without_the_bot(stage: Stage):
    await stage.town.add_channel(name="board", is_private=True, members=[SAM])
    answer = await stage.slack.conversations_list(types="public_channel,private_channel", limit=2)
    cursor = answer["response_metadata"]["next_cursor"]
    rest = await stage.slack.conversations_list(types="public_channel,private_channel", limit=200, cursor=cursor)

    names = [each["name"] for each in [*answer["channels"], *rest["channels"]]]
    assert names == ["acme-support", "helpdesk-approvals", "general", "watercooler"]
    assert BOB in (await stage.slack.conversations_members(channel=ACME))["members"]
