"""Reads a status page that speaks the common JSON form: {"status": {"indicator", "description"}, "incidents": […]}."""

import httpx

from agents_team.status import StatusUnavailable

SECONDS = 5.0
MOST_INCIDENTS = 3


class HttpStatusPage:
    """The page at `url`, asked each time; a slow or broken page is no status."""

    def __init__(self, url: str):
        self._url = url

    async def service_status(self) -> str:
        """Its description, then its open incidents by name. Raises StatusUnavailable."""
        try:
            async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
                answer = await client.get(self._url)
            answer.raise_for_status()
            page = answer.json()
            description = str(page["status"]["description"])
            incidents = [str(each["name"]) for each in page.get("incidents", [])][:MOST_INCIDENTS]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise StatusUnavailable(f"{type(error).__name__}: {error}") from error
        return "; ".join([description, *incidents])
