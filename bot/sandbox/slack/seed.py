"""The world a fresh sandbox starts with, and how a JSON file replaces it."""

import json
import time
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from bot.sandbox.slack.world import Channel, Json, SlackApp, Team, User, UserGroup, World

SCOPES = [
    "app_mentions:read",
    *("channels:history", "channels:read", "chat:write", "commands"),
    *("files:read", "files:write", "groups:history", "groups:read"),
    *("im:history", "im:read", "im:write", "reactions:read", "reactions:write"),
    *("team:read", "usergroups:read", "users:read", "users:read.email"),
]

APP: Json = {
    "id": "A0HELPDESK",
    "name": "Helpdesk",
    "bot_user_id": "U0HELPBOT",
    "bot_id": "B0HELPBOT",
    "bot_token": "xoxb-sandbox-bot-token",
    "app_token": "xapp-sandbox-app-token",
    "signing_secret": "sandbox-signing-secret",
    "commands": ["/helpdesk"],
    "client_id": "1001.2002",
    "client_secret": "sandbox-client-secret",
}

DEFAULT: Json = {
    "app": APP,
    "teams": [
        {"id": "T0NORTHWIND", "name": "Northwind Helpdesk", "domain": "northwind-helpdesk"},
        {"id": "T0ACME", "name": "Acme", "domain": "acme"},
    ],
    "users": [
        {"id": "U0HELPBOT", "team_id": "T0NORTHWIND", "name": "helpdesk", "real_name": "Helpdesk"},
        {"id": "U0SAM", "team_id": "T0NORTHWIND", "name": "sam", "real_name": "Sam", "email": "sam@northwind.example"},
        {
            "id": "U0ROBIN",
            "team_id": "T0NORTHWIND",
            "name": "robin",
            "real_name": "Robin",
            "email": "robin@northwind.example",
        },
        {
            "id": "U0NIA",
            "team_id": "T0NORTHWIND",
            "name": "nia",
            "real_name": "Nia",
            "email": "nia@northwind.example",
        },
        {
            "id": "U0GUEST",
            "team_id": "T0NORTHWIND",
            "name": "gus",
            "real_name": "Gus (guest)",
            "email": "gus@contractor.example",
            "is_restricted": True,
        },
        {"id": "U0ALICE", "team_id": "T0ACME", "name": "alice", "real_name": "Alice Adams"},
        {"id": "U0BOB", "team_id": "T0ACME", "name": "bob", "real_name": "Bob Brown"},
        {
            "id": "U0ACMEBOT",
            "team_id": "T0ACME",
            "name": "acmebot",
            "real_name": "Acme Deploys",
            "bot_id": "B0ACMEBOT",
            "app_id": "A0ACMEBOT",
        },
    ],
    "usergroups": [
        {"id": "S0APPROVERS", "name": "Refund approvers", "handle": "approvers", "users": ["U0SAM", "U0ROBIN"]}
    ],
    "channels": [
        {
            "id": "C0ACME",
            "name": "acme-support",
            "teams": ["T0NORTHWIND", "T0ACME"],
            "members": ["U0HELPBOT", "U0SAM", "U0ROBIN", "U0ALICE", "U0BOB", "U0ACMEBOT"],
        },
        {
            "id": "C0STAFF",
            "name": "helpdesk-approvals",
            "is_private": True,
            "members": ["U0HELPBOT", "U0SAM", "U0ROBIN", "U0NIA", "U0GUEST"],
        },
        {"id": "C0GENERAL", "name": "general", "members": ["U0HELPBOT", "U0SAM", "U0ROBIN", "U0NIA"]},
        {"id": "C0WATER", "name": "watercooler", "members": ["U0SAM", "U0ROBIN", "U0NIA"]},
    ],
}

Plain = TypeVar("Plain", Team, User, UserGroup, Channel, SlackApp)


def read_seed(path: str | None) -> Json:
    """The seed in the JSON file at `path`, shaped like DEFAULT; without a path, DEFAULT itself."""
    if path is None:
        return DEFAULT
    seed: Json = json.loads(Path(path).read_text("utf-8"))
    return seed


def build_world(seed: Json, scopes: list[str] | None = None) -> World:
    """A fresh world from `seed`; raises ValueError naming the first thing that does not fit."""
    app = _plain(SlackApp, {"scopes": SCOPES, **APP, **seed.get("app", {})})
    app.scopes = list(scopes or app.scopes)
    world = World(app=app)
    world.teams = {team.id: team for team in (_plain(Team, wish) for wish in seed["teams"])}
    world.users = {user.id: user for user in (_plain(User, wish) for wish in seed["users"])}
    world.groups = {group.id: group for group in (_plain(UserGroup, wish) for wish in seed.get("usergroups", []))}
    world.channels = {channel.id: channel for channel in (new_channel(world, wish) for wish in seed["channels"])}
    if app.bot_user_id not in world.users:
        raise ValueError(f"the seed has no user {app.bot_user_id} for the app's bot")
    world.bot.bot_id, world.bot.app_id = app.bot_id, app.id
    return world


def new_channel(world: World, wish: Json) -> Channel:
    """A channel as wished; it belongs to the home team when `teams` is not given."""
    channel = _plain(Channel, {"teams": [world.home.id], "created": int(time.time()), **wish})
    strangers = [user for user in channel.members if user not in world.users]
    if strangers:
        raise ValueError(f"channel {channel.id} has members nobody knows: {strangers}")
    return channel


def new_user(world: World, wish: Json) -> User:
    """A user as wished, of a team that exists."""
    user = _plain(User, wish)
    if user.team_id not in world.teams:
        raise ValueError(f"user {user.id} is of a team nobody knows: {user.team_id}")
    return user


def _plain(kind: type[Plain], wish: dict[str, Any]) -> Plain:
    known = {each.name for each in fields(kind)}
    unknown = sorted(set(wish) - known)
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(unknown)}")
    # Lists are copied: the default seed is shared by every world built from it.
    values: dict[str, Any] = {name: list(value) if isinstance(value, list) else value for name, value in wish.items()}
    return kind(**values)
