"""Posting, editing and deleting, whoever does it: the world changes, then the app is told."""

from dataclasses import dataclass, field

from bot.sandbox.slack import events
from bot.sandbox.slack.blocks import short_id
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.text import crowd_pings, rich_text, tidy
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import message_json
from bot.sandbox.slack.world import Channel, Ephemeral, File, Json, Message, User, new_id


@dataclass(slots=True)
class Draft:
    """What somebody wants to say; `text` as typed, `files` already uploaded."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    reply_broadcast: bool = False
    metadata: Json | None = None
    client_msg_id: str | None = None
    files: list[File] = field(default_factory=list)


def check_thread(channel: Channel, thread_ts: str | None) -> None:
    """A reply needs an existing message that is itself no reply."""
    if thread_ts is None:
        return
    root = channel.messages.get(thread_ts)
    if root is None:
        raise SlackError("thread_not_found")
    if root.is_reply:
        raise SlackError("cannot_reply_to_message")


def post(town: Town, channel: Channel, author: User, draft: Draft) -> Message:
    """Store one new message and tell the app, also about its own."""
    check_thread(channel, draft.thread_ts)
    text = tidy(draft.text)
    blocks = draft.blocks or ([rich_text(text, short_id())] if text and not draft.attachments else [])
    message = Message(
        channel=channel.id,
        ts=town.world.new_ts(),
        user=author.id,
        text=text,
        blocks=blocks,
        attachments=draft.attachments,
        thread_ts=draft.thread_ts,
        metadata=draft.metadata,
        client_msg_id=draft.client_msg_id,
        files=[file.id for file in draft.files],
        pings=crowd_pings(text, draft.blocks),
    )
    _name_subtype(town, message, draft)
    for file in draft.files:
        file.channels.append(channel.id)
    if author.id == town.world.app.bot_user_id:
        channel.statuses.pop(draft.thread_ts or "", None)
    _store(town, channel, message)
    return message


def _name_subtype(town: Town, message: Message, draft: Draft) -> None:
    if draft.files:
        message.subtype = "file_share"
    if draft.reply_broadcast and message.is_reply:
        message.subtype = "thread_broadcast"
        root = town.world.message(message.channel, message.thread_ts or "")
        message.extra["root"] = message_json(town.world, root, town.base)


def announce(town: Town, channel: Channel, user: User, subtype: str, text: str) -> None:
    """A message Slack itself writes about `user`, such as channel_join."""
    _store(town, channel, Message(channel.id, town.world.new_ts(), user.id, text, subtype=subtype))


def _store(town: Town, channel: Channel, message: Message) -> None:
    channel.add(message)
    town.feed.add("message", channel=channel.id, ts=message.ts)
    events.message_posted(town, message)


def edit(town: Town, message: Message, by: str, *, text: str | None, blocks: list[Json] | None) -> None:
    """Change text, blocks or both. New text alone removes the blocks, and only then the message is `edited`."""
    previous = message_json(town.world, message, town.base)
    if text is not None:
        message.text = tidy(text)
        if blocks is None:
            message.edited = {"user": by, "ts": town.world.new_ts()}
            message.blocks = [rich_text(message.text, short_id())] if message.text else []
    if blocks is not None:
        message.blocks = blocks
    message.pings = sorted({*message.pings, *crowd_pings(message.text, message.blocks)})
    town.feed.add("edit", channel=message.channel, ts=message.ts)
    events.message_changed(town, message, previous)


def delete(town: Town, message: Message) -> None:
    """Take a message away; the root of a living thread leaves a tombstone, as in Slack."""
    channel = town.world.channels[message.channel]
    previous = message_json(town.world, message, town.base)
    town.feed.add("delete", channel=message.channel, ts=message.ts)
    if channel.replies(message.ts):
        message.subtype, message.text = "tombstone", "This message was deleted."
        message.blocks, message.files, message.metadata = [], [], None
        events.message_changed(town, message, previous)
        return
    channel.remove(message)
    events.message_deleted(town, channel, previous)


def whisper(town: Town, channel: Channel, user: str, draft: Draft) -> Ephemeral:
    """Show something to one user only; nobody is told and history never has it."""
    text = tidy(draft.text)
    blocks = draft.blocks or ([rich_text(text, short_id())] if text else [])
    seen = Ephemeral(channel.id, user, town.world.new_ts(), text, blocks, draft.thread_ts)
    town.world.ephemerals.append(seen)
    town.feed.add("ephemeral", channel=channel.id, user=user, ts=seen.ts)
    return seen


def react(town: Town, message: Message, user: str, name: str) -> None:
    """Add one reaction; SlackError("already_reacted") when it is there."""
    users = message.reactions.setdefault(name, [])
    if user in users:
        raise SlackError("already_reacted")
    users.append(user)
    town.feed.add("reaction", channel=message.channel, ts=message.ts)
    events.reaction_changed(town, message, user, name, added=True)


def unreact(town: Town, message: Message, user: str, name: str) -> None:
    """Take one reaction back; SlackError("no_reaction") when it is not there."""
    users = message.reactions.get(name, [])
    if user not in users:
        raise SlackError("no_reaction")
    users.remove(user)
    if not users:
        del message.reactions[name]
    town.feed.add("reaction", channel=message.channel, ts=message.ts)
    events.reaction_changed(town, message, user, name, added=False)


def new_file(town: Town, owner: str, name: str, content: bytes, mimetype: str) -> File:
    """Keep bytes as a file that no channel carries yet."""
    file = File(new_id("F"), name, owner, mimetype, name, content, int(float(town.world.new_ts())))
    town.world.files[file.id] = file
    return file
