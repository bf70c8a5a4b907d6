"""Slack's errors in two words: again later (perhaps done), or a person must see it."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.base import PermanentChannelError, TemporaryChannelError
from channels.slack.failures import of_broken_line, of_refusal


def refusal(code="", status=200, headers=None):
    data = {"ok": False, "error": code} if code else "<html>bad gateway</html>"
    response = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers=headers or {}, status_code=status
    )
    return of_refusal(SlackApiError("no", response))


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable", "request_timeout"])
def test_slacks_own_trouble_may_have_done_it(code):
    error = refusal(code)
    assert isinstance(error, TemporaryChannelError)
    assert error.in_doubt


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_may_have_done_it(status):
    error = refusal(status=status)
    assert isinstance(error, TemporaryChannelError)
    assert error.in_doubt


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"Retry-After": "12"}, 12.0), ({"Retry-After": "soon"}, 30.0), ({}, 30.0)]
)
def test_slow_down_is_not_in_doubt_and_says_for_how_long(headers, seconds):
    error = refusal("ratelimited", 429, headers)
    assert isinstance(error, TemporaryChannelError)
    assert (error.retry_after, error.in_doubt) == (seconds, False)


@pytest.mark.parametrize(
    ("code", "help_text"),
    [
        ("not_in_channel", "/invite"),
        ("channel_not_found", "/invite"),
        ("is_archived", "unarchive"),
        ("restricted_action", "let the app post"),
        ("restricted_action_thread_locked", "let the app post"),
        ("account_inactive", "slack.bot_token"),
        ("token_revoked", "slack.bot_token"),
        ("missing_scope", "scope"),
        ("msg_too_long", "shorten"),
        ("invalid_blocks", "built wrongly"),
        ("duplicate_message_not_found", "deleted"),
        ("something_new", "something_new"),
    ],
)
def test_a_clear_no_needs_a_person_who_is_told_what_helps(code, help_text):
    error = refusal(code)
    assert isinstance(error, PermanentChannelError)
    assert help_text in str(error)


@pytest.mark.parametrize(
    ("error", "in_doubt"),
    [
        (TimeoutError(), True),
        (aiohttp.ServerDisconnectedError(), True),
        (aiohttp.ClientOSError(104, "reset"), True),
        (aiohttp.ClientPayloadError(), True),
        (ConnectionResetError(), True),
        (ValueError("not JSON"), True),
        (aiohttp.ConnectionTimeoutError(), False),
    ],
)
def test_a_broken_line_is_in_doubt_unless_nothing_left(error, in_doubt):
    assert of_broken_line(error).in_doubt is in_doubt
