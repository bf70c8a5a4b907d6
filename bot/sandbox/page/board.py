"""The latest state of every part of the page, and everybody who watches it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

Part = Mapping[str, Any]


class Board:
    """One value per part; whoever watches gets each part as it is and then every newer one."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[int, Part]] = {}
        self._count = 0
        self._changed = asyncio.Event()

    def put(self, name: str, part: Part) -> None:
        """Replace one part and wake everybody who watches, unless it says the same as before."""
        if name in self._parts and self._parts[name][1] == part:
            return
        self._count += 1
        self._parts[name] = (self._count, part)
        self._changed.set()
        self._changed = asyncio.Event()

    async def watch(self) -> AsyncIterator[tuple[str, Part]]:
        """Every part now, then each as it changes; versions that nobody had time for are left out."""
        seen = 0
        while True:
            changed = self._changed
            news = sorted((number, name) for name, (number, _) in self._parts.items() if number > seen)
            for number, name in news:
                seen = number
                yield name, self._parts[name][1]
            await changed.wait()
