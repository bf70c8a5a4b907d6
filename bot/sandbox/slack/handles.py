"""The short-lived words Slack hands out with a click: trigger ids and response addresses."""

import secrets
import time
from dataclasses import dataclass, field

from bot.sandbox.slack.delivery import Options
from bot.sandbox.slack.errors import SlackError

RESPONSE_USES = 5
RESPONSE_SECONDS = 30 * 60.0


@dataclass(slots=True)
class Trigger:
    """The right of the app to open one view for `user`, soon after they acted; `view_id` if they acted in one."""

    user: str
    view_id: str | None = None
    born: float = field(default_factory=time.monotonic)
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """The right of the app to answer one act in its channel, a few times, without a token."""

    channel: str
    user: str
    ts: str | None = None
    thread_ts: str | None = None
    born: float = field(default_factory=time.monotonic)
    uses: int = 0


class Handles:
    """All that were given out since the last reset."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}

    def give_trigger(self, trigger: Trigger) -> str:
        word = f"{time.time_ns() // 1000}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self._triggers[word] = trigger
        return word

    def use_trigger(self, word: str) -> Trigger:
        """The trigger, which is now spent; refuses one that is unknown, spent or late."""
        trigger = self._triggers.get(word)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.born > self._options.trigger_seconds:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def give_response(self, response: ResponseUrl) -> str:
        word = secrets.token_urlsafe(18)
        self._responses[word] = response
        return word

    def use_response(self, word: str) -> ResponseUrl:
        """The address's right, one use of which is now spent; refuses after five uses or thirty minutes."""
        response = self._responses.get(word)
        if response is None:
            raise SlackError("invalid_url")
        if time.monotonic() - response.born > RESPONSE_SECONDS:
            raise SlackError("expired_url")
        if response.uses >= RESPONSE_USES:
            raise SlackError("used_url")
        response.uses += 1
        return response

    def forget(self) -> None:
        self._triggers.clear()
        self._responses.clear()
