"""Every option of the Slack door, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ChannelMode(StrEnum):
    """What starts a ticket in a channel: every message, a mention of the bot, an emoji, or nothing."""

    ALL = "all"
    MENTION = "mention"
    EMOJI = "emoji"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """How one channel is listened to.

    Top-level messages of one person at most `group_seconds` apart are one conversation (0: each is its own).
    `emoji` opens a ticket from the message it is put on. `staff` and `customers` (user ids U… or team ids T…)
    override whose people somebody is, in this channel only.
    """

    mode: ChannelMode = ChannelMode.ALL
    group_seconds: float = 0.0
    emoji: str = "ticket"
    staff: frozenset[str] = frozenset()
    customers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SocketPace:
    """How the sockets are watched. All times in seconds.

    A socket that is not connected for `rebuild_after` is replaced by a new one; failed attempts
    wait `first_pause`, doubling up to `longest_pause`, each shortened at random so that a fleet
    does not knock at once. On stop, what already arrived gets `drain` to be stored and acknowledged.
    """

    sockets: int = 2
    check: float = 3.0
    ping: float = 5.0
    rebuild_after: float = 30.0
    first_pause: float = 1.0
    longest_pause: float = 60.0
    drain: float = 5.0


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """How to reach one workspace and who may decide in it.

    `approvers` are user ids (U…, W…) and user group ids (S…). `doubt_seconds` is how long a request
    we lost sight of may still arrive at Slack; `timeout` is the longest one call may take. Slack
    Connect customers are in channels of any `channels` mode; a channel not named there has `default_mode`.
    A file larger than `most_file_bytes` is left where it is. Of other bots only `bots` (B…, A…, U…) are heard.
    """

    bot_token: str
    app_token: str = ""
    signing_secret: str = ""
    api_url: str = "https://slack.com/api/"
    mode: str = "socket"
    staff_channel: str = ""
    approvers: tuple[str, ...] = ()
    bots: frozenset[str] = frozenset()
    channels: Mapping[str, ChannelRules] = field(default_factory=dict)
    default_mode: ChannelMode = ChannelMode.ALL
    doubt_seconds: float = 10.0
    timeout: float = 10.0
    most_file_bytes: int = 20 * 1024 * 1024
    pace: SocketPace = field(default_factory=SocketPace)

    def __post_init__(self) -> None:
        if self.mode not in ("socket", "http"):
            raise ValueError(f"slack.mode is socket or http, not {self.mode!r}")
        if not self.bot_token:
            raise ValueError("slack.bot_token is missing: the bot cannot speak without it (xoxb-…)")
        if self.mode == "socket" and not self.app_token:
            raise ValueError("slack.app_token is missing: Socket Mode needs an app-level token (xapp-…)")
        if self.mode == "http" and not self.signing_secret.strip():
            raise ValueError("slack.signing_secret is missing: without it anybody could post events")

    def rules_of(self, slack_channel_id: str) -> ChannelRules:
        return self.channels.get(slack_channel_id) or ChannelRules(self.default_mode)
