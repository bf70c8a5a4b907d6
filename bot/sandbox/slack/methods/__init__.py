"""Every Web API method the sandbox has: what it does, what it needs, how it may be called."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack import openid
from bot.sandbox.slack.args import Args
from bot.sandbox.slack.methods import chat, conversations, files, people, reactions, views
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.world import Json


@dataclass(frozen=True, slots=True)
class Method:
    """`scopes` are those needed whatever the arguments; `writes` methods change the world and take JSON too.

    `token` is whose must be shown: bot, app, user (who signed in), or client: the app's id and secret instead.
    """

    run: Callable[[Town, Args], Json]
    scopes: tuple[str, ...] = ()
    writes: bool = False
    token: str = "bot"
    takes_json: bool = False


def _read(run: Callable[[Town, Args], Json], *scopes: str) -> Method:
    return Method(run, scopes)


def _write(run: Callable[[Town, Args], Json], *scopes: str) -> Method:
    return Method(run, scopes, writes=True, takes_json=True)


METHODS: dict[str, Method] = {
    "apps.connections.open": Method(people.open_connection, token="app", takes_json=True),
    "assistant.threads.setStatus": _write(reactions.set_status, "chat:write"),
    "auth.test": Method(people.auth_test, takes_json=True),
    "bots.info": _read(people.bots_info, "users:read"),
    "chat.delete": _write(chat.delete, "chat:write"),
    "chat.getPermalink": _read(chat.get_permalink),
    "chat.postEphemeral": _write(chat.post_ephemeral, "chat:write"),
    "chat.postMessage": _write(chat.post_message, "chat:write"),
    "chat.update": _write(chat.update, "chat:write"),
    "conversations.history": _read(conversations.history),
    "conversations.info": _read(conversations.info),
    "conversations.join": _write(conversations.join, "channels:join"),
    "conversations.list": _read(conversations.list_channels),
    "conversations.members": _read(conversations.members),
    "conversations.open": _write(conversations.open_direct, "im:write"),
    "conversations.replies": _read(conversations.replies),
    "files.completeUploadExternal": _write(files.complete_upload, "files:write"),
    "files.getUploadURLExternal": _read(files.get_upload_url, "files:write"),
    "files.info": _read(files.files_info, "files:read"),
    "openid.connect.token": Method(openid.token, token="client", takes_json=True),
    "openid.connect.userInfo": Method(openid.user_info, token="user"),
    "reactions.add": _write(reactions.add, "reactions:write"),
    "reactions.get": _read(reactions.get, "reactions:read"),
    "reactions.remove": _write(reactions.remove, "reactions:write"),
    "team.info": _read(people.team_info, "team:read"),
    "usergroups.list": _read(people.groups_list, "usergroups:read"),
    "usergroups.users.list": _read(people.group_users, "usergroups:read"),
    "users.conversations": _read(conversations.list_joined),
    "users.info": _read(people.users_info, "users:read"),
    "users.list": _read(people.users_list, "users:read"),
    "users.lookupByEmail": _read(people.lookup_by_email, "users:read.email"),
    "views.open": _write(views.open_view),
    "views.publish": _write(views.publish_view),
    "views.push": _write(views.push_view),
    "views.update": _write(views.update_view),
}
