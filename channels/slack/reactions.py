"""A reaction that asks for a ticket: which message it is on, and that message read from Slack."""

from collections.abc import Mapping
from typing import Any

from channels.base import Json
from channels.slack.api import SlackApi
from channels.slack.backfill import Place, event_of
from channels.slack.config import SlackConfig
from channels.slack.people import Me


def called_by_emoji(payload: Json, config: SlackConfig, me: Me) -> tuple[str, str] | None:
    """(channel, ts) of the message somebody wants a ticket of; None for every other reaction and event."""
    event = payload.get("event")
    if not isinstance(event, Mapping) or event.get("type") != "reaction_added" or event.get("user") == me.user_id:
        return None
    item = event.get("item")
    if not isinstance(item, Mapping) or item.get("type") != "message":
        return None
    where, ts = item.get("channel"), item.get("ts")
    if not isinstance(where, str) or not isinstance(ts, str):
        return None
    name = str(event.get("reaction") or "").partition("::")[0]
    return (where, ts) if name and name == config.rules_of(where).emoji else None


async def message_under(api: SlackApi, where: str, ts: str, payload: Json, me: Me) -> dict[str, Any] | None:
    """The message as an event, as if it had just been written and called us; None when it is gone."""
    answer = await api.answer(
        api.client.conversations_replies(channel=where, ts=ts, oldest=ts, latest=ts, inclusive=True, limit=2)
    )
    found = next((one for one in answer.get("messages") or [] if one.get("ts") == ts), None)
    if found is None:
        return None
    shared = payload.get("is_ext_shared_channel")
    return {**event_of(found, Place(where, ts, shared=shared), me), "backfill": False, "opened_by": "emoji"}
