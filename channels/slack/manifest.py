"""What the Slack app must be allowed to do: each method we call, each event we hear, and the manifest of them."""

from collections.abc import Mapping
from typing import Any

METHODS: Mapping[str, tuple[str, ...]] = {
    # assistant:write does as well for now; Slack is taking it away (its changelog of 5 March 2026).
    "assistant.threads.setStatus": ("chat:write",),
    "apps.connections.open": (),  # the app-level token's own scope, connections:write
    "auth.test": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.info": ("channels:read", "groups:read", "im:read"),
    "conversations.members": ("channels:read", "groups:read"),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "files.info": ("files:read",),
    "reactions.add": ("reactions:write",),
    "reactions.remove": ("reactions:write",),
    "team.info": ("team:read",),
    "usergroups.list": ("usergroups:read",),
    "usergroups.users.list": ("usergroups:read",),
    "users.conversations": ("channels:read", "groups:read", "im:read"),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
}
"""Each Web API method this room calls, with the bot scopes it needs (https://docs.slack.dev/reference/methods)."""

EVENTS: Mapping[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "channel_archive": ("channels:read",),
    "channel_deleted": ("channels:read",),
    "channel_id_changed": ("channels:read", "groups:read"),
    "channel_left": ("channels:read",),
    "channel_shared": ("channels:read", "groups:read"),
    "channel_unarchive": ("channels:read",),
    "channel_unshared": ("channels:read", "groups:read"),
    "group_archive": ("groups:read",),
    "group_deleted": ("groups:read",),
    "group_left": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "reaction_added": ("reactions:read",),
    "tokens_revoked": (),
}
"""Each event this room understands, with the scopes it needs (https://docs.slack.dev/reference/events)."""

SIGNED_IN_PATH = "/console/sign-in/slack/done"
"""Where Slack sends people back to after Sign in with Slack."""

COMMANDS = ("commands",)
"""The scope that slash commands and message shortcuts need."""

SIGN_IN = ("openid", "profile")
"""What whoever signs in at the console lets us know: who they are, and their name. Scopes of the person."""

ADDRESSES_OF_PEOPLE = "users:read.email"
"""Lets users.info tell addresses, which staff see on a card."""


def bot_scopes() -> frozenset[str]:
    """Every scope the bot token must have."""
    needed = (scope for table in (METHODS, EVENTS) for scopes in table.values() for scope in scopes)
    return frozenset({*needed, *COMMANDS, ADDRESSES_OF_PEOPLE})


def manifest(
    name: str,
    *,
    mode: str,
    request_url: str | None = None,
    shortcuts: Mapping[str, str] | None = None,
    console_url: str | None = None,
) -> dict[str, Any]:
    """The app manifest for https://api.slack.com/apps?new_app=1.

    `mode` is socket or http; http needs `request_url`, the public address of /slack/events. `shortcuts` are those on
    a message: what the program calls each, and what people read. `console_url` is where the console is reached, for
    Sign in with Slack.
    """
    if mode == "http" and not request_url:
        raise ValueError("http mode needs the public address of /slack/events")
    at = {"request_url": request_url} if mode == "http" else {}
    back = {"redirect_urls": [f"{console_url.rstrip('/')}{SIGNED_IN_PATH}"]} if console_url else {}
    return {
        "display_information": {
            "name": name,
            "description": "Answers customers in shared channels, and asks staff before money moves",
        },
        "features": _features(name, {"url": request_url} if mode == "http" else {}, shortcuts or {}),
        "oauth_config": {
            **back,
            "scopes": {**({"user": list(SIGN_IN)} if console_url else {}), "bot": sorted(bot_scopes())},
        },
        "settings": {
            "event_subscriptions": {**at, "bot_events": sorted(EVENTS)},
            "interactivity": {"is_enabled": True, **at},
            "org_deploy_enabled": False,
            "socket_mode_enabled": mode == "socket",
            "token_rotation_enabled": False,
        },
    }


def _features(name: str, at: Mapping[str, str | None], shortcuts: Mapping[str, str]) -> dict[str, Any]:
    """What people see of the app; `at` is where Slack sends the command in http mode."""
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "slash_commands": [
            {
                "command": "/helpdesk",
                "description": "Status, queue, pause and more; alone it lists what there is",
                "usage_hint": "status | queue | ticket | pause | resume",
                "should_escape": True,
                **at,
            }
        ],
        "shortcuts": [
            {"name": words, "type": "message", "callback_id": callback, "description": words}
            for callback, words in shortcuts.items()
        ],
        "bot_user": {"display_name": name, "always_online": True},
    }
