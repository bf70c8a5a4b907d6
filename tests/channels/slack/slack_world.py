"""What the Slack tests share: a workspace, its people, and events as Slack delivers them."""

from datetime import UTC, datetime
from typing import Any

from channels.slack.config import SlackConfig
from channels.slack.parse import Scene
from channels.slack.people import Me, Person

HOME, CUSTOMER = "THOME", "TCUST"
ME = Me(team_id=HOME, user_id="UBOT", bot_id="BBOT", enterprise_id=None)
CONFIG = SlackConfig(bot_token="xoxb-test", app_token="xapp-test", staff_channel="CSTAFF")
RECEIVED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

PEOPLE = {
    person.user_id: person
    for person in (
        Person("USTAFF", HOME, name="Sam Staff"),
        Person("UGUEST", HOME, name="Gus Guest", guest=True),
        Person("UCUST", CUSTOMER, name="Cora Customer", email="cora@customer.example"),
        Person("USTRANGER", HOME, name="Stan", stranger=True),
        Person("UROBOT", HOME, name="Other bot", bot=True),
        Person("UGONE", HOME, name="Former", deleted=True),
    )
}
SCENE = Scene(ME, CONFIG, PEOPLE, RECEIVED)


def event(*, shared: bool = True, event_id: str = "Ev1", **fields: Any) -> dict[str, Any]:
    """An event_callback around `fields`."""
    return {
        "type": "event_callback",
        "event_id": event_id,
        "event_time": 1_700_000_000,
        "team_id": HOME,
        "api_app_id": "AHELP",
        "is_ext_shared_channel": shared,
        "authorizations": [{"team_id": HOME, "enterprise_id": None, "user_id": "UBOT", "is_bot": True}],
        "event": fields,
    }


def message(text: str = "Where is my order?", *, shared: bool = True, **fields: Any) -> dict[str, Any]:
    """A customer's message in a Slack Connect channel; `fields` change it."""
    base = {
        "type": "message",
        "channel": "CCONNECT",
        "channel_type": "channel",
        "user": "UCUST",
        "user_team": CUSTOMER,
        "team": CUSTOMER,
        "text": text,
        "ts": "1700000000.000100",
        "event_ts": "1700000000.000100",
    }
    return event(shared=shared, **{**base, **fields})


def click(action: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A press on one of our buttons in the staff channel."""
    return {
        "type": "block_actions",
        "trigger_id": "1.2.abc",
        "team": {"id": HOME},
        "user": {"id": "USTAFF", "team_id": HOME, "name": "sam"},
        "channel": {"id": "CSTAFF"},
        "message": {"ts": "1700000001.000200"},
        "container": {"channel_id": "CSTAFF", "message_ts": "1700000001.000200"},
        "response_url": "https://hooks.slack.com/actions/1",
        "actions": [
            action or {"action_id": "hd:approve", "value": "act_1:hash", "type": "button", "action_ts": "1700000002.5"}
        ],
        **fields,
    }
