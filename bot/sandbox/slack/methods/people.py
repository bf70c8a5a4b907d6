"""auth.test, team.info, bots.info, users.* and usergroups.*: who is who."""

from bot.sandbox.slack.args import Args
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods.common import page
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import group_json, team_json, user_json
from bot.sandbox.slack.world import Json


def auth_test(town: Town, _: Args) -> Json:
    home, bot = town.world.home, town.world.bot
    answer: Json = {
        "url": f"https://{home.domain}.slack.com/",
        "team": home.name,
        "user": bot.name,
        "team_id": home.id,
        "user_id": bot.id,
        "bot_id": town.world.app.bot_id,
        "is_enterprise_install": False,
    }
    return answer | ({"enterprise_id": home.enterprise_id} if home.enterprise_id else {})


def open_connection(town: Town, _: Args) -> Json:
    """apps.connections.open: the address of one socket; refused while the app is set to HTTP mode."""
    if town.options.push_url:
        raise SlackError("socket_mode_not_enabled")
    return {"url": f"{town.base.replace('http', 'ws', 1)}/link/?ticket={town.hub.ticket()}&app_id={town.world.app.id}"}


def team_info(town: Town, args: Args) -> Json:
    """Our own team, or one we share a channel with."""
    team_id = args.text("team") or town.world.home.id
    shared = {team for channel in town.world.channels.values() for team in channel.teams}
    if team_id not in town.world.teams or team_id not in shared | {town.world.home.id}:
        raise SlackError("team_not_found")
    return {"team": team_json(town.world.teams[team_id])}


def bots_info(town: Town, args: Args) -> Json:
    wanted = args.text("bot") or town.world.app.bot_id
    for user in town.world.users.values():
        if user.bot_id == wanted:
            bot = {"id": user.bot_id, "app_id": user.app_id, "user_id": user.id, "name": user.real_name}
            return {"bot": bot | {"deleted": user.deleted, "updated": 0}}
    raise SlackError("bot_not_found")


def users_info(town: Town, args: Args) -> Json:
    """Anybody of our own team; others only while a channel is shared with them."""
    user = town.world.user(args.text("user"))
    if not town.world.is_home(user) and not town.world.bot_shares_channel_with(user):
        raise SlackError("user_not_visible")
    return {"user": user_json(town.world, user, with_email=_may_read_mail(town))}


def users_list(town: Town, args: Args) -> Json:
    own = [user for user in town.world.users.values() if town.world.is_home(user)]
    some, metadata = page(own, args, default=1000, most=1000)
    shown = [user_json(town.world, user, with_email=_may_read_mail(town)) for user in some]
    return {"members": shown, "cache_ts": 0, "response_metadata": metadata}


def lookup_by_email(town: Town, args: Args) -> Json:
    wanted = args.text("email").lower()
    for user in town.world.users.values():
        if wanted and town.world.is_home(user) and not user.deleted and (user.email or "").lower() == wanted:
            return {"user": user_json(town.world, user, with_email=True)}
    raise SlackError("users_not_found")


def _may_read_mail(town: Town) -> bool:
    return "users:read.email" in town.world.app.scopes


def groups_list(town: Town, args: Args) -> Json:
    with_users = args.flag("include_users")
    groups = town.world.groups.values()
    return {"usergroups": [group_json(town.world, group, with_users=with_users) for group in groups]}


def group_users(town: Town, args: Args) -> Json:
    group = town.world.groups.get(args.text("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}
