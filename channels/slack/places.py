"""Events about channels rather than in them, understood: invited, removed, archived, shared, renumbered. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from channels.base import Inbound, Json, Nothing, PlaceEvent, PlaceNews
from channels.slack.people import Me

ABOUT_US: Mapping[str, PlaceEvent] = {
    "member_joined_channel": PlaceEvent.JOINED,
    "member_left_channel": PlaceEvent.LEFT,
}
ABOUT_A_CHANNEL: Mapping[str, PlaceEvent] = {
    "channel_archive": PlaceEvent.ARCHIVED,
    "group_archive": PlaceEvent.ARCHIVED,
    "channel_unarchive": PlaceEvent.UNARCHIVED,
    "group_unarchive": PlaceEvent.UNARCHIVED,
    "channel_left": PlaceEvent.LEFT,
    "group_left": PlaceEvent.LEFT,
    "channel_deleted": PlaceEvent.ARCHIVED,
    "group_deleted": PlaceEvent.ARCHIVED,
    "channel_shared": PlaceEvent.SHARED,
    "channel_unshared": PlaceEvent.UNSHARED,
    "channel_id_changed": PlaceEvent.MOVED,
}
ABOUT_THE_WORKSPACE = ("app_uninstalled", "tokens_revoked")
EVENTS = frozenset({*ABOUT_US, *ABOUT_A_CHANNEL, *ABOUT_THE_WORKSPACE})


def read_place_news(event: Json, me: Me, staff_channel: str, received_at: datetime) -> Inbound:
    """What happened to a channel; Nothing when it happened to somebody else in it.

    https://docs.slack.dev/reference/events
    """
    kind = _word(event, "type")
    at = _moment(_word(event, "event_ts"), received_at)
    if kind in ABOUT_THE_WORKSPACE:
        return PlaceNews("", PlaceEvent.REVOKED, at)
    if kind in ABOUT_US and event.get("user") != me.user_id:
        return Nothing(f"{kind} of somebody else")
    where = _word(event, "old_channel_id") or _word(event, "channel")
    if not where:
        return Nothing(f"{kind} without a channel")
    happened = ABOUT_US.get(kind) or ABOUT_A_CHANNEL[kind]
    if happened is PlaceEvent.UNSHARED and event.get("is_ext_shared") is True:
        happened = PlaceEvent.SHARED
    return PlaceNews(where, happened, at, _word(event, "new_channel_id"), internal=where == staff_channel)


def _moment(stamp: str, otherwise: datetime) -> datetime:
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise


def _word(source: Json, name: str) -> str:
    value = source.get(name)
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else ""
