"""How fast we may call: freely until Slack asks us to slow down, then at its documented pace for a while."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.base import TemporaryChannelError

CAREFUL_SECONDS = 600.0


class SlowDown(TemporaryChannelError):
    """Slack (or our own budget) says: not before `retry_after` seconds. Nothing was done."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` calls at once, and `per_second` in the long run."""

    burst: float
    per_second: float


# https://docs.slack.dev/apis/web-api/rate-limits: posting about once a second and channel, the others by tier.
PACES: Mapping[str, Pace] = {"chat.postMessage": Pace(3, 1.0)}
OTHERWISE = Pace(10, 50 / 60)


@dataclass(slots=True)
class _Bucket:
    """What is left of a pace since Slack complained; `closed_until` is its own Retry-After."""

    pace: Pace
    left: float
    at: float
    closed_until: float
    careful_until: float

    def wait(self, now: float) -> float:
        """Seconds until the next call may be made; 0 takes one now."""
        if now < self.closed_until:
            return self.closed_until - now
        self.left = min(self.pace.burst, self.left + (now - self.at) * self.pace.per_second)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / self.pace.per_second
        self.left -= 1
        return 0.0


class Budget:
    """One bucket for each method and channel that Slack complained about; nobody else is slowed down."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, method: str, where: str) -> None:
        """Raise SlowDown when this call must wait: the wait belongs into a job's due time, not into a sleep."""
        bucket, now = self._buckets.get((method, where)), self._clock()
        if bucket is None:
            return
        if now >= bucket.careful_until:
            del self._buckets[(method, where)]
            return
        wait = bucket.wait(now)
        if wait > 0:
            raise SlowDown(f"Slack asked us to slow down ({method})", retry_after=wait)

    def refused(self, method: str, where: str, seconds: float) -> None:
        """Slack said 429 and to come back after `seconds`."""
        now, pace = self._clock(), PACES.get(method, OTHERWISE)
        self._buckets[(method, where)] = _Bucket(pace, 1.0, now, now + seconds, now + seconds + CAREFUL_SECONDS)
