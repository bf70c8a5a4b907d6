"""The Slack app and its channels."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, SecretStr

from bot.settings.section import Names, Section


class SlackChannelSettings(Section):
    """One customer channel."""

    mode: Literal["all", "mention", "emoji", "off"] = Field("all", description="which messages open a ticket")
    group_seconds: float = Field(0.0, ge=0, description="top-level messages of one person so close are one ticket")
    emoji: str = Field("ticket", description="this reaction opens a ticket from the message it is put on")
    staff: Names = Field((), description="users (U…) and teams (T…) that count as staff here")
    customers: Names = Field((), description="users (U…) and teams (T…) that count as customers here")


class SlackSettings(Section):
    """The Slack app; without `bot_token` the Slack door stays closed."""

    mode: Literal["socket", "http"] = Field("socket", description="socket needs no public address")
    bot_token: SecretStr | None = Field(None, description="xoxb-… of the installed app")
    app_token: SecretStr | None = Field(None, description="xapp-… with connections:write, for socket mode")
    signing_secret: SecretStr | None = Field(None, description="for http mode: proves that a request is Slack's")
    client_id: str | None = Field(None, description="of the app, for Sign in with Slack at the console")
    client_secret: SecretStr | None = Field(None, description="belongs to client_id")
    api_url: str = Field("https://slack.com/api/", description="Slack's Web API; the sandbox has its own")
    staff_channel: str | None = Field(None, description="id of the private channel for cards")
    approvers: Names = Field((), description="user ids (U…) and user groups (S…) that may decide; empty: nobody")
    channels: Mapping[str, SlackChannelSettings] = Field(default_factory=dict, description="settings per channel id")
    default_mode: Literal["all", "mention", "emoji", "off"] = Field(
        "all", description="mode of channels without settings of their own"
    )
    bots: Names = Field((), description="other bots and workflows (B…, A…, U…) that are heard; every other one is not")
    most_file_bytes: int = Field(20 * 1024 * 1024, gt=0, description="larger files stay in Slack; staff see the name")
    sockets: int = Field(2, ge=1, le=10, description="connections kept open, so that one may drop")
    timeout_seconds: float = Field(20.0, gt=0, description="longest wait for one Web API call")
    doubt_seconds: float = Field(10.0, ge=0, description="how long a lost call may still arrive before we repeat it")
