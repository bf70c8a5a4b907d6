"""What several methods ask first: which channel, may the bot see it, may it write there, which page."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from bot.sandbox.slack.args import Args
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.world import Channel, Json

Item = TypeVar("Item")

RESTRICTED = {
    "read_only": "restricted_action_read_only_channel",
    "restricted": "restricted_action",
}


def need_scope(town: Town, scope: str) -> None:
    """missing_scope, as Slack words it, unless the app has `scope`."""
    scopes = town.world.app.scopes
    if scope not in scopes:
        raise SlackError("missing_scope", needed=scope, provided=",".join(scopes))


def visible_channel(town: Town, channel_id: str) -> Channel:
    """A channel the bot may know of: private ones only from inside."""
    channel = town.world.channel(channel_id)
    if channel.is_private and town.world.app.bot_user_id not in channel.members:
        raise SlackError("channel_not_found")
    return channel


def joined_channel(town: Town, channel_id: str) -> Channel:
    """A channel the bot is a member of."""
    channel = visible_channel(town, channel_id)
    if town.world.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def writable_channel(town: Town, channel_id: str, thread_ts: str | None) -> Channel:
    """A channel the bot may post to now; a home user's id stands for the direct messages with them."""
    user = town.world.users.get(channel_id)
    if user is not None and town.world.is_home(user) and user.bot_id is None:
        channel = town.world.direct_channel(user)
    else:
        channel = joined_channel(town, channel_id)
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.posting in RESTRICTED:
        raise SlackError(RESTRICTED[channel.posting])
    if channel.posting == "thread_only" and not thread_ts:
        raise SlackError("restricted_action_thread_only_channel")
    if channel.posting == "non_threadable" and thread_ts:
        raise SlackError("restricted_action_non_threadable_channel")
    return channel


def page(items: Sequence[Item], args: Args, *, default: int, most: int) -> tuple[list[Item], Json]:
    """One page of `items` by cursor, and the response_metadata that leads to the next."""
    limit = args.whole("limit", default, most)
    start = cursor_value(args, "offset")
    at = int(start) if start else 0
    following = make_cursor("offset", str(at + limit)) if at + limit < len(items) else ""
    return list(items[at : at + limit]), {"next_cursor": following}


def make_cursor(name: str, value: str) -> str:
    return base64.b64encode(f"{name}:{value}".encode()).decode()


def cursor_value(args: Args, name: str) -> str:
    """What the cursor says about `name`; empty without a cursor, invalid_cursor for one we never gave."""
    if not args.has("cursor"):
        return ""
    try:
        key, _, value = base64.b64decode(args.text("cursor"), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    if key != name or not value:
        raise SlackError("invalid_cursor")
    return value
