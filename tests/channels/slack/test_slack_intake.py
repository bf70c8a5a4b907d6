"""Keys and lanes: the same delivery is the same key, one thread is one lane, and strange shapes are kept."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_journey import Inbox
from slack_world import ME, click, event, message
from test_slack_parse import json_values

from channels.slack.api import SlackApi
from channels.slack.config import SlackConfig
from channels.slack.intake import Door, Intake, key_of, lane_of, raw_of

ROOT = "1700000000.000100"
THREAD = f"slack:THOME:CCONNECT:{ROOT}"
PARTS = ["type", "event", "team", "channel", "container", "message", "user", "authorizations"]


def about_message(subtype, **fields):
    return event(type="message", subtype=subtype, channel="CCONNECT", **fields)


def test_an_event_is_known_by_its_event_id_and_a_press_by_all_it_carries():
    assert key_of(message()) == "Ev1"
    assert key_of(click()) == key_of(click())
    # Whoever sends presses must not have one swallowed because its trigger was used before.
    assert key_of(click()) != key_of(click({"action_id": "hd:deny", "value": "act_1:hash", "type": "button"}))
    assert key_of(click()) != key_of(click(trigger_id="7"))


def test_without_a_usable_id_the_content_is_the_key():
    odd = {"type": "event_callback", "event_id": ["x"]}
    assert key_of(odd) == key_of(json.loads(json.dumps(odd)))
    assert key_of(odd) != key_of({**odd, "more": 1})
    assert key_of({**odd, "event_id": "x" * 500}).startswith("sha256:")


@pytest.mark.parametrize(
    "payload",
    [
        message(),
        message(ts="1700000005.000000", thread_ts="1700000000.000100"),
        about_message("message_changed", message={"ts": ROOT}, ts="1700000009.0"),
        about_message("message_changed", message={"ts": "1700000005.0", "thread_ts": ROOT}),
        about_message("message_deleted", deleted_ts=ROOT),
        about_message("message_deleted", previous_message={"ts": "1700000005.0", "thread_ts": ROOT}),
        event(type="reaction_added", item={"channel": "CCONNECT", "ts": ROOT}),
    ],
)
def test_everything_about_one_thread_is_in_one_lane(payload):
    assert lane_of(payload) == THREAD


def test_presses_on_one_card_are_in_one_lane():
    assert lane_of(click()) == "slack:THOME:CSTAFF:1700000001.000200" == lane_of(click(trigger_id="7"))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["type", "event", "team", "channel", "container", "message", "user", "authorizations"]),
        json_values,
    )
)
def test_any_object_has_a_key_a_lane_and_bytes(payload):
    raw = raw_of(payload, {})
    assert raw.lane.startswith("slack")
    assert json.loads(raw.body) == json.loads(json.dumps(payload))


async def test_payloads_of_any_shape_over_a_socket_are_kept():
    inbox, api = Inbox(), SlackApi(SlackConfig("xoxb-t", "xapp-t"))
    intake = Intake(lambda: None)
    intake.accept = inbox.accept
    door = Door(api.client, intake)
    for payload in ([1], None, "text", 7, {"event": "x", "type": "event_callback"}, {"authorizations": {"a": 1}}):
        assert (await door.over_socket(payload, None)).status == 200
    assert len(inbox.stored) == 6
    await api.close()


async def test_stray_variables_of_the_environment_change_nothing(monkeypatch):
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "stray")
    api = SlackApi(SlackConfig("xoxb-t", "xapp-t"))
    door = Door(api.client, Intake(lambda: None))

    assert door.app.oauth_flow is None
    assert door.app.client.token == "xoxb-t"
    assert os.environ["SLACK_CLIENT_ID"] == "stray"
    await api.close()


async def test_loopback_is_reached_without_the_proxy_of_the_environment(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    monkeypatch.setenv("no_proxy", "intranet.example")
    api = SlackApi(SlackConfig("xoxb-t", "xapp-t", api_url="http://127.0.0.1:9/api/"))

    assert api.client.proxy is None
    assert os.environ["NO_PROXY"].split(",")[:2] == ["intranet.example", "127.0.0.1"]
    await api.close()


def test_a_door_without_its_secrets_is_not_built():
    for missing in ({"bot_token": ""}, {"mode": "http"}, {"mode": "http", "signing_secret": " "}, {"mode": "fax"}):
        with pytest.raises(ValueError, match=r"slack\."):
            SlackConfig(**{"bot_token": "xoxb", **missing})
    with pytest.raises(ValueError, match="app_token"):
        SlackConfig("xoxb")


def test_what_our_own_message_said_before_is_not_kept_and_what_a_customers_said_is():
    before = {"previous_message": {"text": "old"}}
    ours = about_message("message_changed", message={"user": ME.user_id, "text": "new", "ts": ROOT}, **before)
    theirs = about_message("message_changed", message={"user": "UCUST", "text": "new", "ts": ROOT}, **before)

    assert b"old" not in raw_of(ours, {}).body
    assert b"new" in raw_of(ours, {}).body
    assert b"old" in raw_of(theirs, {}).body
