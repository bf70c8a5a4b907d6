"""The whole world as JSON, for a page that draws it and tests that look at the result."""

from bot.sandbox.slack.delivery import State
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import group_json, message_json, view_json
from bot.sandbox.slack.world import Channel, Json, User, View


def world_json(town: Town) -> Json:
    """Channels with their messages (metadata and pings included), ephemerals by user, open views, home tabs."""
    world = town.world
    return {
        "n": town.feed.n,
        "home_team": world.home.id,
        "bot_user_id": world.app.bot_user_id,
        "scopes": world.app.scopes,
        "teams": [{"id": team.id, "name": team.name, "domain": team.domain} for team in world.teams.values()],
        "users": [_user(town, user) for user in world.users.values()],
        "usergroups": [group_json(world, group, with_users=True) for group in world.groups.values()],
        "channels": [_channel(town, channel) for channel in world.channels.values()],
        "ephemerals": [{name: getattr(seen, name) for name in seen.__dataclass_fields__} for seen in world.ephemerals],
        "sockets": len(town.hub.sockets),
        "waiting_deliveries": sum(each.state is State.WAITING for each in town.deliveries.all),
        "modals": {user: [_view(town, view) for view in stack] for user, stack in world.modals.items() if stack},
        "homes": {user: _view(town, view) for user, view in world.homes.items()},
    }


def _user(town: Town, user: User) -> Json:
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "is_home": town.world.is_home(user),
        "is_guest": user.is_restricted or user.is_ultra_restricted,
        "is_bot": user.bot_id is not None,
    }


def _channel(town: Town, channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.is_private,
        "is_im": channel.is_im,
        "is_ext_shared": channel.is_ext_shared,
        "is_archived": channel.is_archived,
        "teams": channel.teams,
        "members": channel.members,
        "statuses": channel.statuses,
        "messages": [
            {**message_json(town.world, message, town.base, with_metadata=True), "pings": message.pings}
            for message in channel.messages.values()
        ],
    }


def _view(town: Town, view: View) -> Json:
    return view_json(town.world, view) | {"errors": view.errors}
