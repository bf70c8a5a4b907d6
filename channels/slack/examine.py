"""Asks Slack what `doctor` wants to know; nothing is posted and no socket is opened."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.base import PermanentChannelError
from channels.slack.api import PAGE, SlackApi
from channels.slack.staff_room import SHARED


@dataclass(frozen=True, slots=True)
class Token:
    """Whose the bot token is and what it may do."""

    team: str
    bot: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Room:
    """One channel as the bot sees it; `shared` names every way in which others can read it."""

    id: str
    name: str
    private: bool
    shared: tuple[str, ...]
    member: bool
    archived: bool


async def look_at_token(api: SlackApi) -> Token:
    """auth.test, and the scopes Slack lists in its headers. Raises ChannelError with what helps."""
    headers: dict[str, str] = {}

    async def kept(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        response = await call
        headers.update({name.lower(): value for name, value in dict(response.headers).items()})
        return response

    told = await api.answer(kept(api.client.auth_test()))
    scopes = frozenset(scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip())
    return Token(str(told.get("team") or ""), str(told.get("user") or ""), scopes)


async def try_app_token(api: SlackApi, app_token: str) -> None:
    """Ask for the address of a socket and leave it unused. Raises ChannelError when the token may not."""
    await api.answer(api.client.apps_connections_open(app_token=app_token))


async def look_at_room(api: SlackApi, channel_id: str) -> Room | None:
    """The channel; None when the bot cannot see it."""
    try:
        told = await api.answer(api.client.conversations_info(channel=channel_id))
    except PermanentChannelError as error:
        if "channel_not_found" in str(error):
            return None
        raise
    return _room(told.get("channel") or {})


async def rooms_of_bot(api: SlackApi) -> list[Room]:
    """The channels the bot is in."""
    channels = api.pages(
        lambda cursor: api.client.users_conversations(
            types="public_channel,private_channel", exclude_archived=True, limit=PAGE, cursor=cursor
        ),
        "channels",
    )
    return [_room({"is_member": True, **channel}) async for channel in channels]


def _room(channel: dict[str, Any]) -> Room:
    return Room(
        id=str(channel.get("id") or ""),
        name=str(channel.get("name") or ""),
        private=channel.get("is_private") is True,
        shared=tuple(name for name in SHARED if channel.get(name)),
        member=bool(channel.get("is_member")),
        archived=bool(channel.get("is_archived")),
    )
