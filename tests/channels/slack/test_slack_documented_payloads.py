"""Deliveries in the shapes Slack documents, with what differs between companies, grids and clients."""

import json
from dataclasses import replace
from typing import Any

import pytest
from slack_world import CONFIG, HOME, ME, RECEIVED, SCENE, event, message

from channels.base import Clicked, Deleted, Edited, Inbound, Nothing, Role, Trust, Wrote
from channels.slack.bots import words_of_bot
from channels.slack.intake import key_of, lane_of, raw_of
from channels.slack.parse import Scene, parse
from channels.slack.people import Me, Person

CONNECT: dict[str, Any] = {
    "token": "z",
    "team_id": HOME,
    "context_team_id": HOME,
    "context_enterprise_id": None,
    "api_app_id": "AHELP",
    "type": "event_callback",
    "event_id": "Ev0CONNECT",
    "event_time": 1_700_000_000,
    "authorizations": [
        {"enterprise_id": None, "team_id": HOME, "user_id": "UBOT", "is_bot": True, "is_enterprise_install": False}
    ],
    "is_ext_shared_channel": True,
    "event_context": "4-eyJ",
    "event": {
        "user": "UFAR",
        "type": "message",
        "ts": "1700000000.000100",
        "client_msg_id": "7c7b1f0e-8c1d-4d0f-9b5e-2f6a7a1b2c3d",
        "text": "Where is my order &amp; invoice?",
        "team": "TFAR",
        "user_team": "TFAR",
        "source_team": "TFAR",
        "user_profile": {
            "avatar_hash": "g0",
            "image_72": "https://secure.gravatar.com/x",
            "first_name": "Fay",
            "real_name": "Fay Far",
            "display_name": "fay",
            "team": "TFAR",
            "name": "fay",
            "is_restricted": False,
            "is_ultra_restricted": False,
        },
        "blocks": [{"type": "rich_text", "block_id": "b", "elements": []}],
        "channel": "CCONNECT",
        "event_ts": "1700000000.000100",
        "channel_type": "channel",
    },
}


