"""Terms are frozen, and their hash changes with anything people agreed to."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.limits import Budget, exceeded, too_fast
from bot.policy.terms import RefundTerms, terms_hash

TERMS = RefundTerms("ch_1", "ch_1", "ORD-1", 9900, "USD", "broken", "visa •• 4242")


def test_the_hash_is_the_same_in_every_process_and_after_storage() -> None:
    code = (
        "from bot.policy.terms import *;"
        "print(terms_hash(RefundTerms('ch_1','ch_1','ORD-1',9900,'USD','broken','visa \\u2022\\u2022 4242')))"
    )
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert terms_hash(TERMS) == elsewhere
    assert terms_hash(RefundTerms(**asdict(TERMS))) == elsewhere
    assert len(elsewhere) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"payment_ref": "ch_2"},
        {"charge_id": "ch_2"},
        {"order_id": "ORD-2"},
        {"amount_minor": 9901},
        {"currency": "EUR"},
        {"reason": "late"},
        {"destination": "store credit"},
    ],
)
def test_any_other_term_is_another_hash(change: dict[str, Any]) -> None:
    assert terms_hash(replace(TERMS, **change)) != terms_hash(TERMS)


@settings(deadline=None)
@given(st.text(max_size=8), st.text(max_size=8))
def test_moving_text_between_fields_is_another_hash(first: str, second: str) -> None:
    one = replace(TERMS, order_id=first, reason=second)
    other = replace(TERMS, order_id=second, reason=first)

    assert (terms_hash(one) == terms_hash(other)) == (first == second)


def test_terms_cannot_be_changed_afterwards() -> None:
    with pytest.raises(FrozenInstanceError):
        TERMS.amount_minor = 1  # type: ignore[misc]


@pytest.mark.parametrize("amount", [0, -1, 1.5, "100", True, None])
def test_terms_are_a_positive_whole_amount(amount: Any) -> None:
    with pytest.raises(ValueError, match="positive whole number"):
        replace(TERMS, amount_minor=amount)


@settings(deadline=None)
@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_budget_breaks_only_above_its_limit(amount: int, spent: int, limit: int) -> None:
    budget = Budget("today", "USD", limit, spent)

    assert bool(exceeded(amount, "USD", [budget])) == (spent + amount > limit)
    assert exceeded(amount, "EUR", [budget]) == ()
    assert budget.left_minor >= 0
    assert too_fast([]) == ()
