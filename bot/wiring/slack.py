"""The Slack door's own settings, from ours."""

from typing import TYPE_CHECKING

from bot.errors import SettingsError
from bot.settings import (
    SlackChannelSettings,
    SlackSettings,
)
from bot.wiring.secrets import open_secret
from channels.slack.config import ChannelMode, ChannelRules, SlackConfig, SocketPace

if TYPE_CHECKING:
    pass


def slack_config(settings: SlackSettings) -> SlackConfig | None:
    """None when the Slack door stays closed. Raises SettingsError when a needed secret is missing."""
    if settings.bot_token is None:
        return None
    if settings.mode == "socket" and settings.app_token is None:
        raise SettingsError("slack.app_token: must be set in socket mode (xapp-…, scope connections:write)")
    if settings.mode == "http" and settings.signing_secret is None:
        raise SettingsError("slack.signing_secret: must be set in http mode (Slack app, Basic Information)")
    return SlackConfig(
        bot_token=settings.bot_token.get_secret_value(),
        app_token=open_secret(settings.app_token),
        signing_secret=open_secret(settings.signing_secret),
        api_url=settings.api_url,
        mode=settings.mode,
        staff_channel=settings.staff_channel or "",
        approvers=settings.approvers,
        bots=frozenset(settings.bots),
        channels={channel: _channel_rules(chosen) for channel, chosen in settings.channels.items()},
        default_mode=ChannelMode(settings.default_mode),
        most_file_bytes=settings.most_file_bytes,
        doubt_seconds=settings.doubt_seconds,
        timeout=settings.timeout_seconds,
        pace=SocketPace(sockets=settings.sockets),
    )


def _channel_rules(settings: SlackChannelSettings) -> ChannelRules:
    return ChannelRules(
        mode=ChannelMode(settings.mode),
        group_seconds=settings.group_seconds,
        emoji=settings.emoji.strip(":"),
        staff=frozenset(settings.staff),
        customers=frozenset(settings.customers),
    )
