"""chat.*: saying, whispering, changing and taking back as the bot."""

from bot.sandbox.slack import posting
from bot.sandbox.slack.args import Args
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods.common import joined_channel, visible_channel, writable_channel
from bot.sandbox.slack.methods.content import (
    MAX_UPDATE_TEXT,
    count_against_limit,
    read_blocks,
    read_draft,
    read_metadata,
)
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import message_json
from bot.sandbox.slack.world import Channel, Json, Message


def post_message(town: Town, args: Args) -> Json:
    channel = writable_channel(town, args.text("channel"), args.text("thread_ts") or None)
    draft = read_draft(args)
    posting.check_thread(channel, draft.thread_ts)
    message = _said_before(town, channel, draft.client_msg_id)
    if message is None:
        count_against_limit(town, channel.id)
        message = posting.post(town, channel, town.world.bot, draft)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(town.world, message, town.base)}


def _said_before(town: Town, channel: Channel, client_msg_id: str | None) -> Message | None:
    """With the dedupe switch on, an equal client_msg_id in the channel is the same message."""
    if not (town.options.dedupe_client_msg_id and client_msg_id):
        return None
    return next((each for each in channel.messages.values() if each.client_msg_id == client_msg_id), None)


def post_ephemeral(town: Town, args: Args) -> Json:
    channel = writable_channel(town, args.text("channel"), args.text("thread_ts") or None)
    draft = read_draft(args)
    if args.text("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    posting.check_thread(channel, draft.thread_ts)
    return {"message_ts": posting.whisper(town, channel, args.text("user"), draft).ts}


def update(town: Town, args: Args) -> Json:
    channel = joined_channel(town, args.text("channel"))
    message = _own(town, channel, args.text("ts"), "cant_update_message")
    text = args.text("text") if "text" in args.values else None
    blocks = read_blocks(args)
    if text is not None and len(text) > MAX_UPDATE_TEXT:
        raise SlackError("msg_too_long")
    if not (text or blocks):
        raise SlackError("no_text")
    metadata = read_metadata(args)
    if metadata is not None:
        message.metadata = metadata or None
    posting.edit(town, message, town.world.app.bot_user_id, text=text, blocks=blocks)
    shown = message_json(town.world, message, town.base)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def delete(town: Town, args: Args) -> Json:
    channel = joined_channel(town, args.text("channel"))
    message = _own(town, channel, args.text("ts"), "cant_delete_message")
    posting.delete(town, message)
    return {"channel": channel.id, "ts": message.ts}


def _own(town: Town, channel: Channel, ts: str, error: str) -> Message:
    message = town.world.message(channel.id, ts)
    if message.user != town.world.app.bot_user_id or message.subtype == "tombstone":
        raise SlackError(error)
    return message


def get_permalink(town: Town, args: Args) -> Json:
    channel = visible_channel(town, args.text("channel"))
    message = town.world.message(channel.id, args.text("message_ts"))
    link = f"https://{town.world.home.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
