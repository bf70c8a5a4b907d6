"""The remote control of one sandbox server: what every such control can do."""

from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]


class Remote:
    """Speaks to `/_control` of the server at `url`. Close it, or use `async with`."""

    what = "the sandbox server"

    def __init__(self, url: str) -> None:
        self.url = url
        # No proxy of the environment stands between us and loopback, and no TLS that would need certificates.
        self._http = httpx.AsyncClient(base_url=url, timeout=75, trust_env=False, verify=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def _send(self, method: str, path: str, body: Json | None = None) -> Json:
        """The server's answer; ValueError, with its reason, when it refuses."""
        answer = await self._http.request(method, f"/_control{path}", json=body)
        shown: Json = answer.json()
        if answer.status_code != 200:
            raise ValueError(f"{self.what} refused {method} {path}: {shown}")
        return shown
