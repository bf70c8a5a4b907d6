"""Asks and tells a running sandbox provider, for tests and for the demo page."""

from typing import Any

from bot.sandbox.faults import Fault
from bot.sandbox.remote import Json, Remote

METADATA_KEY = "helpdesk_action"


class PaymentsTown(Remote):
    """A remote control for `python -m bot.sandbox.payments`. Amounts are minor units. Close it, or use `async with`."""

    what = "the sandbox provider"

    async def charge(self, charge_id: str, amount: int, currency: str = "USD", **more: Any) -> Json:
        """A customer paid. `more`: fields of BookedCharge (customer, payment_intent, created, captured, …)."""
        return await self._send("POST", "/charges", {"id": charge_id, "amount": amount, "currency": currency, **more})

    async def dispute(self, charge_id: str, disputed: bool = True) -> None:
        """The customer went to the bank (or the bank decided)."""
        await self._send("POST", f"/charges/{charge_id}", {"disputed": disputed})

    async def refunds_become(self, charge_id: str, status: str) -> None:
        """The status the next refunds of this charge start with."""
        await self._send("POST", f"/charges/{charge_id}", {"refunds_become": status})

    async def refund_by_hand(self, charge_id: str, amount: int | None = None) -> Json:
        """Somebody refunds in the dashboard: no key, no metadata."""
        return await self._send("POST", f"/charges/{charge_id}/refunds", {"amount": amount})

    async def move_refund(self, refund_id: str, status: str, failure_reason: str | None = None) -> Json:
        """The bank moves a refund on; a signed webhook tells of it."""
        return await self._send("POST", f"/refunds/{refund_id}", {"status": status, "failure_reason": failure_reason})

    async def settings(self, **changes: Any) -> None:
        """`key_lifetime` and `refund_seconds` in seconds, `webhook_url`."""
        await self._send("POST", "/settings", changes)

    async def forget_keys(self) -> None:
        """A day passes: no idempotency key is remembered."""
        await self._send("DELETE", "/keys")

    async def fault(self, operation: str, fault: Fault, *, times: int = 1, skip: int = 0, seconds: float = 1.0) -> None:
        """Plan a fault, such as ("refunds.create", Fault.APPLY_THEN_RESET)."""
        wish = {"operation": operation, "fault": fault.value, "times": times, "skip": skip, "seconds": seconds}
        await self._send("POST", "/faults", wish)

    async def clear_faults(self) -> None:
        await self._send("DELETE", "/faults")

    async def ledger(self) -> Json:
        """What really moved: see control.ledger."""
        return await self._send("GET", "/ledger")

    async def refunded(self, charge_id: str) -> int:
        """What this charge gave back."""
        return int((await self.ledger())["charges"][charge_id]["refunded"])

    async def paid_under(self, key: str, *, name: str = METADATA_KEY) -> tuple[int, int]:
        """(how often, how much) was paid back under this metadata value."""
        entry = (await self.ledger())["by_metadata"].get(name, {}).get(key, {"count": 0, "amount": 0})
        return entry["count"], entry["amount"]

    async def paid_twice(self, *, name: str = METADATA_KEY) -> list[str]:
        """The metadata values under which more than one refund was made."""
        entries = (await self.ledger())["by_metadata"].get(name, {})
        return [key for key, entry in entries.items() if entry["count"] > 1]

    async def changes(self, after: int, *, seconds: float = 25.0) -> Json:
        """The ledger once its version is above `after`, or when the time is over."""
        return await self._send("GET", f"/changes?after={after}&seconds={seconds}")

    async def calls(self, operation: str | None = None) -> list[Json]:
        """Every API call so far, oldest first."""
        calls: list[Json] = (await self._send("GET", "/calls"))["calls"]
        return [call for call in calls if operation in (None, call["operation"])]

    async def webhooks(self) -> list[Json]:
        """The events delivered or given up, oldest first: id, type, last status (0: no answer)."""
        sent: list[Json] = (await self._send("GET", "/webhooks"))["sent"]
        return sent
