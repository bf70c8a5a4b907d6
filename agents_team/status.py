"""The port to a status page: whether the service is up."""

from typing import Protocol


class StatusUnavailable(Exception):
    """The status page did not answer."""


class StatusPage(Protocol):
    """Says how the service is doing right now."""

    async def service_status(self) -> str:
        """One or two sentences as the page states them, open incidents included. Raises StatusUnavailable."""
