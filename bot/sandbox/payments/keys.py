"""Idempotency keys as Stripe keeps them (https://docs.stripe.com/api/idempotent_requests)."""

import time
from dataclasses import dataclass
from typing import Any

from bot.sandbox.payments.refusal import Refusal


@dataclass(slots=True)
class _Kept:
    request: str
    born: float
    status: int = 0
    body: dict[str, Any] | None = None


class Keys:
    """The first answer under a key, for `lifetime` seconds; 0 forgets it as soon as it is given."""

    def __init__(self, lifetime: float = 86_400.0) -> None:
        self.lifetime = lifetime
        self._kept: dict[str, _Kept] = {}

    def begin(self, key: str, request: str) -> tuple[int, dict[str, Any]] | None:
        """The stored answer to the same request; None when it is new, and from now on it is in flight."""
        if len(key) > 255:
            raise Refusal("Idempotency keys are at most 255 characters.")
        kept = self._kept.get(key)
        if kept is not None and kept.body is not None and time.monotonic() - kept.born >= self.lifetime:
            kept = None
        if kept is None:
            self._kept[key] = _Kept(request, time.monotonic())
            return None
        return self._replay(key, kept, request)

    def _replay(self, key: str, kept: _Kept, request: str) -> tuple[int, dict[str, Any]]:
        if kept.request != request:
            message = (
                "Keys for idempotent requests can only be used with the same parameters and endpoint "
                f"they were first used with. Try using a key other than '{key}'."
            )
            raise Refusal(message, kind="idempotency_error")
        if kept.body is None:
            message = f"There is currently another in-progress request using this idempotency key: {key}."
            raise Refusal(message, status=409, code="idempotency_key_in_use", kind="idempotency_error")
        return kept.status, kept.body

    def keep(self, key: str, status: int, body: dict[str, Any]) -> None:
        """Remember the answer, also when it is an error."""
        kept = self._kept[key]
        kept.status, kept.body = status, body

    def drop(self, key: str) -> None:
        """Nothing was executed: the key is as new."""
        self._kept.pop(key, None)

    def forget(self) -> None:
        """What happens after a day: every finished key is gone."""
        self._kept = {key: kept for key, kept in self._kept.items() if kept.body is None}
