"""Stored bytes of a Slack delivery understood: messages, edits, deletions and our own echo. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from channels.base import (
    AttachmentIn,
    Author,
    Clicked,
    Deleted,
    Echo,
    Edited,
    Inbound,
    Json,
    Nothing,
    Unreadable,
    Wrote,
)
from channels.slack.bots import author_of_bot, names_of_bot, words_of_bot, writer_of
from channels.slack.clicks import read_click, read_command, read_opened_home
from channels.slack.config import ChannelMode, ChannelRules, SlackConfig
from channels.slack.markers import marker_of
from channels.slack.people import Me, Person, author_of, team_of
from channels.slack.places import EVENTS as PLACE_EVENTS
from channels.slack.places import read_place_news
from channels.slack.readable import mentioned, readable, without_leading_mention

WRITTEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
SLACKBOT = "USLACKBOT"
TS = re.compile(r"\d{1,12}(?:\.\d{1,9})?")
ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Scene:
    """What must be known to understand a delivery: who we are, who the people in it are, and our settings."""

    me: Me
    config: SlackConfig
    people: Mapping[str, Person] = field(default_factory=dict)
    received_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def names(self) -> dict[str, str]:
        return {user_id: person.name for user_id, person in self.people.items() if person.name}


def load(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises Unreadable when there is none."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {type(error).__name__}") from error
    if not isinstance(payload, dict):
        raise Unreadable(f"a JSON {type(payload).__name__} instead of an object")
    return payload


def people_in(payload: Json) -> tuple[frozenset[str], frozenset[str]]:
    """(who acted, who is only mentioned): the users whose profiles `parse` would like to see."""
    event = payload.get("event")
    if isinstance(event, Mapping):
        actor, text = event.get("user"), event.get("text")
        named = mentioned(text) if isinstance(text, str) else frozenset()
        changed = event.get("message")
        if isinstance(changed, Mapping) and isinstance(changed.get("text"), str):
            named |= mentioned(changed["text"])
        return _ids(actor), named - _ids(actor)
    user = payload.get("user")
    about = payload.get("message") if payload.get("type") == "message_action" else None
    writer = _ids(about.get("user")) if isinstance(about, Mapping) else frozenset()
    presser = _ids(user.get("id")) if isinstance(user, Mapping) else _ids(payload.get("user_id"))
    return presser | writer, frozenset()


def parse(payload: Json, scene: Scene) -> Inbound:
    """What a delivery means. Raises Unreadable, with the reason, for a shape Slack does not document."""
    kind = payload.get("type")
    if kind == "event_callback":
        return _event(payload, scene)
    if kind in ("block_actions", "view_submission"):
        return read_click(payload, scene.me, scene.people, scene.config.staff_channel, scene.received_at)
    if kind == "message_action":
        return _shortcut(payload, scene)
    if "command" in payload:
        return read_command(payload, scene.me, scene.people, scene.received_at)
    if kind in ("shortcut", "view_closed", "block_suggestion", "interactive_message"):
        return Nothing(f"interaction {kind}")
    if kind in ("app_rate_limited", "ssl_check", "url_verification"):
        return Nothing(f"notice {kind}")
    raise Unreadable(f"neither an event nor an interaction (type {kind!r})")


def _event(payload: Json, scene: Scene) -> Inbound:
    event = payload.get("event")
    if not isinstance(event, Mapping):
        raise Unreadable("event_callback without an event")
    kind = event.get("type")
    if isinstance(kind, str) and kind in PLACE_EVENTS:
        return read_place_news(event, scene.me, scene.config.staff_channel, scene.received_at)
    if kind == "app_home_opened":
        return read_opened_home(event, scene.me, scene.people, scene.received_at)
    if kind not in ("message", "app_mention"):
        return Nothing(f"event type {kind}")
    subtype = _text(event, "subtype")
    if subtype == "message_changed":
        return _changed(event, scene)
    if subtype == "message_deleted":
        return _deleted(event, scene)
    if _is_bot(event) or event.get("user") == scene.me.user_id:
        return _from_bot(payload, event, scene, subtype)
    if subtype not in WRITTEN:
        return Nothing(f"message subtype {subtype}")
    return _wrote(payload, event, scene)


def _wrote(payload: Json, event: Json, scene: Scene) -> Inbound:
    where, ts = _channel(event), _ts(event, "ts")
    user_id = _text(event, "user") or _text(event, "bot_id")
    if not ID.fullmatch(user_id):
        raise Unreadable("a message without an author")
    person = scene.people.get(user_id)
    if user_id == SLACKBOT or (person is not None and person.bot and not _is_heard(event, scene)):
        return Nothing("written by a bot")
    if where == scene.config.staff_channel and event.get("thread_ts") in (None, "", ts):
        return Nothing("staff room talk")
    return _read_message(payload, event, scene, where, ts)


def _shortcut(payload: Json, scene: Scene) -> Inbound:
    """A shortcut on a message: who used it, and the message as if it had just been written."""
    click = read_click(payload, scene.me, scene.people, scene.config.staff_channel, scene.received_at)
    message, channel = payload.get("message"), payload.get("channel")
    if not isinstance(click, Clicked) or not isinstance(message, Mapping) or not isinstance(channel, Mapping):
        return click
    where, ts = _channel({"channel": channel.get("id")}), _ts(message, "ts")
    external_id = f"{scene.me.team_id}:{where}:{ts}"
    if (_is_bot(message) and not _is_heard(message, scene)) or not ID.fullmatch(writer_of(message)):
        return replace(click, value=external_id)
    return replace(click, value=external_id, about=_read_message(payload, message, scene, where, ts, called=True))


def _read_message(payload: Json, event: Json, scene: Scene, where: str, ts: str, *, called: bool = False) -> Wrote:
    """`called` says that somebody asked for a ticket of this message, whatever the channel's mode."""
    rules = _rules(event, scene, where)
    root = _ts(event, "thread_ts") if event.get("thread_ts") else ts
    text = _text(event, "text") or (words_of_bot(event) if _is_bot(event) else "")
    me, team = scene.me, scene.me.team_id
    author, shared = _author(payload, event, scene, rules)
    whole = readable(text, scene.names)
    return Wrote(
        thread_key=f"{team}:{where}:{root}",
        external_id=f"{team}:{where}:{ts}",
        author=author,
        text=readable(without_leading_mention(text, me.user_id), scene.names).strip(),
        full_text="\n\n".join(part for part in (whole, *_shared_messages(event, scene)) if part),
        sent_at=moment(ts),
        reply_to={"channel": where, "thread_ts": root, "team": team},
        attachments=_files(event),
        flags=("backfilled",) if payload.get("backfill") is True else (),
        facts={
            "mentioned": event.get("type") == "app_mention" or me.user_id in mentioned(text),
            "mode": str(rules.mode),
            "is_root": root == ts,
            "channel": where,
            "direct": _is_direct(event),
            "shared": shared,
            "group_seconds": rules.group_seconds,
            **({"called": True} if called or payload.get("opened_by") else {}),
            **({"staff_room": True} if where == scene.config.staff_channel else {}),
            **({"edited_at": edited} if (edited := _edited(event)) else {}),
            **({"gesture": gesture} if (gesture := _gesture(event)) else {}),
        },
    )


