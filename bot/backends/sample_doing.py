"""What the sample shop can do, and how it remembers what it did: once per key, also after a restart."""

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from agents_team.tools.shop import Customer, Order
from bot.backends.doing import ShopDone, ShopState, ShopTask
from bot.backends.errors import BackendRefused

PLANS = ("starter", "team", "business")
NOT_SENT = ("processing",)
SENT = ("shipped", "late", "delivered")


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done, with everything needed to do it to the data again at the next start."""

    key: str
    kind: str
    customer_id: str
    subject: str
    details: Mapping[str, str]
    ref: str


class Deeds:
    """The deeds by key, in `file` (None: only in memory). A deed is on disk before anybody hears of it."""

    def __init__(self, file: Path | None):
        self._file = file
        kept = json.loads(file.read_text(encoding="utf-8")) if file is not None and file.exists() else []
        self.by_key = {row["key"]: Deed(**row) for row in kept}

    def add(self, deed: Deed) -> None:
        self.by_key[deed.key] = deed
        if self._file is None:
            return
        fresh = self._file.with_name(f"{self._file.name}.new")
        with fresh.open("w", encoding="utf-8") as out:
            json.dump([asdict(each) for each in self.by_key.values()], out)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._file)


class ShopData(Protocol):
    """The data that is acted upon."""

    def order(self, order_id: str, customer_id: str) -> Order | None:
        """This customer's order."""

    def customer(self, customer_id: str) -> Customer | None:
        """The account."""

    def address(self, customer_id: str) -> str:
        """Where their parcels go, in one line; empty when unknown."""

    def apply(self, deed: Deed) -> None:
        """Make the data say what was done."""


class SampleDoer:
    """The half of the sample shop that acts (bot.backends.doing.ShopDoer), over its data and its deeds."""

    can = frozenset({"reship", "cancel_order", "change_plan", "reset_password", "store_credit"})
    key_lifetime = timedelta(days=3650)
    call_limit = timedelta(seconds=2)

    def __init__(self, deeds: Deeds, data: "ShopData"):
        self._deeds = deeds
        self._data = data
        for deed in deeds.by_key.values():
            data.apply(deed)

    async def state_of(self, kind: str, subject: str, *, customer_id: str) -> ShopState | None:
        """Whether this customer's thing allows it now; None when it is not theirs."""
        customer = self._data.customer(customer_id)
        if customer is None:
            return None
        if kind in ("reship", "cancel_order"):
            order = self._data.order(subject, customer_id)
            return _of_order(kind, order, self._data.address(customer_id)) if order else None
        if kind == "store_credit":
            return ShopState(True, facts={"credit": self._credit_of(customer_id)})
        if kind == "change_plan":
            return ShopState(True, facts={"plan": customer.plan}, options=PLANS)
        return ShopState(True, facts={"address_on_file": customer.email})

    async def carry_out(self, task: ShopTask) -> ShopDone:
        """Do it once per key. Raises BackendRefused when it is not possible (any more)."""
        known = self._deeds.by_key.get(task.key)
        if known is None:
            state = await self.state_of(task.kind, task.subject, customer_id=task.customer_id)
            if state is None or not state.possible:
                raise BackendRefused("not_allowed", state.why if state else "This customer has no such thing.")
            number = len(self._deeds.by_key) + 1
            ref = f"{task.kind.upper().replace('_', '-')}-{number}"
            known = Deed(task.key, task.kind, task.customer_id, task.subject, dict(task.details), ref)
            self._deeds.add(known)
            self._data.apply(known)
        return ShopDone(known.key, known.kind, known.ref)

    def _credit_of(self, customer_id: str) -> str:
        """What was given so far, in minor units by currency, such as "9900 USD, 4800 JPY"; "" when nothing was."""
        sums: Counter[str] = Counter()
        for deed in self._deeds.by_key.values():
            if (deed.kind, deed.customer_id) == ("store_credit", customer_id):
                sums[deed.details["currency"]] += int(deed.details["amount_minor"])
        return ", ".join(f"{minor} {currency}" for currency, minor in sorted(sums.items()))

    async def find_done(self, key: str) -> ShopDone | None:
        """What was done under this key."""
        known = self._deeds.by_key.get(key)
        return ShopDone(known.key, known.kind, known.ref) if known else None


def _of_order(kind: str, order: Order, address: str) -> ShopState:
    items = ", ".join(f"{line.quantity} × {line.title}" for line in order.lines)
    facts = {"status": order.status, "items": items} | ({"address": address} if kind == "reship" else {})
    if kind == "reship" and order.status not in SENT:
        return ShopState(False, f"{order.id} is {order.status}: it was not sent, so it cannot be sent again.", facts)
    if kind == "cancel_order" and order.status not in NOT_SENT:
        return ShopState(False, f"{order.id} is {order.status} and can no longer be cancelled.", facts)
    return ShopState(True, facts=facts)
