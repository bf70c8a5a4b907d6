"""Asks and tells a running world of mail, for tests and for the demo page."""

import base64
from typing import Any

from bot.sandbox.faults import Fault
from bot.sandbox.remote import Json, Remote


class MailTown(Remote):
    """A remote control for `python -m bot.sandbox.mail`. Close it, or use `async with`."""

    what = "the world of mail"

    async def write(self, sender: str, to: str | None = None, **more: Any) -> Json:
        """A customer writes: see control._send. Returns {"message_id", "delivery"}."""
        return await self._send("POST", "/send", {"from": sender, "to": to, **more})

    async def write_raw(self, sender: str, to: str, raw: bytes, **more: Any) -> Json:
        """A customer's program sends exactly these bytes."""
        return await self.write(sender, to, raw_base64=base64.b64encode(raw).decode(), **more)

    async def route(self, port: int, protocol: str = "smtp") -> None:
        """From now on customers' mail goes to the desk's own SMTP or LMTP door."""
        await self._send("POST", "/route", {"port": port, "protocol": protocol})

    async def mailbox(self, address: str, folder: str = "INBOX") -> list[Json]:
        """The mail in a folder ("*": in all), oldest first."""
        answer = await self._http.get("/_control/mailbox", params={"address": address, "folder": folder})
        messages: list[Json] = answer.raise_for_status().json()["messages"]
        return messages

    async def log(self) -> Json:
        """{"accepted": {Message-ID: times}, "twice": […], "queue": […]}."""
        return await self._send("GET", "/log")

    async def accepted(self) -> dict[str, int]:
        """How often each Message-ID of the desk was accepted for sending."""
        counts: dict[str, int] = (await self.log())["accepted"]
        return counts

    async def changes(self, after: int, *, seconds: float = 25.0) -> Json:
        """{"n", "changes"}: what happened after that number; waits for the first of it."""
        return await self._send("GET", f"/changes?after={after}&seconds={seconds}")

    async def renumber(self, address: str, folder: str = "INBOX") -> int:
        """The IMAP server loses its numbering; returns the new UIDVALIDITY."""
        return int((await self._send("POST", "/renumber", {"address": address, "folder": folder}))["uidvalidity"])

    async def tokens(self, **wish: Any) -> Json:
        """Change the token endpoint (revoke, rotates, lasts, refresh_lasts). Returns how it was asked so far."""
        return await self._send("POST", "/tokens", wish)

    async def drop_connections(self) -> int:
        """Cut every IMAP and submission connection."""
        return int((await self._send("POST", "/drop", {}))["dropped"])

    async def fault(self, operation: str, fault: Fault, *, times: int = 1, skip: int = 0, seconds: float = 1.0) -> None:
        """Plan a fault, such as ("smtp.data", Fault.APPLY_THEN_RESET) or ("imap.fetch", Fault.RESET)."""
        wish = {"operation": operation, "fault": fault.value, "times": times, "skip": skip, "seconds": seconds}
        await self._send("POST", "/faults", wish)

    async def clear_faults(self) -> None:
        await self._send("DELETE", "/faults")
