"""Checks of the Slack app: tokens, scopes, the staff channel, who may decide, where customers are."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps

from bot.doctor.findings import Finding, Patient, error, note, ok, warning
from bot.errors import SettingsError
from bot.wiring import slack_config
from channels.base import ChannelError, PermanentChannelError
from channels.slack.api import SlackApi
from channels.slack.config import SlackConfig
from channels.slack.examine import look_at_room, look_at_token, rooms_of_bot, try_app_token
from channels.slack.manifest import bot_scopes
from channels.slack.staff_room import SlackStaffRoom

Look = Callable[[SlackApi, SlackConfig], Awaitable[list[Finding]]]
REINSTALL = "api.slack.com/apps → your app → App Manifest: paste `helpdesk manifest`, then Install App → Reinstall"


def _when_open(look: Look) -> Callable[[Patient], Awaitable[list[Finding]]]:
    """Turns a look at Slack into a check: quiet while the door is closed, and Slack's refusal is a finding."""

    @wraps(look)
    async def check(patient: Patient) -> list[Finding]:
        try:
            config = slack_config(patient.settings.slack)
        except SettingsError:
            return [note("not checked: the settings of Slack do not fit together", "helpdesk config lint")]
        if config is None:
            return [note("Slack is not set up", "helpdesk init, or set slack.bot_token")]
        async with _api(config) as api:
            try:
                return await look(api, config)
            except PermanentChannelError as trouble:
                return [error(str(trouble), str(trouble).partition("What helps: ")[2] or REINSTALL)]
            except ChannelError as trouble:
                return [error(str(trouble), f"see whether {config.api_url} can be reached from here (proxy, firewall)")]

    return check


@asynccontextmanager
async def _api(config: SlackConfig) -> AsyncIterator[SlackApi]:
    api = SlackApi(config)
    try:
        yield api
    finally:
        await api.close()


@_when_open
async def token(api: SlackApi, config: SlackConfig) -> list[Finding]:
    """slack.bot_token is valid."""
    found = await look_at_token(api)
    return [ok(f"the token belongs to {found.bot} in {found.team}")]


@_when_open
async def scopes(api: SlackApi, config: SlackConfig) -> list[Finding]:
    """The token may do what the manifest of this program asks for, and not much more."""
    granted = (await look_at_token(api)).scopes
    if not granted:
        return [note("Slack did not say which scopes the token has")]
    missing = bot_scopes() - granted
    if missing:
        return [error(f"the token lacks {', '.join(sorted(missing))}", REINSTALL)]
    return [ok(f"all {len(bot_scopes())} scopes of the manifest are granted")]


@_when_open
async def app_token(api: SlackApi, config: SlackConfig) -> list[Finding]:
    """In socket mode, slack.app_token may open sockets; in http mode there is nothing to ask."""
    if config.mode == "http":
        return [ok("http mode: requests are proven by slack.signing_secret")]
    try:
        await try_app_token(api, config.app_token)
    except PermanentChannelError as trouble:
        where = "api.slack.com/apps → your app → Basic Information → App-Level Tokens, scope connections:write"
        return [error(f"no socket can be opened: {trouble}", where)]
    return [ok("sockets can be opened")]


@_when_open
async def staff_channel(api: SlackApi, config: SlackConfig) -> list[Finding]:
    """Private, shared with nobody, and the bot is in it."""
    if not config.staff_channel:
        what = "slack.staff_channel is not set: nobody sees approvals and escalations"
        return [error(what, "make a private channel, /invite the bot, set slack.staff_channel to its id (C…)")]
    room = await look_at_room(api, config.staff_channel)
    if room is None:
        return [error(f"the bot cannot see {config.staff_channel}", "open the channel in Slack and /invite the bot")]
    open_to = [*room.shared, *([] if room.private else ["not private"]), *(["archived"] if room.archived else [])]
    if open_to:
        what = f"#{room.name} must be private and shared with nobody, but it is: {', '.join(open_to)}"
        return [error(what, "use another private channel: no card is shown in this one")]
    if not room.member:
        return [error(f"the bot is not in #{room.name}", f"in #{room.name}: /invite the bot")]
    return [ok(f"#{room.name} is private, and the bot is in it")]


@_when_open
async def approvers(api: SlackApi, config: SlackConfig) -> list[Finding]:
    """Somebody may decide, and two where two must."""
    mend = "set slack.approvers to user ids (U…) or user groups (S…) of your own workspace"
    if not config.approvers:
        return [error("slack.approvers is empty: nobody may decide", mend)]
    found = await SlackStaffRoom(config, api).approvers()
    if not found:
        return [error("none of slack.approvers is a full member of this workspace", mend)]
    if len(found) == 1:
        return [warning("only one person may decide: refunds above the approval limit need two", mend)]
    return [ok(f"{len(found)} people may decide")]


@_when_open
async def channels(api: SlackApi, config: SlackConfig) -> list[Finding]:
    """The bot is where customers write, and each channel in the settings is one it is in."""
    rooms = await rooms_of_bot(api)
    known = {room.id for room in rooms}
    found = [
        warning(f"slack.channels names {one}, and the bot is not in it", "/invite the bot there, or remove the setting")
        for one in config.channels
        if one not in known
    ]
    shared = [room.name for room in rooms if room.shared and room.id != config.staff_channel]
    if not shared:
        found.append(note("the bot is in no channel shared with a customer", "in the shared channel: /invite the bot"))
    else:
        found.append(ok(f"the bot is in {len(shared)} shared channels: {', '.join(sorted(shared)[:5])}"))
    return found
