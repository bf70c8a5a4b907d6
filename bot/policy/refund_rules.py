"""The rules for refunds as data: the presets that ship, and how an operator's numbers change them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.policy.money import minor_units
from bot.policy.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Limits:
    """Minor units of one currency: up to `automatic` nobody is asked, above `approval` two people are."""

    automatic: int
    approval: int


@dataclass(frozen=True, slots=True)
class RefundRules:
    """What is allowed. A currency without limits always takes two people.

    `least_trust` (channels.base.Trust) is what an automatic refund asks of the requester's proof.
    `after_window` is STAFF (an exception a person may make) or DENY.
    """

    name: str
    limits: Mapping[str, Limits]
    window_days: int = 30
    after_window: Outcome = Outcome.STAFF
    least_trust: int = 2


def _each(automatic: str, approval: str) -> dict[str, Limits]:
    """The same whole units in the currencies of similar worth; a hundred times as many yen."""
    worth = {"USD": 1, "EUR": 1, "GBP": 1, "CHF": 1, "CAD": 1, "AUD": 1, "JPY": 100}
    return {
        currency: Limits(
            minor_units(Decimal(automatic) * times, currency),
            minor_units(Decimal(approval) * times, currency),
        )
        for currency, times in worth.items()
    }


STRICT = RefundRules("strict", _each(automatic="0", approval="500.00"))
STANDARD = RefundRules("standard", _each(automatic="100.00", approval="500.00"))

PRESETS: Mapping[str, RefundRules] = {"strict": STRICT, "standard": STANDARD}


def refund_rules(
    preset: str,
    *,
    window_days: int | None = None,
    automatic_limit: Decimal | None = None,
    approval_limit: Decimal | None = None,
) -> RefundRules:
    """The preset with an operator's numbers over it. Limits are whole units ("100.00") and count in every currency."""
    rules = PRESETS[preset]
    limits = {
        currency: Limits(
            limit.automatic if automatic_limit is None else minor_units(automatic_limit, currency),
            limit.approval if approval_limit is None else minor_units(approval_limit, currency),
        )
        for currency, limit in rules.limits.items()
    }
    return replace(rules, limits=limits, window_days=rules.window_days if window_days is None else window_days)