def changed(envelope: dict[str, Any], **fields: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(json.dumps(envelope))
    return {**whole, "event": {**whole["event"], **fields}}


def wrote(payload: dict[str, Any], scene: Scene = SCENE) -> Wrote:
    inbound = parse(payload, scene)
    assert isinstance(inbound, Wrote), inbound
    return inbound


def test_a_message_of_another_company_is_understood_without_any_profile() -> None:
    got = wrote(CONNECT)

    assert (got.author.external_id, got.author.name, got.author.company_key) == ("TFAR/UFAR", "Fay Far", "TFAR")
    assert (got.author.role, got.author.trust) == (Role.REQUESTER, Trust.SLACK_CONNECT)
    assert got.text == "Where is my order & invoice?"


def test_a_thin_profile_of_a_stranger_changes_nothing() -> None:
    thin = Person.from_users_info({"id": "UFAR", "team_id": "TFAR", "is_stranger": True, "profile": {"real_name": ""}})
    assert wrote(CONNECT, replace(SCENE, people={"UFAR": thin})).author.name == "Fay Far"


def test_an_envelope_that_does_not_say_whether_the_channel_is_shared_is_when_a_foreigner_writes_in_it() -> None:
    silent = {name: value for name, value in CONNECT.items() if name != "is_ext_shared_channel"}

    assert wrote(silent).author.trust is Trust.SLACK_CONNECT
    assert wrote({**silent, "is_ext_shared_channel": False}).author.trust is Trust.UNKNOWN


def test_a_grid_names_the_organisation_where_the_team_would_stand() -> None:
    mention = changed(CONNECT, type="app_mention", user_team="EFAR", text="<@UBOT> help")
    del mention["event"]["channel_type"]

    got = wrote(mention)

    assert (got.author.company_key, got.text, got.facts["mentioned"]) == ("TFAR", "help", True)


def test_an_app_installed_for_a_whole_organisation_has_no_team_in_its_envelope() -> None:
    grid = {
        **CONNECT,
        "team_id": None,
        "authorizations": [
            {
                "enterprise_id": "EHOME",
                "team_id": None,
                "user_id": "UBOT",
                "is_bot": True,
                "is_enterprise_install": True,
            }
        ],
    }
    me = replace(ME, enterprise_id="EHOME")

    assert wrote(grid, replace(SCENE, me=me)).author.company_key == "TFAR"
    assert raw_of(grid, {}).lane == "slack::CCONNECT:1700000000.000100"


def test_a_colleague_on_the_same_grid_is_staff() -> None:
    sister = Person("USIS", "TSISTER", enterprise_id="EHOME", name="Sis")
    scene = Scene(Me(HOME, "UBOT", enterprise_id="EHOME"), CONFIG, {"USIS": sister}, RECEIVED)
    payload = changed({**CONNECT, "is_ext_shared_channel": False}, user="USIS", user_team="TSISTER", team="TSISTER")

    assert wrote(payload, scene).author.role is Role.STAFF


@pytest.mark.parametrize(
    "fields",
    [
        {"subtype": "file_share", "text": "", "files": [{"id": "F1", "name": "a.png", "mimetype": "image/png"}]},
        {"subtype": "file_share", "text": None, "files": [{"id": "F1", "file_access": "check_file_info"}]},
        {
            "subtype": "file_share",
            "upload": True,
            "display_as_bot": False,
            "files": [{"id": "F1", "mode": "file_access"}],
        },
    ],
)
def test_a_file_may_come_without_a_word(fields: dict[str, Any]) -> None:
    got = wrote(changed(CONNECT, **fields))
    assert [one.source["file_id"] for one in got.attachments] == ["F1"]


def test_a_reply_that_is_also_sent_to_the_channel_belongs_to_its_thread() -> None:
    root = {"type": "message", "user": "UFAR", "ts": "1699999999.000100", "text": "first"}
    got = wrote(changed(CONNECT, subtype="thread_broadcast", thread_ts="1699999999.000100", root=root))
    assert got.thread_key == f"{HOME}:CCONNECT:1699999999.000100"


def change(now: dict[str, Any], before: dict[str, Any] | None, **outer: Any) -> dict[str, Any]:
    previous: dict[str, Any] = {} if before is None else {"previous_message": before}
    return event(
        type="message", subtype="message_changed", hidden=True, channel="CCONNECT", channel_type="channel",
        ts="1700000050.000200", event_ts="1700000050.000200", message=now, **previous, **outer,
    )  # fmt: skip


OLD = {"type": "message", "user": "UFAR", "text": "old", "ts": "1700000000.000100", "team": "TFAR"}


@pytest.mark.parametrize(
    ("now", "before", "kind"),
    [
        ({**OLD, "text": "new", "edited": {"user": "UFAR", "ts": "1700000040.000000"}}, OLD, Edited),
        ({**OLD, "text": "new"}, OLD, Edited),
        ({**OLD, "text": "new", "edited": {"user": "UFAR", "ts": "1700000040.000000"}}, None, Edited),
        ({**OLD, "attachments": [{"from_url": "https://a.example", "id": 1}]}, OLD, Nothing),
        ({**OLD, "reply_count": 2, "replies": [], "thread_ts": OLD["ts"]}, OLD, Nothing),
        ({"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT", "hidden": True,
          "ts": OLD["ts"], "thread_ts": OLD["ts"]}, OLD, Deleted),
    ],
)  # fmt: skip
def test_a_changed_message_is_an_edit_only_when_its_words_changed(
    now: dict[str, Any], before: dict[str, Any] | None, kind: type[Inbound]
) -> None:
    payload = change(now, before)
    assert isinstance(parse(payload, SCENE), kind)
    assert lane_of(payload).endswith(":1700000000.000100")


# ------------------------------------------------------------------ other bots

WORKFLOW: dict[str, Any] = {
    "subtype": "bot_message",
    "user": None,
    "bot_id": "BFORM",
    "app_id": "AFORM",
    "username": "Support form",
    "bot_profile": {"id": "BFORM", "app_id": "AFORM", "name": "Support form", "team_id": HOME, "deleted": False},
}


def test_other_bots_are_heard_only_when_they_are_listed() -> None:
    payload = message("New request: order ORD-1001 is late", **WORKFLOW)
    assert isinstance(parse(payload, SCENE), Nothing)

    for name in ("BFORM", "AFORM"):
        got = wrote(payload, replace(SCENE, config=replace(CONFIG, bots=frozenset({name}))))
        assert (got.author.role, got.author.trust, got.author.name) == (Role.REQUESTER, Trust.UNKNOWN, "Support form")
        assert got.author.external_id.endswith("/BFORM")
        assert got.text.startswith("New request")


def test_a_listed_bot_that_is_a_user_is_heard_too_and_we_never_hear_ourselves() -> None:
    listed = replace(SCENE, config=replace(CONFIG, bots=frozenset({"UROBOT", "UBOT", "BBOT"})))

    assert wrote(message("hi there, order ORD-1", user="UROBOT", team=HOME, user_team=None), listed).text
    assert isinstance(parse(message("mine", user="UBOT", bot_id="BBOT"), listed), Nothing)


def test_what_a_form_says_in_blocks_alone_is_read() -> None:
    said = {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Order ORD-7"}}], "attachments": []}
    assert words_of_bot(said) == "Order ORD-7"
    assert words_of_bot({"attachments": [{"fallback": "Order ORD-8"}]}) == "Order ORD-8"


# ------------------------------------------------------------------ interactions

USER = {"id": "USTAFF", "username": "sam", "name": "sam", "team_id": HOME}
ACTION = {
    "action_id": "hd:approve",
    "block_id": "x",
    "type": "button",
    "value": "act_1:1:h",
    "action_ts": "1700000002.5",
}


@pytest.mark.parametrize(
    "place",
    [
        {"container": {"type": "message", "message_ts": "1700000001.000200", "channel_id": "CSTAFF"},
         "channel": {"id": "CSTAFF", "name": "privategroup"}, "message": {"ts": "1700000001.000200", "bot_id": "BBOT"}},
        {"container": {"type": "message", "message_ts": "1700000001.000200", "channel_id": "CSTAFF"}},
        {"channel": {"id": "CSTAFF"}, "message": {"ts": "1700000001.000200"}, "state": {"values": {}}},
    ],
)  # fmt: skip
def test_a_press_is_understood_with_and_without_its_surroundings(place: dict[str, Any]) -> None:
    outer = {"team": {"id": HOME, "domain": "x"}, "enterprise": None, "api_app_id": "AHELP", "trigger_id": "1.2"}
    payload = {"type": "block_actions", "user": USER, "is_enterprise_install": False, "actions": [ACTION]}
    payload = {**payload, **outer, **place}
    got = parse(payload, SCENE)

    assert isinstance(got, Clicked)
    assert (got.verb, got.value, got.home) == ("approve", "act_1:1:h", True)
    assert (got.answer_to["channel"], got.answer_to["message_ts"]) == ("CSTAFF", "1700000001.000200")


def test_the_team_of_a_press_is_the_pressers_own() -> None:
    far = {"id": "UCUST", "username": "cora", "team_id": "TCUST"}
    payload = {"type": "block_actions", "user": far, "team": {"id": HOME}, "trigger_id": "1.2", "actions": [ACTION]}

    got = parse(payload, SCENE)

    assert isinstance(got, Clicked)
    assert not got.home


def test_a_form_comes_back_with_what_it_carries_whatever_else_slack_adds() -> None:
    view = {
        "id": "V1", "team_id": HOME, "type": "modal", "callback_id": "hd:deny", "private_metadata": "act_1:1:h",
        "state": {"values": {"hd:reason": {"hd:reason": {"type": "plain_text_input", "value": "too late"}}}},
        "hash": "1.abc", "previous_view_id": None, "root_view_id": "V1", "app_installed_team_id": HOME,
    }  # fmt: skip
    payload = {"type": "view_submission", "team": {"id": HOME}, "user": USER, "trigger_id": "1.2", "view": view}

    got = parse({**payload, "response_urls": []}, SCENE)

    assert isinstance(got, Clicked)
    assert (got.verb, got.value, dict(got.inputs)) == ("deny", "act_1:1:h", {"reason": "too late"})
    assert isinstance(parse(payload, SCENE), Clicked)


@pytest.mark.parametrize(
    "payload",
    [
        {
            "type": "block_suggestion",
            "user": USER,
            "team": {"id": HOME},
            "action_id": "x",
            "block_id": "b",
            "value": "a",
        },
        {"type": "view_closed", "user": USER, "team": {"id": HOME}, "view": {"id": "V1"}, "is_cleared": False},
        {"type": "shortcut", "user": USER, "team": {"id": HOME}, "callback_id": "c", "trigger_id": "1.2"},
        {"ssl_check": "1", "token": "z", "type": "ssl_check"},
        {"type": "app_rate_limited", "team_id": HOME, "minute_rate_limited": 1_700_000_000},
        event(type="message", subtype="message_replied", channel="CCONNECT", message=OLD, ts="1700000050.000200"),
        event(type="file_shared", channel_id="CCONNECT", file_id="F1", user_id="UFAR"),
        event(type="user_change", user={"id": "UFAR"}),
        event(type="subteam_members_changed", subteam_id="S1", team_id=HOME),
    ],
)
def test_what_asks_for_nothing_is_accounted_for(payload: dict[str, Any]) -> None:
    assert isinstance(parse(payload, SCENE), Nothing)
    assert key_of(payload)


def test_a_message_that_was_written_twice_by_one_press_of_enter_says_so() -> None:
    assert wrote(CONNECT).facts["gesture"] == CONNECT["event"]["client_msg_id"]
