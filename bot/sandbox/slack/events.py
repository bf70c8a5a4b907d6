"""What Slack tells the app about: builds each event and its envelope, and sends it if the app may know."""

import secrets
import time

from bot.sandbox.slack.delivery import Kind
from bot.sandbox.slack.text import mentioned, users_in
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import message_json, profile_in_event
from bot.sandbox.slack.world import Channel, File, Json, Message, User

HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
READ = {"channel": "channels:read", "group": "groups:read", "im": "im:read"}
CHANNEL_LETTER = {"channel": "C", "group": "G", "im": "D"}


def emit(town: Town, event: Json, channel: Channel | None, *, scope: str = "") -> None:
    """Send `event` to the app when it is installed, has the scope and, for a channel's event, is a member there."""
    app = town.world.app
    if app.revoked or (scope and scope not in app.scopes):
        return
    if channel is not None and app.bot_user_id not in channel.members:
        return
    event.setdefault("event_ts", town.world.new_ts())
    town.deliveries.send(Kind.EVENT, envelope(town, event, channel))


def envelope(town: Town, event: Json, channel: Channel | None) -> Json:
    """The outer part every event has."""
    home, app = town.world.home, town.world.app
    return {
        "token": "sandbox",
        "team_id": home.id,
        "context_team_id": home.id,
        "context_enterprise_id": home.enterprise_id,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev0{secrets.token_hex(5).upper()}",
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": home.enterprise_id,
                "team_id": home.id,
                "user_id": app.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": channel is not None and channel.is_ext_shared,
        "event_context": f"4-{secrets.token_hex(24)}",
    }


def author_facts(town: Town, user: User, channel: Channel) -> Json:
    """What a shared channel adds about an author of another team."""
    if not channel.is_ext_shared or town.world.is_home(user):
        return {}
    facts: Json = {"user_team": user.team_id, "source_team": user.team_id}
    return facts | {"user_profile": profile_in_event(town.world, user)}


def message_posted(town: Town, message: Message) -> None:
    """A new message: `message`, and `app_mention` as well when it names our bot."""
    world = town.world
    channel, author = world.channels[message.channel], world.users[message.user]
    event = message_json(world, message, town.base) | author_facts(town, author, channel)
    event |= {"channel": channel.id, "event_ts": message.ts, "channel_type": channel.kind}
    emit(town, dict(event), channel, scope=HISTORY[channel.kind])
    named = world.app.bot_user_id in mentioned(message.text) | users_in(message.blocks)
    if named and author.id != world.app.bot_user_id and not channel.is_im:
        emit(town, _app_mention(town, event, author), channel, scope="app_mentions:read")
    for file_id in message.files:
        _file_shared(town, world.files[file_id], channel, message)


def _app_mention(town: Town, event: Json, author: User) -> Json:
    mention = {name: value for name, value in event.items() if name not in ("subtype", "channel_type")}
    mention["type"] = "app_mention"
    enterprise = town.world.team_of(author).enterprise_id
    if "user_team" in mention and enterprise:
        # On an enterprise grid Slack names the organisation here and the workspace nowhere.
        mention["user_team"] = enterprise
    return mention


def _file_shared(town: Town, file: File, channel: Channel, message: Message) -> None:
    event = {
        "type": "file_shared",
        "channel_id": channel.id,
        "file_id": file.id,
        "user_id": message.user,
        "file": {"id": file.id},
    }
    emit(town, event, channel, scope="files:read")


def message_changed(town: Town, message: Message, previous: Json) -> None:
    """An edit by anybody, the bot included; also what a deletion of a thread's root looks like."""
    channel, author = town.world.channels[message.channel], town.world.users[message.user]
    now = message_json(town.world, message, town.base) | _outer_team_facts(town, author, channel)
    event: Json = {
        "type": "message",
        "subtype": "message_changed",
        "message": now,
        "previous_message": previous,
        "channel": channel.id,
        "hidden": True,
        "ts": town.world.new_ts(),
        "channel_type": channel.kind,
    }
    emit(town, event | {"event_ts": event["ts"]}, channel, scope=HISTORY[channel.kind])


def _outer_team_facts(town: Town, author: User, channel: Channel) -> Json:
    facts = author_facts(town, author, channel)
    facts.pop("user_profile", None)
    return facts


def message_deleted(town: Town, channel: Channel, previous: Json) -> None:
    event: Json = {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": previous,
        "channel": channel.id,
        "hidden": True,
        "deleted_ts": previous["ts"],
        "ts": town.world.new_ts(),
        "channel_type": channel.kind,
    }
    emit(town, event | {"event_ts": event["ts"]}, channel, scope=HISTORY[channel.kind])


def member_changed(town: Town, channel: Channel, user: User, *, joined: bool, inviter: str | None = None) -> None:
    """Somebody came or went; the bot is told of its own leaving too."""
    event: Json = {
        "type": "member_joined_channel" if joined else "member_left_channel",
        "user": user.id,
        "channel": channel.id,
        "channel_type": CHANNEL_LETTER[channel.kind],
        "team": user.team_id,
    }
    if inviter:
        event["inviter"] = inviter
    own_leaving = user.id == town.world.app.bot_user_id and not joined
    emit(town, event, None if own_leaving else channel, scope=READ[channel.kind])


def reaction_changed(town: Town, message: Message, user: str, name: str, *, added: bool) -> None:
    event = {
        "type": "reaction_added" if added else "reaction_removed",
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
    }
    emit(town, event, town.world.channels[message.channel], scope="reactions:read")


def channel_changed(town: Town, channel: Channel, kind: str, **facts: object) -> None:
    """channel_shared, channel_unshared, channel_archive, channel_rename and the like."""
    emit(town, {"type": kind, "channel": channel.id, **facts}, channel, scope=READ[channel.kind])
