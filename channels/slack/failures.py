"""What went wrong at Slack, in the conductor's two words: again later, or a person must see it."""

from collections.abc import Mapping

import aiohttp
from slack_sdk.errors import SlackApiError

from channels.base import ChannelError, PermanentChannelError, TemporaryChannelError
from channels.slack.budget import SlowDown

# "It's possible some aspect of the operation succeeded", say Slack's method pages about these.
MAYBE_DONE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})

RATE_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

NOT_DONE_TRY_AGAIN = frozenset({"team_added_to_org", "org_login_required", "accesslimited"})

INVITE = "invite the bot into the channel (/invite @bot)"
TOKEN = "put a valid bot token into slack.bot_token and reinstall the app if it was removed"

REMEDY: Mapping[str, str] = {
    "not_in_channel": INVITE,
    "channel_not_found": INVITE + ", or correct the channel id",
    "is_archived": "unarchive the channel or answer the requester elsewhere",
    "missing_scope": "add the scope to the app (see the manifest in deploy/) and reinstall it",
    "account_inactive": TOKEN,
    "token_revoked": TOKEN,
    "token_expired": TOKEN,
    "invalid_auth": TOKEN,
    "not_authed": TOKEN,
    "not_allowed_token_type": "use a bot token (xoxb-…) for slack.bot_token",
    "msg_too_long": "shorten the text",
    "msg_blocks_too_long": "shorten the text",
    "no_text": "write something",
    "invalid_blocks": "report this: the message was built wrongly",
    "invalid_blocks_format": "report this: the message was built wrongly",
    "thread_not_found": "the thread is gone; answer the requester elsewhere",
    "message_not_found": "the message is gone; post it again by hand if it is still needed",
    "duplicate_message_not_found": "the message was posted and deleted; post it again by hand if it is still needed",
    "cannot_reply_to_message": "Slack allows no reply there; answer the requester elsewhere",
    "ekm_access_denied": "the workspace's key administrator has suspended messages",
    "team_access_not_granted": "grant the app access to this workspace",
    "no_permission": "let the app post in this channel",
}
RESTRICTED = "the workspace allows only some people to post there; let the app post"

RETRY_LATER_SECONDS = 30.0


def of_refusal(error: SlackApiError) -> ChannelError:
    """The meaning of an answer that is not ok: by status first, then by Slack's error code.

    Codes are those of https://docs.slack.dev/reference/methods/chat.postMessage#errors; one we do
    not know is permanent, because Slack said no and would say it again.
    """
    status = int(getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0))
    data = getattr(error.response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429 or code in RATE_LIMITED:
        return SlowDown(f"Slack asks us to slow down ({code or 429})", retry_after=retry_after_of(error))
    if status >= 500 or code in MAYBE_DONE or not code:
        return TemporaryChannelError(f"Slack is unwell: {code or f'status {status}'}", in_doubt=True)
    if code in NOT_DONE_TRY_AGAIN:
        return TemporaryChannelError(f"Slack refuses for now: {code}", retry_after=RETRY_LATER_SECONDS)
    return PermanentChannelError(f"Slack refused: {code}. What helps: {remedy_for(code)}")


def of_broken_line(error: Exception) -> TemporaryChannelError:
    """The meaning of no (readable) answer; in doubt unless the request certainly never left."""
    never_left = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    why = f"no answer from Slack ({type(error).__name__})"
    return TemporaryChannelError(why, in_doubt=not never_left)


def remedy_for(code: str) -> str:
    if code.startswith("restricted_action"):
        return RESTRICTED
    return REMEDY.get(code, f"look up {code} in Slack's documentation of the method")


def retry_after_of(error: SlackApiError) -> float:
    """Seconds Slack asks us to wait; half a minute when it does not say so readably."""
    headers = getattr(error.response, "headers", None) or {}
    try:
        return max(0.0, float(headers.get("Retry-After", RETRY_LATER_SECONDS)))
    except (TypeError, ValueError):
        return RETRY_LATER_SECONDS
