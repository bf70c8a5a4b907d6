"""A circuit breaker for one provider: when it is down, nobody else has to wait for its timeouts to learn that."""

import time
from collections.abc import Callable

OPENS_AFTER = 3
STAYS_OPEN = 30.0


class Breaker:
    """Opens after so many failures in a row; lets one call through every `seconds`, and closes when that succeeds."""

    def __init__(
        self, *, failures: int = OPENS_AFTER, seconds: float = STAYS_OPEN, clock: Callable[[], float] = time.monotonic
    ):
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._next_try = 0.0

    def closed(self) -> bool:
        """Whether to ask the provider now; when it is open, the first to ask after a while is the one who tries."""
        if self._failures < self._most:
            return True
        if self._clock() < self._next_try:
            return False
        self._next_try = self._clock() + self._seconds
        return True

    def failed(self) -> None:
        """It did not answer."""
        self._failures += 1
        if self._failures >= self._most:
            self._next_try = self._clock() + self._seconds

    def answered(self) -> None:
        """It answered, whatever it said."""
        self._failures = 0
