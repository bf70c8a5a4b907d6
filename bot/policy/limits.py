"""Budgets: how much may go out per customer, day, approver or company. Sums come in, breaches come out."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.policy.money import say


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit in minor units of `currency` and what is already spent or promised of it."""

    name: str
    currency: str
    limit_minor: int
    spent_minor: int

    @property
    def left_minor(self) -> int:
        return max(0, self.limit_minor - self.spent_minor)

    def allows(self, amount_minor: int) -> bool:
        return self.spent_minor + amount_minor <= self.limit_minor

    def words(self) -> str:
        """For the card: the budget and what is left."""
        return f"{self.name}: {say(self.left_minor, self.currency)} left of {say(self.limit_minor, self.currency)}"


@dataclass(frozen=True, slots=True)
class Pace:
    """How many automatic refunds one window of time may see; above it a person looks (many small ones are a sign)."""

    name: str
    most: int
    seen: int

    def allows_one_more(self) -> bool:
        return self.seen < self.most

    def words(self) -> str:
        """For the card: the window and how full it is."""
        return f"{self.name}: {self.seen} of {self.most}"


def exceeded(amount_minor: int, currency: str, budgets: Iterable[Budget]) -> tuple[Budget, ...]:
    """The budgets of this currency that `amount_minor` more would break. Reaching a limit exactly breaks nothing."""
    return tuple(budget for budget in budgets if budget.currency == currency and not budget.allows(amount_minor))


def too_fast(paces: Iterable[Pace]) -> tuple[Pace, ...]:
    """The windows that are full."""
    return tuple(pace for pace in paces if not pace.allows_one_more())
