"""The teams, people, channels and messages of the pretended Slack, as plain values in memory."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack.errors import SlackError

Json = dict[str, Any]


@dataclass(slots=True)
class Team:
    """A workspace; the first of a world is the one our app is installed in."""

    id: str
    name: str
    domain: str
    enterprise_id: str | None = None


@dataclass(slots=True)
class User:
    """A person or a bot, of whichever team. Guests are `is_restricted` (or ultra)."""

    id: str
    team_id: str
    name: str
    real_name: str
    email: str | None = None
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    bot_id: str | None = None
    app_id: str | None = None


@dataclass(slots=True)
class UserGroup:
    """A group of home users that can be mentioned and asked for."""

    id: str
    name: str
    handle: str
    users: list[str] = field(default_factory=list)


@dataclass(slots=True)
class File:
    """Bytes somebody shared; `channels` is empty until a message carries it."""

    id: str
    name: str
    user: str
    mimetype: str = "application/octet-stream"
    title: str = ""
    content: bytes = b""
    created: int = 0
    channels: list[str] = field(default_factory=list)
    alt_txt: str = ""


@dataclass(slots=True)
class Message:
    """One message as Slack keeps it; `files` are ids, `pings` says whom it notified as a crowd."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    subtype: str | None = None
    metadata: Json | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: Json | None = None
    client_msg_id: str | None = None
    pings: list[str] = field(default_factory=list)
    extra: Json = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True)
class Ephemeral:
    """A message only one user sees; it is in no history."""

    channel: str
    user: str
    ts: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None


@dataclass(slots=True)
class Channel:
    """A conversation. `posting` may be read_only, thread_only or non_threadable; `teams` are those connected."""

    id: str
    name: str
    teams: list[str]
    members: list[str] = field(default_factory=list)
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    posting: str = ""
    created: int = 0
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[Message]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)

    @property
    def is_ext_shared(self) -> bool:
        return len(set(self.teams)) > 1

    @property
    def kind(self) -> str:
        """Slack's channel_type: im, group or channel."""
        if self.is_im:
            return "im"
        return "group" if self.is_private else "channel"

    def add(self, message: Message) -> None:
        self.messages[message.ts] = message
        if message.thread_ts and message.is_reply:
            self.threads.setdefault(message.thread_ts, []).append(message)

    def remove(self, message: Message) -> None:
        del self.messages[message.ts]
        if message.thread_ts and message.is_reply:
            self.threads[message.thread_ts].remove(message)

    def replies(self, root_ts: str) -> list[Message]:
        """Replies to one root, oldest first."""
        return self.threads.get(root_ts, [])


@dataclass(slots=True)
class View:
    """A modal or a home tab; `content` is what the app sent, with ids filled in."""

    id: str
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SlackApp:
    """Our own app: its bot, its tokens, what it may do."""

    id: str
    name: str
    bot_user_id: str
    bot_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    scopes: list[str]
    commands: list[str] = field(default_factory=list)
    revoked: bool = False
    client_id: str = ""
    client_secret: str = ""
    redirect_urls: list[str] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """Everything the pretended Slack remembers."""

    app: SlackApp
    teams: dict[str, Team] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, UserGroup] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    ephemerals: list[Ephemeral] = field(default_factory=list)
    modals: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    last_micros: int = 0

    @property
    def home(self) -> Team:
        return next(iter(self.teams.values()))

    @property
    def bot(self) -> User:
        return self.users[self.app.bot_user_id]

    def channel(self, channel_id: str) -> Channel:
        if channel_id not in self.channels:
            raise SlackError("channel_not_found")
        return self.channels[channel_id]

    def user(self, user_id: str) -> User:
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def team_of(self, user: User) -> Team:
        return self.teams[user.team_id]

    def message(self, channel_id: str, ts: str) -> Message:
        message = self.channel(channel_id).messages.get(ts)
        if message is None:
            raise SlackError("message_not_found")
        return message

    def is_home(self, user: User) -> bool:
        return user.team_id == self.home.id

    def bot_shares_channel_with(self, user: User) -> bool:
        bot = self.app.bot_user_id
        return any(user.id in channel.members and bot in channel.members for channel in self.channels.values())

    def direct_channel(self, user: User) -> Channel:
        """The conversation between our bot and `user`; opened when it is not there yet."""
        for channel in self.channels.values():
            if channel.is_im and user.id in channel.members:
                return channel
        channel = Channel(
            id=new_id("D"), name="directmessage", teams=[self.home.id], members=[user.id, self.app.bot_user_id]
        )
        channel.is_im = channel.is_private = True
        channel.created = int(time.time())
        self.channels[channel.id] = channel
        return channel

    def open_views(self) -> list[View]:
        return [view for stack in self.modals.values() for view in stack]

    def new_ts(self) -> str:
        """A message timestamp no other message has, later than all before."""
        self.last_micros = max(time.time_ns() // 1000, self.last_micros + 1)
        return f"{self.last_micros // 1_000_000}.{self.last_micros % 1_000_000:06d}"


def new_id(prefix: str) -> str:
    """An id that looks like Slack's: the kind's letter, then capitals and digits."""
    return f"{prefix}0{secrets.token_hex(5).upper()}"
