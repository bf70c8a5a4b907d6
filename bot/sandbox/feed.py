"""What happened, numbered, so that a page can follow without asking for everything."""

import asyncio
from collections import deque
from typing import Any

Json = dict[str, Any]

_KEEP = 5000


class Feed:
    """The latest changes, oldest first; each has the number `n` that comes after it."""

    def __init__(self) -> None:
        self.n = 0
        self._changes: deque[Json] = deque(maxlen=_KEEP)
        self._grew = asyncio.Event()

    def add(self, kind: str, **facts: object) -> None:
        """Number a change and wake everybody who waits for it."""
        self.n += 1
        self._changes.append({"n": self.n, "kind": kind, **facts})
        self._grew.set()
        self._grew = asyncio.Event()

    async def grown(self) -> None:
        """Return after the next change."""
        await self._grew.wait()

    async def since(self, n: int, seconds: float) -> Json:
        """Changes after number `n`; waits up to `seconds` for the first of them."""
        if self.n <= n and seconds > 0:
            try:
                await asyncio.wait_for(self._grew.wait(), seconds)
            except TimeoutError:
                return {"n": self.n, "changes": []}
        return {"n": self.n, "changes": [change for change in self._changes if change["n"] > n]}
