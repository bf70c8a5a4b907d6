"""The controls of a model server, for tests and the demo."""

from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.sandbox.model.server import KEY

Json = dict[str, Any]


class ModelTown:
    """`async with ModelTown(running.url) as town:` scripts answers, plans faults and reads what was asked."""

    def __init__(self, url: str):
        self.url = url
        self._session: aiohttp.ClientSession | None = None

    @property
    def base_url(self) -> str:
        """For `model.base_url`."""
        return f"{self.url}/v1"

    @property
    def key(self) -> str:
        """For `model.api_key`, unless the server was started with another."""
        return KEY

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def script(self, *rules: Json) -> None:
        """Add rules: {"match": {…}, "respond": {…}, "times": n}; see `script.Rule`. Raises when one is malformed."""
        await self._call("POST", "/_control/script", list(rules))

    async def forget_script(self) -> None:
        """Let the brain answer again."""
        await self._call("DELETE", "/_control/script")

    async def fault(self, operation: str, fault: str, *, times: int = 1, skip: int = 0, seconds: float = 1.0) -> None:
        """Plan a fault for "responses", "chat.completions", "embeddings", "models" or "*"."""
        wish = {"operation": operation, "fault": fault, "times": times, "skip": skip, "seconds": seconds}
        await self._call("POST", "/_control/faults", wish)

    async def forget_faults(self) -> None:
        """Be well again."""
        await self._call("DELETE", "/_control/faults")

    async def log(self) -> list[Json]:
        """Every request that arrived: {"operation", "body", "status"}; status None means it was never answered."""
        rows: list[Json] = await self._call("GET", "/_control/log")
        return rows

    async def forget_log(self) -> None:
        """Start counting again."""
        await self._call("DELETE", "/_control/log")

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        if self._session is None:
            raise RuntimeError("use `async with ModelTown(url) as town:`")
        async with self._session.request(method, f"{self.url}{path}", json=body) as response:
            if response.status >= 400:
                raise ValueError(await response.text())
            return await response.json()
