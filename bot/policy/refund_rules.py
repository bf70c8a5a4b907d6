"""The rules for refunds as data: the presets that ship, and how an operator's numbers change them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.policy.money import minor_units
from bot.policy.signs import SignRules
from bot.policy.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Limits:
    """Minor units of one currency: up to `automatic` nobody is asked, above `approval` two people or a manager are.

    Above `manager` not even a manager decides alone; None: a manager's own limit is the only one.
    """

    automatic: int
    approval: int
    manager: int | None = None


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
    signs: SignRules = field(default_factory=SignRules)


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


@dataclass(frozen=True, slots=True)
class LimitWish:
    """What an operator sets, in whole units ("100.00"); None: as it was."""

    automatic: Decimal | None = None
    approval: Decimal | None = None
    manager: Decimal | None = None


def refund_rules(
    preset: str,
    *,
    window_days: int | None = None,
    every: LimitWish | None = None,
    currencies: Mapping[str, LimitWish] | None = None,
    signs: SignRules | None = None,
) -> RefundRules:
    """The preset with an operator's numbers over it: `every` for each of its currencies, `currencies` for one of them.

    A currency the preset does not know has the limits that are given for it, and 0 for those that are not.
    """
    rules = PRESETS[preset]
    limits = {currency: _over(limit, every or LimitWish(), currency) for currency, limit in rules.limits.items()}
    for currency, wish in (currencies or {}).items():
        limits[currency] = _over(limits.get(currency, Limits(0, 0)), wish, currency)
    days = rules.window_days if window_days is None else window_days
    return replace(rules, limits=limits, window_days=days, signs=signs or rules.signs)


def _over(limit: Limits, wish: LimitWish, currency: str) -> Limits:
    def chosen(typed: Decimal | None, before: int | None) -> int | None:
        return before if typed is None else minor_units(typed, currency)

    return Limits(
        automatic=chosen(wish.automatic, limit.automatic) or 0,
        approval=chosen(wish.approval, limit.approval) or 0,
        manager=chosen(wish.manager, limit.manager),
    )
