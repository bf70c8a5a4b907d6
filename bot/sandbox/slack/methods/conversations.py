"""conversations.*: channels, their members, and what was said in them."""

from bot.sandbox.slack import events, posting
from bot.sandbox.slack.args import Args
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.events import HISTORY, READ
from bot.sandbox.slack.methods.common import (
    cursor_value,
    joined_channel,
    make_cursor,
    need_scope,
    page,
    visible_channel,
)
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import channel_json, message_json
from bot.sandbox.slack.world import Channel, Json, Message

TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def info(town: Town, args: Args) -> Json:
    channel = visible_channel(town, args.text("channel"))
    need_scope(town, READ[channel.kind])
    wire = channel_json(town.world, channel)
    if not args.flag("include_num_members"):
        wire.pop("num_members", None)
    return {"channel": wire}


def list_channels(town: Town, args: Args) -> Json:
    kinds = _wanted_kinds(town, args)
    bot = town.world.app.bot_user_id
    found = [
        channel_json(town.world, channel)
        for channel in town.world.channels.values()
        if channel.kind in kinds
        and (not channel.is_private or bot in channel.members)
        and not (channel.is_archived and args.flag("exclude_archived"))
    ]
    some, metadata = page(found, args, default=100, most=1000)
    return {"channels": some, "response_metadata": metadata}


def list_joined(town: Town, args: Args) -> Json:
    """users.conversations: only what the bot is a member of."""
    kinds = _wanted_kinds(town, args)
    found = [
        channel_json(town.world, channel)
        for channel in town.world.channels.values()
        if channel.kind in kinds and town.world.app.bot_user_id in channel.members
    ]
    some, metadata = page(found, args, default=100, most=999)
    return {"channels": some, "response_metadata": metadata}


def _wanted_kinds(town: Town, args: Args) -> set[str]:
    types = [each.strip() for each in (args.text("types") or "public_channel").split(",")]
    if not set(types) <= set(TYPES):
        raise SlackError("invalid_types")
    for each in types:
        need_scope(town, READ.get(TYPES[each], "mpim:read"))
    return {TYPES[each] for each in types}


def members(town: Town, args: Args) -> Json:
    channel = visible_channel(town, args.text("channel"))
    need_scope(town, READ[channel.kind])
    some, metadata = page(channel.members, args, default=100, most=1000)
    return {"members": some, "response_metadata": metadata}


def join(town: Town, args: Args) -> Json:
    channel = visible_channel(town, args.text("channel"))
    if channel.is_private:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    bot = town.world.bot
    if bot.id not in channel.members:
        channel.members.append(bot.id)
        posting.announce(town, channel, bot, "channel_join", f"<@{bot.id}> has joined the channel")
        events.member_changed(town, channel, bot, joined=True)
    return {"channel": channel_json(town.world, channel)}


def open_direct(town: Town, args: Args) -> Json:
    """conversations.open with one user of our own team, or with the id of a conversation there is."""
    if args.has("channel"):
        channel = visible_channel(town, args.text("channel"))
        return {"channel": channel_json(town.world, channel)}
    users = [each.strip() for each in args.text("users").split(",") if each.strip()]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        need_scope(town, "mpim:write")
    user = town.world.user(users[0])
    if not town.world.is_home(user):
        raise SlackError("user_not_found")
    if user.bot_id:
        raise SlackError("cannot_dm_bot")
    channel = town.world.direct_channel(user)
    return {"channel": channel_json(town.world, channel) if args.flag("return_im") else {"id": channel.id}}


def history(town: Town, args: Args) -> Json:
    """Newest first. With `oldest` alone, the page nearest to it, as Slack does, so that one can read forward."""
    channel = _readable(town, args)
    shown = [each for each in channel.messages.values() if not each.is_reply or each.subtype == "thread_broadcast"]
    limit = args.whole("limit", 100, 999)
    forward = args.has("oldest") and not args.has("latest")
    shown = _within(shown, args, forward=forward)
    some = shown[:limit] if forward else shown[-limit:]
    edge = some[-1].ts if forward and some else some[0].ts if some else ""
    more = len(shown) > len(some)
    return _pageful(town, args, list(reversed(some)), edge if more else "") | {"pin_count": 0}


def replies(town: Town, args: Args) -> Json:
    """Oldest first, the root before all on every page; for a message without replies, itself alone."""
    channel = _readable(town, args)
    root = channel.messages.get(args.text("ts"))
    if root is None:
        raise SlackError("thread_not_found")
    shown = _within(channel.replies(root.ts), args, forward=True)
    limit = args.whole("limit", 1000, 1000)
    some = shown[:limit]
    more = len(shown) > len(some)
    return _pageful(town, args, [root, *some], some[-1].ts if more else "")


def _readable(town: Town, args: Args) -> Channel:
    channel = joined_channel(town, args.text("channel"))
    need_scope(town, HISTORY[channel.kind])
    return channel


def _within(messages: list[Message], args: Args, *, forward: bool) -> list[Message]:
    """Those inside oldest and latest (the bounds themselves only if `inclusive`) and beyond the cursor."""
    oldest, latest = _bound(args, "oldest"), _bound(args, "latest")
    inclusive = args.flag("inclusive")
    cursor = _key(cursor_value(args, "next_ts"))
    kept = []
    for message in messages:
        ts = _key(message.ts)
        if oldest and (ts < oldest or (ts == oldest and not inclusive)):
            continue
        if latest and (ts > latest or (ts == latest and not inclusive)):
            continue
        if cursor and (ts <= cursor if forward else ts >= cursor):
            continue
        kept.append(message)
    return kept


def _bound(args: Args, name: str) -> int:
    value = args.values.get(name)
    try:
        return _key(str(value)) if args.has(name) else 0
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _key(ts: str) -> int:
    """Microseconds, for comparing timestamps of any precision without rounding."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds or 0) * 1_000_000 + int((fraction + "000000")[:6])


def _pageful(town: Town, args: Args, messages: list[Message], next_ts: str) -> Json:
    with_metadata = args.flag("include_all_metadata")
    shown = [message_json(town.world, each, town.base, with_metadata=with_metadata) for each in messages]
    answer: Json = {"messages": shown, "has_more": bool(next_ts)}
    if next_ts:
        answer["response_metadata"] = {"next_cursor": make_cursor("next_ts", next_ts)}
    return answer
