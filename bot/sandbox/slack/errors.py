"""The one way a Slack method says no."""

from typing import Any


class SlackError(Exception):
    """Becomes `{"ok": false, "error": code, **details}` with HTTP 200, as Slack refuses."""

    def __init__(self, code: str, *messages: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        if messages:
            self.details["errors"] = list(messages)
            self.details["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in messages]}


class RateLimited(Exception):
    """Too many calls: HTTP 429 with Retry-After `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"ratelimited for {seconds} s")
        self.seconds = seconds
