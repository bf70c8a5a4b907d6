"""What a message may consist of: texts, blocks, attachments and metadata, refused as Slack refuses them."""

import json
import math
import re
import time
from typing import Any

from bot.sandbox.slack.args import Args
from bot.sandbox.slack.blocks import accept_message_blocks, short_id
from bot.sandbox.slack.errors import RateLimited, SlackError
from bot.sandbox.slack.posting import Draft
from bot.sandbox.slack.text import with_crowds_linked
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.world import Json

MAX_TEXT = 40_000
MAX_UPDATE_TEXT = 4_000
MAX_MARKDOWN = 12_000
MAX_ATTACHMENTS = 100
MAX_METADATA_BYTES = 8_192
EVENT_TYPE = re.compile(r"[A-Za-z0-9_.\-]{1,255}")

BURST = 3
BURST_SECONDS = 3.0


def read_draft(args: Args) -> Draft:
    """The message the arguments describe; no_text when they describe nothing."""
    draft = Draft(
        text=args.text("text"),
        blocks=read_blocks(args) or [],
        attachments=read_attachments(args),
        thread_ts=args.text("thread_ts") or None,
        reply_broadcast=args.flag("reply_broadcast"),
        metadata=read_metadata(args),
        client_msg_id=args.text("client_msg_id") or None,
    )
    if args.flag("link_names") or args.text("parse") == "full":
        draft.text = with_crowds_linked(draft.text)
    _take_markdown(args, draft)
    if len(draft.text) > MAX_TEXT:
        raise SlackError("msg_too_long")
    if not (draft.text.strip() or draft.blocks or draft.attachments):
        raise SlackError("no_text")
    return draft


def _take_markdown(args: Args, draft: Draft) -> None:
    markdown = args.text("markdown_text")
    if not markdown:
        return
    if draft.text or draft.blocks:
        raise SlackError("markdown_text_conflict")
    if len(markdown) > MAX_MARKDOWN:
        raise SlackError("msg_too_long")
    draft.text = markdown
    draft.blocks = [{"type": "markdown", "block_id": short_id(), "text": markdown}]


def read_blocks(args: Args) -> list[Json] | None:
    """The checked blocks; None when none were given."""
    blocks = args.data("blocks", "invalid_blocks_format")
    return None if blocks is None or blocks == "" else accept_message_blocks(blocks)


def read_attachments(args: Args) -> list[Json]:
    attachments = args.data("attachments", "invalid_attachments")
    if attachments in (None, ""):
        return []
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for each in attachments:
        if "blocks" in each:
            each["blocks"] = accept_message_blocks(each["blocks"])
    return attachments


def read_metadata(args: Args) -> Json | None:
    """The checked metadata; None when none was given."""
    metadata = args.data("metadata", "invalid_metadata_format")
    if metadata in (None, ""):
        return None
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    if metadata and not _is_metadata(metadata):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > MAX_METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return metadata


def _is_metadata(metadata: dict[str, Any]) -> bool:
    event_type = metadata.get("event_type")
    shaped = isinstance(event_type, str) and isinstance(metadata.get("event_payload"), dict)
    return shaped and set(metadata) == {"event_type", "event_payload"} and bool(EVENT_TYPE.fullmatch(str(event_type)))


def count_against_limit(town: Town, channel_id: str) -> None:
    """About one message a second and channel, short bursts allowed; RateLimited when it is too fast."""
    if not town.options.limit_posts:
        return
    now = time.monotonic()
    recent = [moment for moment in town.buckets.get(channel_id, []) if now - moment < BURST_SECONDS]
    if len(recent) >= BURST:
        raise RateLimited(max(1, math.ceil(recent[0] + BURST_SECONDS - now)))
    town.buckets[channel_id] = [*recent, now]
