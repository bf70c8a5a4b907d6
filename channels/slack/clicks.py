"""What people press, submit, type after a slash and open, understood: each becomes Clicked. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from channels.base import Author, Clicked, Inbound, Json, Nothing, Role, Trust, Unreadable
from channels.slack.people import Me, Person, may_press
from channels.slack.readable import mentioned, readable, storable

ACTION_PREFIX = "hd:"
COMMAND = "command"
HOME = "home"


def read_click(
    payload: Json, me: Me, people: Mapping[str, Person], staff_channel: str, received_at: datetime
) -> Inbound:
    """Who pressed what. The presser is `body.user`: the team an app sees in its context is its own, even
    for a click by another company's user. Raises Unreadable when nobody pressed or nothing was pressed."""
    user = _part(payload, "user")
    user_id = _word(user, "id")
    team = _word(user, "team_id") or _word(_part(payload, "team"), "id")
    if not user_id or not team:
        raise Unreadable("an interaction without user or team")
    home = may_press(me, team, people.get(user_id))
    by = _presser(user, user_id, me.team_id if home else team, people.get(user_id), home)
    if payload.get("type") == "view_submission":
        return _submitted(payload, by, home, staff_channel, received_at)
    if payload.get("type") == "message_action":
        return _used_shortcut(payload, by, home, received_at)
    return _pressed(payload, by, home, received_at)


def read_command(payload: Json, me: Me, people: Mapping[str, Person], received_at: datetime) -> Inbound:
    """A slash command as Clicked "command" with what was typed; the words alone, without the command's name."""
    user_id, team = _word(payload, "user_id"), _word(payload, "team_id")
    if not user_id or not team:
        raise Unreadable("a command without user or team")
    home = may_press(me, team, people.get(user_id))
    channel = _word(payload, "channel_id")
    return Clicked(
        verb=COMMAND,
        value=storable(readable(_word(payload, "text"), {})).strip(),
        by=_presser(
            {"name": _word(payload, "user_name")}, user_id, me.team_id if home else team, people.get(user_id), home
        ),
        home=home,
        at=received_at,
        answer_to={
            "response_url": _word(payload, "response_url"),
            "channel": channel,
            "user": user_id,
            "message_ts": "",
            "trigger_id": _word(payload, "trigger_id"),
        },
        inputs={
            "channel": channel,
            "named": [f"{me.team_id}/{user}" for user in sorted(mentioned(_word(payload, "text")))],
        },
    )


def read_opened_home(event: Json, me: Me, people: Mapping[str, Person], received_at: datetime) -> Inbound:
    """Somebody opened the app's home tab; what they were shown there is not our question."""
    user_id = _word(event, "user")
    if event.get("tab") not in (None, "home") or not user_id:
        return Nothing("another tab of the app was opened")
    home = may_press(me, me.team_id, people.get(user_id))
    by = _presser({}, user_id, me.team_id, people.get(user_id), home)
    return Clicked(HOME, "", by, home, received_at, {"user": user_id, "channel": "", "home": True})


def _used_shortcut(payload: Json, by: Author, home: bool, received_at: datetime) -> Inbound:
    return Clicked(
        verb=_word(payload, "callback_id"),
        value="",
        by=by,
        home=home,
        at=_moment(_word(payload, "action_ts"), received_at),
        answer_to={
            "response_url": _word(payload, "response_url"),
            "channel": _word(_part(payload, "channel"), "id"),
            "user": by.external_id.partition("/")[2],
            "message_ts": _word(payload, "message_ts"),
            "trigger_id": _word(payload, "trigger_id"),
        },
    )


def _pressed(payload: Json, by: Author, home: bool, received_at: datetime) -> Inbound:
    actions = payload.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], Mapping):
        raise Unreadable("block_actions without an action")
    action = actions[0]
    verb = verb_of(_word(action, "action_id"))
    if verb is None:
        return Nothing("a button that is not ours")
    container = _part(payload, "container")
    return Clicked(
        verb=verb,
        value=storable(_word(action, "value") or str(_value(action) or "")),
        by=by,
        home=home,
        at=_moment(_word(action, "action_ts"), received_at),
        answer_to={
            "response_url": _word(payload, "response_url"),
            "channel": _word(_part(payload, "channel"), "id") or _word(container, "channel_id"),
            "user": by.external_id.partition("/")[2],
            "message_ts": _word(_part(payload, "message"), "ts") or _word(container, "message_ts"),
            "trigger_id": _word(payload, "trigger_id"),
            **({"home": True} if _word(_part(payload, "view"), "type") == "home" else {}),
        },
        inputs=dict(_inputs(_part(payload, "state"))),
    )


def _submitted(payload: Json, by: Author, home: bool, staff_channel: str, received_at: datetime) -> Inbound:
    view = _part(payload, "view")
    verb = verb_of(_word(view, "callback_id"))
    if verb is None:
        return Nothing("a form that is not ours")
    urls = payload.get("response_urls")
    first = urls[0] if isinstance(urls, list) and urls and isinstance(urls[0], Mapping) else {}
    return Clicked(
        verb=verb,
        value=storable(_word(view, "private_metadata")),
        by=by,
        home=home,
        at=received_at,
        answer_to={
            "response_url": _word(first, "response_url"),
            # A form belongs to no channel; its answer is whispered where its card is.
            "channel": _word(first, "channel_id") or staff_channel,
            "user": by.external_id.partition("/")[2],
            "message_ts": "",
            "trigger_id": _word(payload, "trigger_id"),
        },
        inputs=dict(_inputs(_part(view, "state"))),
    )


def verb_of(name: str) -> str | None:
    """ "approve" from "hd:approve" or "hd:approve#2" (a second button with the same verb); None for others'."""
    verb = name.removeprefix(ACTION_PREFIX).partition("#")[0]
    return verb if name.startswith(ACTION_PREFIX) and verb else None


def _presser(user: Json, user_id: str, team: str, person: Person | None, home: bool) -> Author:
    return Author(
        external_id=f"{team}/{user_id}",
        name=storable((person.name if person else "") or _word(user, "name") or _word(user, "username") or user_id),
        role=Role.STAFF if home else Role.REQUESTER,
        trust=Trust.VOUCHED if home else Trust.UNKNOWN,
        company_key=team,
    )


def _inputs(state: Json) -> Iterator[tuple[str, Any]]:
    """What was typed, by action id; one we named "hd:reason" is "reason"."""
    for fields in _part(state, "values").values():
        for action_id, field in fields.items() if isinstance(fields, Mapping) else ():
            if isinstance(field, Mapping):
                yield str(action_id).removeprefix(ACTION_PREFIX), _value(field)


def _value(field: Json) -> Any:
    """The answer in one input element, whatever its kind; None when left empty."""
    if isinstance(field.get("value"), str):
        return storable(field["value"])
    option = field.get("selected_option")
    if isinstance(option, Mapping):
        return option.get("value")
    options = field.get("selected_options")
    if isinstance(options, list):
        return [one.get("value") for one in options if isinstance(one, Mapping)]
    names = ("selected_date", "selected_time", "selected_user", "selected_conversation", "selected_channel")
    return next((field[name] for name in names if field.get(name)), None)


def _moment(stamp: str, otherwise: datetime) -> datetime:
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise


def _part(source: Json, name: str) -> Json:
    value = source.get(name)
    return value if isinstance(value, Mapping) else {}


def _word(source: Json, name: str) -> str:
    value = source.get(name)
    return value if isinstance(value, str) else ""
