"""Slack deliveries understood: who wrote, what changed, and what nobody needs to act on."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_world import CONFIG, CUSTOMER, HOME, ME, PEOPLE, SCENE, event, message

from channels.base import Deleted, Echo, Edited, Nothing, Role, Trust, Unreadable, Wrote
from channels.slack.config import ChannelMode, ChannelRules
from channels.slack.parse import Scene, load, moment, parse, people_in
from channels.slack.people import Me, Person


def wrote(payload, scene=SCENE) -> Wrote:
    inbound = parse(payload, scene)
    assert isinstance(inbound, Wrote), inbound
    return inbound


def reason(payload, scene=SCENE) -> str:
    inbound = parse(payload, scene)
    assert isinstance(inbound, Nothing), inbound
    return inbound.reason


def test_a_customers_message_names_its_thread_its_author_and_where_to_answer():
    got = wrote(message("Where is my order?"))

    assert got.thread_key == "THOME:CCONNECT:1700000000.000100" == got.external_id
    assert got.reply_to == {"channel": "CCONNECT", "thread_ts": "1700000000.000100", "team": HOME}
    assert got.author.external_id == "TCUST/UCUST"
    assert (got.author.name, got.author.email) == ("Cora Customer", "cora@customer.example")
    assert got.author.company_key == CUSTOMER
    assert got.sent_at == datetime(2023, 11, 14, 22, 13, 20, 100, tzinfo=UTC)
    assert got.facts["is_root"] is True


def test_a_reply_belongs_to_its_root_and_is_answered_there():
    got = wrote(message(thread_ts="1699999999.000001"))

    assert got.thread_key == "THOME:CCONNECT:1699999999.000001"
    assert got.external_id == "THOME:CCONNECT:1700000000.000100"
    assert got.reply_to["thread_ts"] == "1699999999.000001"
    assert got.facts["is_root"] is False


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast", "me_message"])
def test_every_way_of_writing_is_a_message(subtype):
    assert wrote(message("hello", subtype=subtype)).text == "hello"


@pytest.mark.parametrize(
    "subtype", ["channel_join", "channel_topic", "huddle_thread", "tombstone", "message_replied", "channel_archive"]
)
def test_channel_housekeeping_is_nothing(subtype):
    assert subtype in reason(message(subtype=subtype))


@pytest.mark.parametrize(
    ("fields", "shared", "role", "trust", "external_id", "company"),
    [
        ({}, True, Role.REQUESTER, Trust.SLACK_CONNECT, "TCUST/UCUST", "TCUST"),
        ({}, False, Role.REQUESTER, Trust.UNKNOWN, "TCUST/UCUST", "TCUST"),
        ({"user": "USTAFF", "user_team": HOME, "team": HOME}, True, Role.STAFF, Trust.VOUCHED, "THOME/USTAFF", HOME),
        ({"user": "USTAFF", "user_team": None, "team": None}, True, Role.STAFF, Trust.VOUCHED, "THOME/USTAFF", HOME),
        ({"user": "UGUEST", "user_team": HOME}, True, Role.REQUESTER, Trust.UNKNOWN, "THOME/UGUEST", None),
        ({"user": "USTRANGER", "user_team": HOME}, True, Role.REQUESTER, Trust.UNKNOWN, "THOME/USTRANGER", None),
        ({"user": "UNOBODY", "user_team": "TX"}, True, Role.REQUESTER, Trust.SLACK_CONNECT, "TX/UNOBODY", "TX"),
        ({"user": "UNOBODY", "user_team": None, "team": None}, True, Role.REQUESTER, Trust.UNKNOWN, "?/UNOBODY", None),
        # A grid company's app_mention names the grid; the profile knows the team.
        ({"user_team": "EGRID", "team": None}, True, Role.REQUESTER, Trust.SLACK_CONNECT, "TCUST/UCUST", "TCUST"),
    ],
)
def test_the_team_decides_who_is_staff_and_guests_are_requesters(fields, shared, role, trust, external_id, company):
    author = wrote(message(shared=shared, **fields)).author

    assert (author.role, author.trust) == (role, trust)
    assert (author.external_id, author.company_key) == (external_id, company)


def test_a_colleague_of_another_workspace_of_our_grid_is_staff():
    colleague = Person("UGRID", "TOTHER", enterprise_id="EOURS", name="Grid")
    scene = replace(SCENE, me=replace(ME, enterprise_id="EOURS"), people={"UGRID": colleague})

    assert wrote(message(user="UGRID", user_team="TOTHER"), scene).author.role is Role.STAFF
    assert wrote(message(user="UGRID", user_team="TOTHER"), replace(scene, me=ME)).author.role is Role.REQUESTER


def test_a_name_from_the_event_serves_when_slack_knows_no_profile():
    profile = {"real_name": "Nora New", "display_name": "", "team": CUSTOMER}
    assert wrote(message(user="UNEW", user_profile=profile)).author.name == "Nora New"


def test_other_bots_are_never_answered():
    assert reason(message(bot_id="BOTHER")) == "written by another bot"
    assert reason(message(subtype="bot_message", user=None, bot_id="BX")) == "written by another bot"
    assert reason(message(user="UROBOT")) == "written by a bot"
    assert reason(message(user="USLACKBOT")) == "written by a bot"


def our_own(**fields):
    return message(user="UBOT", bot_id="BBOT", user_team=HOME, team=HOME, app_id="AHELP", **fields)


MARKED = {"event_type": "helpdesk_reply", "event_payload": {"k": "msg_1"}}


def test_our_own_message_proves_its_delivery_by_metadata_or_by_block_id():
    here = "THOME:CCONNECT:1700000000.000100"

    assert parse(our_own(metadata=MARKED), SCENE) == Echo("msg_1", here)
    assert parse(our_own(blocks=[{"type": "rich_text", "block_id": "hd:msg_1"}]), SCENE) == Echo("msg_1", here)
    assert parse(message(user="UBOT", metadata=MARKED), SCENE) == Echo("msg_1", here)
    assert "not one of the desk's" in reason(our_own(text="by hand"))


def test_another_bot_cannot_prove_a_delivery():
    assert reason(message(bot_id="BOTHER", app_id="AOTHER", metadata=MARKED)) == "written by another bot"


def test_only_the_last_part_of_a_long_reply_proves_all_of_it_and_names_the_first():
    def part(key, **more):
        return {"event_type": "helpdesk_reply", "event_payload": {"k": key, **more}}

    assert "part 1 of 2" in reason(our_own(metadata=part("msg_1#1/2")))
    assert parse(our_own(metadata=part("msg_1#2/2", first="1699.5")), SCENE) == Echo("msg_1", "THOME:CCONNECT:1699.5")


def test_app_mention_and_message_are_the_same_message():
    mention = message("<@UBOT> help", type="app_mention")

    assert wrote(mention).external_id == wrote(message("<@UBOT> help")).external_id
    assert wrote(mention).facts["mentioned"] is True
    assert wrote(mention).text == "help"


def with_mode(mode, **channels):
    return replace(SCENE, config=replace(CONFIG, default_mode=mode, channels=channels))


@pytest.mark.parametrize("mode", list(ChannelMode))
def test_inside_a_thread_every_message_reaches_the_conductor_with_the_mode(mode):
    got = wrote(message(thread_ts="1699999999.000001"), with_mode(mode))
    assert (got.facts["mode"], got.facts["mentioned"], got.facts["is_root"]) == (mode.value, False, False)


def test_a_mode_set_for_one_channel_wins_over_the_default():
    scene = with_mode(ChannelMode.OFF, CCONNECT=ChannelRules(ChannelMode.ALL))
    assert wrote(message(), scene).facts["mode"] == "all"


def test_a_direct_message_is_always_for_us():
    assert wrote(message(channel="D1", channel_type="im"), with_mode(ChannelMode.MENTION)).text


def test_talk_in_the_staff_room_is_nothing():
    assert reason(message(channel="CSTAFF", user="USTAFF", user_team=HOME)) == "staff room talk"
    assert wrote(message(channel="CSTAFF", user="USTAFF", thread_ts="1699.5")).facts["staff_room"] is True


# ------------------------------------------------------------------ edits and deletions


def changed(now=None, before=None, **fields):
    return event(
        type="message",
        subtype="message_changed",
        channel="CCONNECT",
        ts="1700000009.000000",
        message={"user": "UCUST", "text": "order A-2", "ts": "1700000000.000100", **(now or {})},
        previous_message={"user": "UCUST", "text": "order A-1", "ts": "1700000000.000100", **(before or {})},
        **fields,
    )


def test_an_edit_says_which_message_and_when():
    got = parse(changed({"edited": {"user": "UCUST", "ts": "1700000008.000000"}}), SCENE)

    assert got == Edited(
        "THOME:CCONNECT:1700000000.000100", "order A-2", datetime(2023, 11, 14, 22, 13, 28, tzinfo=UTC)
    )


def test_an_unfurl_is_no_edit():
    assert "looks" in reason(changed({"text": "same"}, {"text": "same"}))


def test_a_changed_message_of_a_bot_is_nothing():
    assert reason(changed({"bot_id": "BBOT", "text": "x"})) == "a bot's message changed"


def test_a_deletion_says_which_message():
    gone = event(
        type="message",
        subtype="message_deleted",
        channel="CCONNECT",
        deleted_ts="1700000000.000100",
        event_ts="1700000009.000000",
        previous_message={"user": "UCUST", "text": "secret", "ts": "1700000000.000100"},
    )
    assert parse(gone, SCENE) == Deleted(
        "THOME:CCONNECT:1700000000.000100", datetime(2023, 11, 14, 22, 13, 29, tzinfo=UTC)
    )


def test_a_deleted_root_with_replies_arrives_as_a_tombstone():
    assert isinstance(parse(changed({"subtype": "tombstone", "text": "This message was deleted."}), SCENE), Deleted)


# ------------------------------------------------------------------ what people read


def test_files_come_with_what_is_needed_to_fetch_them():
    files = [
        {"id": "F1", "name": "shot.png", "mimetype": "image/png", "size": 9, "url_private_download": "https://files.slack.com/a"},
        {"id": "F2", "mode": "file_access", "file_access": "check_file_info"},
        {"id": "F3", "mode": "tombstone"},
    ]  # fmt: skip
    first, second = wrote(message("", subtype="file_share", files=files)).attachments

    assert (first.filename, first.content_type, first.size) == ("shot.png", "image/png", 9)
    assert first.source == {"file_id": "F1", "url": "https://files.slack.com/a", "ask_first": False}
    assert second.source["ask_first"] is True
    assert first.sha256 != second.sha256


def test_a_forwarded_message_is_in_the_full_text_only():
    got = wrote(message("see this", attachments=[{"is_share": True, "author_name": "Eve", "text": "refund me"}]))

    assert got.text == "see this"
    assert "Forwarded from Eve:\nrefund me" in got.full_text


def test_backfilled_messages_say_so():
    assert wrote({**message(), "backfill": True}).flags == ("backfilled",)


def test_text_that_no_database_takes_is_replaced():
    assert wrote(message("a\x00b\ud800c")).text == "a\ufffdb\ufffdc"


def test_the_people_to_look_up_are_the_author_and_the_mentioned():
    assert people_in(message("ask <@USTAFF> and <@UCUST>")) == ({"UCUST"}, {"USTAFF"})
    assert people_in({"type": "block_actions", "user": {"id": "U1"}}) == ({"U1"}, set())
    assert people_in({"event": "nonsense"}) == (set(), set())


# ------------------------------------------------------------------ what we do not need, what nobody understands


@pytest.mark.parametrize("kind", ["reaction_added", "user_change", "new_thing"])
def test_events_we_do_not_need_are_nothing(kind):
    assert reason(event(type=kind)) == f"event type {kind}"


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "shortcut"},
        {"type": "view_closed"},
        {"type": "app_rate_limited"},
    ],
)
def test_other_deliveries_are_nothing(payload):
    assert reason(payload)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({}, "neither"),
        ({"type": "block_kit_riddle"}, "neither"),
        ({"type": "event_callback"}, "without an event"),
        ({"type": "event_callback", "event": []}, "without an event"),
        (message(channel=None), "no channel"),
        (message(channel={"id": "C1"}), "no channel"),
        (message(channel="C1:2"), "no channel"),
        (message(ts=None), "ts is not"),
        (message(ts=1700000000.1), "ts is not"),
        (message(ts="soon"), "ts is not"),
        (message(thread_ts="soon"), "thread_ts is not"),
        (message(user=None), "without an author"),
        (message(user={"id": "U1"}), "user is a dict"),
        (message(text=["a"]), "text is a list"),
        (changed({"ts": None}), "ts is not"),
        (event(type="message", subtype="message_changed", channel="C1"), "without the message"),
        (event(type="message", subtype="message_deleted", channel="C1"), "message_deleted without"),
        ({"type": "block_actions", "user": {"id": "U1", "team_id": "T1"}}, "without an action"),
        ({"type": "block_actions", "actions": [{}]}, "without user"),
    ],
)
def test_what_cannot_be_understood_is_quarantined_with_the_reason(payload, why):
    with pytest.raises(Unreadable, match=why):
        parse(payload, SCENE)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1]", b'"x"', b"null", b"[" * 100_000, b"9" * 5_000])
def test_bytes_that_are_no_object_are_quarantined(body):
    with pytest.raises(Unreadable):
        load(body)


def test_a_ts_is_exact_to_the_microsecond():
    assert moment("1700000000.000001") - moment("1700000000.000000") == timedelta(microseconds=1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    *("type", "subtype", "channel", "user", "ts", "thread_ts", "text", "files", "attachments", "message", "team"),
    *("previous_message", "deleted_ts", "bot_id", "metadata", "blocks", "user_profile", "edited", "event_ts"),
]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=6))
def test_no_shape_of_an_event_is_anything_but_understood_or_quarantined(fields):
    for payload in (message(**fields), changed(fields, fields)):
        people_in(payload)
        with contextlib.suppress(Unreadable):
            parse(payload, SCENE)


def test_a_scene_without_people_still_understands():
    assert wrote(message(), Scene(Me(HOME, "UBOT"), CONFIG)).author.role is Role.REQUESTER
    assert PEOPLE["UCUST"].name not in wrote(message(), Scene(Me(HOME, "UBOT"), CONFIG)).author.name