def _author(payload: Json, event: Json, scene: Scene, rules: ChannelRules) -> tuple[Author, bool]:
    """Who wrote, and whether the channel is shared; an event that does not say so is, when a stranger to us wrote."""
    person, told = scene.people.get(_text(event, "user")), payload.get("is_ext_shared_channel")
    foreign = team_of(event, person) not in ("", scene.me.team_id)
    shared = told is True or (told is None and foreign)
    if _is_bot(event):
        return author_of_bot(event, scene.me), shared
    return author_of(event, scene.me, person, shared=shared, rules=rules), shared


def _is_direct(event: Json) -> bool:
    return event.get("channel_type") == "im" or _text(event, "channel").startswith("D")


def _gesture(event: Json) -> str:
    """What the writer's own client called this message; Slack once delivered one gesture under two timestamps."""
    value = event.get("client_msg_id")
    return value if isinstance(value, str) and ID.fullmatch(value) else ""


def _rules(event: Json, scene: Scene, where: str) -> ChannelRules:
    """A direct message is always meant for us, whatever the default for channels says."""
    rules = scene.config.rules_of(where)
    direct = _is_direct(event) and where not in scene.config.channels
    return replace(rules, mode=ChannelMode.ALL) if direct else rules


def _edited(event: Json) -> str:
    """When a message we read late was last changed; "" when it never was."""
    edited = event.get("edited")
    return _ts(edited, "ts") if isinstance(edited, Mapping) and edited.get("ts") else ""


def _shared_messages(event: Json, scene: Scene) -> list[str]:
    """Messages forwarded into this one: somebody else's words, so only part of the full text."""
    attachments = event.get("attachments")
    found: list[str] = []
    for one in attachments if isinstance(attachments, list) else []:
        if isinstance(one, Mapping) and (one.get("is_share") or one.get("is_msg_unfurl")):
            words = readable(_text(one, "text"), scene.names)
            found.append(f"Forwarded from {_text(one, 'author_name') or 'somebody'}:\n{words}")
    return found


def _files(event: Json) -> tuple[AttachmentIn, ...]:
    files = event.get("files")
    return tuple(
        _file(one)
        for one in (files if isinstance(files, list) else [])
        if isinstance(one, Mapping) and one.get("mode") not in ("tombstone", "hidden_by_limit")
    )


