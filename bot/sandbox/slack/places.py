"""How the world itself changes: channels, members, sharing, groups, installation; the control API's other acts."""

from bot.sandbox.slack import events, posting
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.people import Act
from bot.sandbox.slack.seed import new_channel, new_user
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import group_json
from bot.sandbox.slack.world import Json, Team, UserGroup, new_id


async def add_channel(town: Town, wish: Json) -> Json:
    """Fields of Channel, `id` optional -> {channel}; members are there from the start, without events."""
    channel = new_channel(town.world, {"id": new_id("C"), "name": "new", **wish})
    town.world.channels[channel.id] = channel
    town.feed.add("channel", channel=channel.id)
    return {"channel": channel.id}


async def add_user(town: Town, wish: Json) -> Json:
    """Fields of User, `id` optional -> {user}."""
    user = new_user(town.world, {"id": new_id("U"), "real_name": wish.get("name", ""), **wish})
    town.world.users[user.id] = user
    return {"user": user.id}


async def add_team(town: Town, wish: Json) -> Json:
    """{name, domain, id?, enterprise_id?} -> {team}"""
    team = Team(**{"id": new_id("T"), **wish})
    town.world.teams[team.id] = team
    return {"team": team.id}


async def set_group(town: Town, wish: Json) -> Json:
    """{id, users}: who is in a user group from now on."""
    group = town.world.groups.setdefault(wish["id"], UserGroup(wish["id"], wish["id"], wish["id"].lower()))
    before, group.users = group.users, list(wish["users"])
    event: Json = {
        "type": "subteam_members_changed",
        "subteam_id": group.id,
        "team_id": town.world.home.id,
        "added_users": [user for user in group.users if user not in before],
        "removed_users": [user for user in before if user not in group.users],
    }
    events.emit(town, event, None, scope="usergroups:read")
    return {"usergroup": group_json(town.world, group, with_users=True)}


async def join(town: Town, wish: Json) -> Json:
    """{channel, user, inviter?}: somebody, or the bot itself, comes into a channel."""
    channel, user = town.world.channel(wish["channel"]), town.world.user(wish["user"])
    if user.id in channel.members:
        raise SlackError("already_in_channel")
    if user.team_id not in channel.teams:
        raise SlackError("cant_invite")
    channel.members.append(user.id)
    posting.announce(town, channel, user, "channel_join", f"<@{user.id}> has joined the channel")
    events.member_changed(town, channel, user, joined=True, inviter=wish.get("inviter"))
    return {}


async def leave(town: Town, wish: Json) -> Json:
    """{channel, user}"""
    channel, user = town.world.channel(wish["channel"]), town.world.user(wish["user"])
    if user.id not in channel.members:
        raise SlackError("not_in_channel")
    channel.members.remove(user.id)
    posting.announce(town, channel, user, "channel_leave", f"<@{user.id}> has left the channel")
    events.member_changed(town, channel, user, joined=False)
    return {}


async def share(town: Town, wish: Json) -> Json:
    """{channel, team}: connects a channel with another team."""
    channel = town.world.channel(wish["channel"])
    if wish["team"] not in town.world.teams:
        raise SlackError("team_not_found")
    if wish["team"] not in channel.teams:
        channel.teams.append(wish["team"])
    town.feed.add("channel", channel=channel.id)
    events.channel_changed(town, channel, "channel_shared", connected_team_id=wish["team"])
    return {}


async def unshare(town: Town, wish: Json) -> Json:
    """{channel, team}: disconnects it again; that team's people are out."""
    channel = town.world.channel(wish["channel"])
    channel.teams.remove(wish["team"])
    channel.members = [user for user in channel.members if town.world.users[user].team_id in channel.teams]
    town.feed.add("channel", channel=channel.id)
    shared = channel.is_ext_shared
    events.channel_changed(
        town, channel, "channel_unshared", previously_connected_team_id=wish["team"], is_ext_shared=shared
    )
    return {}


async def convert(town: Town, wish: Json) -> Json:
    """{channel, user, private}: makes a channel private or public; Slack tells it by a message and by no event."""
    channel, user = town.world.channel(wish["channel"]), town.world.user(wish["user"])
    channel.is_private = bool(wish["private"])
    town.feed.add("channel", channel=channel.id)
    kind = "private" if channel.is_private else "public"
    posting.announce(town, channel, user, f"channel_convert_to_{kind}", f"made this channel {kind}")
    return {}


async def archive(town: Town, wish: Json) -> Json:
    """{channel, user, undo?}"""
    channel = town.world.channel(wish["channel"])
    channel.is_archived = not wish.get("undo", False)
    kind = "group" if channel.is_private else "channel"
    suffix = "archive" if channel.is_archived else "unarchive"
    events.channel_changed(town, channel, f"{kind}_{suffix}", user=wish["user"])
    return {}


async def change_id(town: Town, wish: Json) -> Json:
    """{channel, new_id?} -> {channel}: Slack may give a channel another id when it becomes shared."""
    channel = town.world.channels.pop(town.world.channel(wish["channel"]).id)
    old, channel.id = channel.id, wish.get("new_id") or new_id("C")
    town.world.channels[channel.id] = channel
    for message in channel.messages.values():
        message.channel = channel.id
    for file in town.world.files.values():
        file.channels = [channel.id if each == old else each for each in file.channels]
    event = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": channel.id}
    events.emit(town, event, channel, scope="channels:read")
    return {"channel": channel.id}


async def revoke(town: Town, _: Json) -> Json:
    """The app is removed from the workspace: it is told so, and its tokens are worth nothing from then on."""
    tokens = {"bot": [town.world.app.bot_user_id]}
    events.emit(town, {"type": "tokens_revoked", "tokens": tokens}, None)
    events.emit(town, {"type": "app_uninstalled"}, None)
    town.world.app.revoked = True
    return {}


ACTS: dict[str, Act] = {
    "channels": add_channel,
    "users": add_user,
    "teams": add_team,
    "usergroups": set_group,
    "join": join,
    "leave": leave,
    "share": share,
    "unshare": unshare,
    "archive": archive,
    "convert": convert,
    "change_id": change_id,
    "revoke": revoke,
}
