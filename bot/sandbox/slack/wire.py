"""How teams, users, channels, messages, files and views look in Slack's JSON."""

from bot.sandbox.slack.world import Channel, File, Json, Message, Team, User, UserGroup, View, World


def team_json(team: Team) -> Json:
    wire: Json = {"id": team.id, "name": team.name, "domain": team.domain, "icon": {"image_default": True}}
    if team.enterprise_id:
        wire["enterprise_id"] = team.enterprise_id
    return wire


def user_json(world: World, user: User, *, with_email: bool) -> Json:
    """A user as users.info tells it: thin for people of other teams, whose mail address is never told."""
    profile: Json = {"real_name": user.real_name, "display_name": user.name, "team": user.team_id}
    wire: Json = {"id": user.id, "team_id": user.team_id, "name": user.name, "profile": profile}
    wire |= {"deleted": user.deleted, "is_bot": user.bot_id is not None, "updated": 0}
    if not world.is_home(user):
        return wire | {"real_name": user.real_name, "is_stranger": not world.bot_shares_channel_with(user)}
    if with_email and user.email:
        profile["email"] = user.email
    if user.bot_id:
        profile |= {"bot_id": user.bot_id, "api_app_id": user.app_id}
    wire |= {"is_restricted": user.is_restricted, "is_ultra_restricted": user.is_ultra_restricted}
    wire |= {"real_name": user.real_name, "is_admin": False, "is_owner": False, "is_app_user": False, "tz": "Etc/UTC"}
    enterprise = world.team_of(user).enterprise_id
    if enterprise:
        wire["enterprise_user"] = {"id": user.id, "enterprise_id": enterprise, "teams": [user.team_id]}
    return wire


def profile_in_event(world: World, user: User) -> Json:
    """The `user_profile` Slack embeds in events by people of other teams."""
    return {
        "real_name": user.real_name,
        "first_name": user.real_name.split()[0],
        "display_name": user.name,
        "name": user.name,
        "team": user.team_id,
        "avatar_hash": "0" * 12,
        "image_72": "https://avatars.slack.example/72.png",
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
    }


def channel_json(world: World, channel: Channel) -> Json:
    wire: Json = {
        "id": channel.id,
        "created": channel.created,
        "is_im": channel.is_im,
        "is_archived": channel.is_archived,
        "is_org_shared": False,
        "context_team_id": world.home.id,
    }
    if channel.is_im:
        other = next(user for user in channel.members if user != world.app.bot_user_id)
        return wire | {"user": other, "is_open": True}
    return wire | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_member": world.app.bot_user_id in channel.members,
        "is_general": channel.name == "general",
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": False,
        "shared_team_ids": list(channel.teams),
        "connected_team_ids": [team for team in channel.teams if team != world.home.id],
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def group_json(world: World, group: UserGroup, *, with_users: bool) -> Json:
    wire: Json = {
        "id": group.id,
        "team_id": world.home.id,
        "name": group.name,
        "handle": group.handle,
        "is_usergroup": True,
        "date_delete": 0,
        "user_count": len(group.users),
    }
    return wire | ({"users": list(group.users)} if with_users else {})


def bot_profile(world: World, user: User) -> Json:
    return {
        "id": user.bot_id,
        "app_id": user.app_id,
        "name": user.real_name,
        "team_id": user.team_id,
        "deleted": False,
        "updated": 0,
        "icons": {"image_72": "https://avatars.slack.example/bot.png"},
    }


def message_json(world: World, message: Message, base: str, *, with_metadata: bool = False) -> Json:
    """A message as history, replies and events show it; metadata only when asked for, as in Slack."""
    channel = world.channels[message.channel]
    wire: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    if message.subtype == "tombstone":
        return wire | {"user": "USLACKBOT", "subtype": "tombstone", "hidden": True} | _thread_facts(channel, message)
    author = world.users[message.user]
    wire["team"] = author.team_id
    for name in ("subtype", "client_msg_id", "blocks", "attachments", "edited"):
        if getattr(message, name):
            wire[name] = getattr(message, name)
    if author.bot_id:
        wire |= {"bot_id": author.bot_id, "app_id": author.app_id, "bot_profile": bot_profile(world, author)}
    if message.files:
        wire |= {"files": [file_in_message(world, world.files[each], channel, base) for each in message.files]}
        wire["upload"] = False
    if message.reactions:
        wire["reactions"] = reactions_json(message)
    if with_metadata and message.metadata:
        wire["metadata"] = message.metadata
    return wire | message.extra | _thread_facts(channel, message)


def reactions_json(message: Message) -> list[Json]:
    return [{"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()]


def _thread_facts(channel: Channel, message: Message) -> Json:
    if message.is_reply:
        root = channel.messages.get(message.thread_ts or "")
        return {"thread_ts": message.thread_ts, **({"parent_user_id": root.user} if root else {})}
    replies = channel.replies(message.ts)
    if not replies:
        return {}
    people = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": people,
        "reply_users_count": len(people),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def file_in_message(world: World, file: File, channel: Channel, base: str) -> Json:
    """In a shared channel another team's file is only a reference: its facts must be asked for."""
    if channel.is_ext_shared and not world.is_home(world.users[file.user]):
        return {"id": file.id, "mode": "file_access", "file_access": "check_file_info", "created": 0, "timestamp": 0}
    return file_json(world, file, base)


def file_json(world: World, file: File, base: str) -> Json:
    owner = world.users[file.user]
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        **({"alt_txt": file.alt_txt} if file.alt_txt else {}),
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2] or "binary",
        "user": file.user,
        "user_team": owner.team_id,
        "size": len(file.content),
        "mode": "hosted",
        "file_access": "visible",
        "is_external": False,
        "is_public": False,
        "created": file.created,
        "timestamp": file.created,
        "url_private": f"{base}/files-pri/{owner.team_id}-{file.id}/{file.name}",
        "url_private_download": f"{base}/files-pri/{owner.team_id}-{file.id}/download/{file.name}",
        "channels": list(file.channels),
    }


def view_json(world: World, view: View, values: Json | None = None) -> Json:
    """A view as Slack hands it back; `values` is what the person has typed."""
    empty: Json = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": {"type": "plain_text", "text": "View Title", "emoji": True},
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
    }
    return {
        **empty,
        **view.content,
        "id": view.id,
        "team_id": world.home.id,
        "state": {"values": values or {}},
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "app_id": world.app.id,
        "app_installed_team_id": world.home.id,
        "bot_id": world.app.bot_id,
    }
