"""reactions.* and assistant.threads.setStatus: small signs on messages and threads."""

import re

from bot.sandbox.slack import posting
from bot.sandbox.slack.args import Args
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods.common import joined_channel
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import message_json, reactions_json
from bot.sandbox.slack.world import Json, Message

NAME = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


def add(town: Town, args: Args) -> Json:
    posting.react(town, _message(town, args), town.world.app.bot_user_id, _name(args))
    return {}


def remove(town: Town, args: Args) -> Json:
    posting.unreact(town, _message(town, args), town.world.app.bot_user_id, _name(args))
    return {}


def get(town: Town, args: Args) -> Json:
    message = _message(town, args)
    shown = message_json(town.world, message, town.base) | {"reactions": reactions_json(message)}
    return {"type": "message", "channel": message.channel, "message": shown}


def _message(town: Town, args: Args) -> Message:
    if not (args.has("channel") and args.has("timestamp")):
        raise SlackError("no_item_specified")
    if not re.fullmatch(r"\d+\.\d+", args.text("timestamp")):
        raise SlackError("bad_timestamp")
    return town.world.message(joined_channel(town, args.text("channel")).id, args.text("timestamp"))


def _name(args: Args) -> str:
    name = args.text("name").strip(":")
    if not NAME.fullmatch(name):
        raise SlackError("invalid_name")
    return name


def set_status(town: Town, args: Args) -> Json:
    """A line such as "is thinking…" under a thread, gone with the app's next message there."""
    channel = joined_channel(town, args.text("channel_id"))
    thread_ts = args.text("thread_ts")
    if thread_ts not in channel.messages:
        raise SlackError("invalid_thread_ts")
    if "status" not in args.values:
        raise SlackError("invalid_arguments", "missing required field: status")
    if args.text("status"):
        channel.statuses[thread_ts] = args.text("status")
    else:
        channel.statuses.pop(thread_ts, None)
    town.feed.add("status", channel=channel.id, ts=thread_ts)
    return {}