def _file(one: Json) -> AttachmentIn:
    """Files of other companies arrive as a bare id (`check_file_info`): size 0 until files.info was asked."""
    size, file_id = one.get("size"), _text(one, "id")
    return AttachmentIn(
        filename=_text(one, "name") or _text(one, "title") or file_id or "file",
        content_type=_text(one, "mimetype") or "application/octet-stream",
        size=size if isinstance(size, int) else 0,
        sha256=hashlib.sha256(f"slack:{file_id}".encode("utf-8", "replace")).hexdigest(),
        source={
            "file_id": file_id,
            "url": _text(one, "url_private_download"),
            "ask_first": one.get("file_access") == "check_file_info",
        },
    )


def _changed(event: Json, scene: Scene) -> Inbound:
    now, before = event.get("message"), event.get("previous_message")
    if not isinstance(now, Mapping):
        raise Unreadable("message_changed without the message")
    where, ts = _channel(event), _ts(now, "ts")
    external_id = f"{scene.me.team_id}:{where}:{ts}"
    if now.get("subtype") == "tombstone":
        return Deleted(external_id, moment(_when(event, ts)))
    if (_is_bot(now) and not _is_heard(now, scene)) or _text(now, "user") in (SLACKBOT, scene.me.user_id):
        return Nothing("a bot's message changed")
    if isinstance(before, Mapping) and _text(before, "text") == _text(now, "text"):
        return Nothing("only the looks of a message changed")
    edited = now.get("edited")
    at = _ts(edited, "ts") if isinstance(edited, Mapping) and edited.get("ts") else _when(event, ts)
    said = without_leading_mention(_text(now, "text"), scene.me.user_id)
    return Edited(external_id, readable(said, scene.names).strip(), moment(at))


def _deleted(event: Json, scene: Scene) -> Inbound:
    where = _channel(event)
    before = event.get("previous_message")
    ts = _ts(event, "deleted_ts") if event.get("deleted_ts") else _ts(before, "ts") if before else ""
    if not ts:
        raise Unreadable("message_deleted without the ts of what was deleted")
    if isinstance(before, Mapping) and _is_bot(before) and not _is_heard(before, scene):
        return Nothing("a bot's message was deleted")
    return Deleted(f"{scene.me.team_id}:{where}:{ts}", moment(_when(event, ts)))


def _is_bot(event: Json) -> bool:
    return bool(event.get("bot_id")) or event.get("subtype") == "bot_message"


def _is_heard(event: Json, scene: Scene) -> bool:
    """Whether this bot is one the operator named: a workflow or a form that speaks for people."""
    return not is_mine(event, scene.me) and bool(scene.config.bots & names_of_bot(event))


def _from_bot(payload: Json, event: Json, scene: Scene, subtype: str) -> Inbound:
    if not is_mine(event, scene.me, app_id=payload.get("api_app_id")):
        if not _is_heard(event, scene):
            return Nothing("written by another bot")
        known = subtype in WRITTEN or subtype == "bot_message"
        return _wrote(payload, event, scene) if known else Nothing(f"message subtype {subtype}")
    marker = marker_of(event)
    if marker is None:
        return Nothing("our own message, not one of the desk's")
    if not marker.complete:
        return Nothing(f"part {marker.part} of {marker.parts} of {marker.key} is out")
    team, where = scene.me.team_id, _channel(event)
    return Echo(marker.key, f"{team}:{where}:{marker.first_ts or _ts(event, 'ts')}")


def is_mine(message: Json, me: Me, *, app_id: object = None) -> bool:
    """Whether our own bot wrote `message`."""
    if message.get("user") == me.user_id or (me.bot_id and message.get("bot_id") == me.bot_id):
        return True
    return bool(message.get("bot_id")) and bool(app_id) and message.get("app_id") == app_id


def moment(ts: str) -> datetime:
    """A Slack ts ("1700000000.000100") as aware UTC, exact to the microsecond."""
    seconds, _, fraction = ts.partition(".")
    try:
        return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(fraction[:6].ljust(6, "0")))
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(f"ts {ts!r} is no time") from error


def _when(event: Json, otherwise: str) -> str:
    stamp = event.get("event_ts") or event.get("ts")
    return stamp if isinstance(stamp, str) and TS.fullmatch(stamp) else otherwise


def _channel(event: Json) -> str:
    where = event.get("channel")
    if not isinstance(where, str) or not ID.fullmatch(where):
        raise Unreadable("no channel id")
    return where


def _ts(event: Any, name: str) -> str:
    ts = event.get(name) if isinstance(event, Mapping) else None
    if not isinstance(ts, str) or not TS.fullmatch(ts):
        raise Unreadable(f"{name} is not a message timestamp: {str(ts)[:40]!r}")
    return ts


def _text(source: Json, name: str) -> str:
    value = source.get(name)
    if value is not None and not isinstance(value, str):
        raise Unreadable(f"{name} is a {type(value).__name__} instead of text")
    return value or ""


def _ids(value: object) -> frozenset[str]:
    return frozenset({value}) if isinstance(value, str) and ID.fullmatch(value) else frozenset()
