"""Posting once: every message carries its marker, and after any doubt the thread is read before anything is posted."""

from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.base import PermanentChannelError, Reply, TemporaryChannelError
from channels.slack.api import PAGE, SlackApi
from channels.slack.gate import Refused, validate_message
from channels.slack.markers import REPLY, Marker, marker_of
from channels.slack.parse import is_mine
from channels.slack.people import Me
from channels.slack.render import Part, render

# Our clock and Slack's may differ by the five minutes its signatures allow, and then some.
LOOK_BACK = timedelta(minutes=10)


async def find_reply(api: SlackApi, reply: Reply, doubt_seconds: float) -> str | None:
    """The external id of `reply` when all its parts are in the thread; None when it may be sent.

    `first_tried_at` must be from before this attempt: None means it was never tried, and nothing is
    asked. A try less than `doubt_seconds` old may still be on its way, so finding nothing then raises
    TemporaryChannelError instead of allowing a second message.
    """
    if reply.first_tried_at is None:
        return None
    me = await api.me()
    found = await _found(api, reply, me)
    for parts in {marker.parts for marker in found}:
        first, *rest = (Marker(reply.key, part, parts).text for part in range(1, parts + 1))
        known = {marker.text: ts for marker, ts in found.items()}
        if all(text in known for text in (first, *rest)):
            return f"{me.team_id}:{_place(reply)[0]}:{known[first]}"
    still_doubtful(reply.first_tried_at, doubt_seconds)
    return None


async def send_reply(api: SlackApi, reply: Reply, doubt_seconds: float) -> str:
    """Post every part that is not there yet, in order; the external id of the first one.

    Raises TemporaryChannelError (in doubt: ask `find_reply` first, after `retry_after`) or PermanentChannelError.
    """
    channel, thread_ts = _place(reply)
    parts = _rendered(reply)
    me = await api.me()
    there: dict[str, str] = {}
    if reply.first_tried_at is not None and len(parts) > 1:
        there = {marker.text: ts for marker, ts in (await _found(api, reply, me)).items()}
    first_ts = ""
    for number, part in enumerate(parts, 1):
        marker = Marker(reply.key, number, len(parts), first_ts)
        try:
            ts = there.get(marker.text) or await post(api, channel, part, marker, REPLY, doubt_seconds, thread_ts)
        except TemporaryChannelError as error:
            if not first_ts:
                raise
            # Part of it is out: whoever tries again must look first.
            raise TemporaryChannelError(str(error), retry_after=error.retry_after, in_doubt=True) from error
        first_ts = first_ts or ts
    return f"{me.team_id}:{channel}:{first_ts}"


async def post(
    api: SlackApi, channel: str, part: Part, marker: Marker, kind: str, doubt_seconds: float, thread_ts: str = ""
) -> str:
    """One chat.postMessage that can be found again; its ts. It cannot ping, unfurl or reach the whole channel."""
    blocks = [{**part.blocks[0], "block_id": marker.block_id}, *part.blocks[1:]]
    try:
        validate_message(blocks, part.text)
    except Refused as error:
        raise PermanentChannelError(f"this message must not be sent: {error}") from error

    def call() -> Awaitable[AsyncSlackResponse]:
        return api.client.chat_postMessage(
            channel=channel,
            text=part.text,
            blocks=blocks,
            metadata=marker.metadata(kind),
            client_msg_id=marker.client_msg_id,
            unfurl_links=False,
            unfurl_media=False,
            link_names=False,
            thread_ts=thread_ts or None,
        )

    try:
        answer = await api.paced("chat.postMessage", channel, call)
    except TemporaryChannelError as error:
        if error.in_doubt:
            raise TemporaryChannelError(str(error), retry_after=doubt_seconds, in_doubt=True) from error
        raise
    if not isinstance(answer.get("ts"), str):
        raise TemporaryChannelError("Slack said ok without a ts", retry_after=doubt_seconds, in_doubt=True)
    return str(answer["ts"])


def still_doubtful(first_tried_at: datetime, doubt_seconds: float) -> None:
    """Raise TemporaryChannelError while a request sent at `first_tried_at` may still arrive."""
    rest = doubt_seconds - (datetime.now(UTC) - first_tried_at).total_seconds()
    if rest > 0:
        raise TemporaryChannelError("an earlier try may still be on its way", retry_after=rest, in_doubt=True)


def look_from(first_tried_at: datetime) -> str:
    """The `oldest` for reading: before anything we can have posted."""
    return f"{(first_tried_at - LOOK_BACK).timestamp():.6f}"


async def _found(api: SlackApi, reply: Reply, me: Me) -> dict[Marker, str]:
    """The parts of `reply` that are in its thread, with their ts."""
    found: dict[Marker, str] = {}
    async for message in _thread(api, reply):
        marker = marker_of(message) if is_mine(message, me) else None
        if marker is not None and marker.key == reply.key:
            found.setdefault(marker, str(message["ts"]))
    return found


def _thread(api: SlackApi, reply: Reply) -> AsyncIterator[dict[str, Any]]:
    channel, thread_ts = _place(reply)
    assert reply.first_tried_at is not None
    oldest = look_from(reply.first_tried_at)
    return api.pages(
        lambda cursor: api.client.conversations_replies(
            channel=channel, ts=thread_ts, oldest=oldest, limit=PAGE, cursor=cursor, include_all_metadata=True
        ),
        "messages",
    )


def _place(reply: Reply) -> tuple[str, str]:
    channel, thread_ts = reply.to.get("channel"), reply.to.get("thread_ts")
    if not isinstance(channel, str) or not isinstance(thread_ts, str) or not channel or not thread_ts:
        raise PermanentChannelError("this reply does not say which Slack thread it belongs to")
    return channel, thread_ts


def _rendered(reply: Reply) -> list[Part]:
    try:
        return render(reply.text, reply.citations, reply.rating)
    except ValueError as error:
        raise PermanentChannelError(str(error)) from error
