"""The verdict on a refund, rule by rule and at every boundary."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents_team.tools.answers import money as said_by_the_team
from bot.policy.limits import Budget, Pace
from bot.policy.money import minor_units, say
from bot.policy.refund import (
    Problem,
    RefundFacts,
    RefundWish,
    judge_refund,
    manager_is_enough,
    read_wish,
    settle_terms,
)
from bot.policy.refund_rules import PRESETS, STANDARD, STRICT, Limits, LimitWish, RefundRules, refund_rules
from bot.policy.signs import History, SignRules
from bot.policy.terms import STORE_CREDIT
from bot.policy.verdict import Outcome

WISH = RefundWish(order_id="ORD-1", reason="broken", trust=2)
FACTS = RefundFacts(
    customer_id="cus_1",
    order_id="ORD-1",
    charge_id="ch_1",
    payment_ref="ch_1",
    amount_minor=9900,
    refundable_minor=9900,
    currency="USD",
    method="visa •• 4242",
    days_since=3,
)


def wish(**changes: Any) -> RefundWish:
    return replace(WISH, **changes)


def facts(**changes: Any) -> RefundFacts:
    return replace(FACTS, **changes)


def big(amount: int) -> RefundFacts:
    return facts(amount_minor=amount, refundable_minor=amount)


CASES = [
    # who decides
    (WISH, FACTS, STRICT, Outcome.STAFF, "needs_approval"),
    (WISH, FACTS, STANDARD, Outcome.AUTO, "within_automatic_limit"),
    (wish(amount_minor=1), FACTS, STRICT, Outcome.STAFF, "needs_approval"),
    (WISH, big(10_000), STANDARD, Outcome.AUTO, "within_automatic_limit"),
    (WISH, big(10_001), STANDARD, Outcome.STAFF, "needs_approval"),
    (WISH, big(50_000), STANDARD, Outcome.STAFF, "needs_approval"),
    (WISH, big(50_001), STANDARD, Outcome.TWO_PEOPLE, "above_approval_limit"),
    (WISH, big(50_001), STRICT, Outcome.TWO_PEOPLE, "above_approval_limit"),
    (wish(amount_minor=50_000), big(90_000), STRICT, Outcome.STAFF, "needs_approval"),
    (WISH, facts(currency="JPY"), STANDARD, Outcome.AUTO, "within_automatic_limit"),
    (WISH, facts(currency="JPY", refundable_minor=10_001), STANDARD, Outcome.STAFF, "needs_approval"),
    (WISH, facts(currency="XTS"), STANDARD, Outcome.TWO_PEOPLE, "currency_without_limits"),
    # the window
    (WISH, facts(days_since=30), STANDARD, Outcome.AUTO, "within_automatic_limit"),
    (WISH, facts(days_since=31), STANDARD, Outcome.STAFF, "window_over"),
    (WISH, facts(days_since=31), replace(STANDARD, after_window=Outcome.DENY), Outcome.DENY, "window_over"),
    (WISH, facts(days_since=31, refundable_minor=60_000), STANDARD, Outcome.TWO_PEOPLE, "above_approval_limit"),
    # double charges
    (wish(reason="duplicate"), FACTS, STANDARD, Outcome.STAFF, "duplicate_not_proven"),
    (wish(reason="duplicate"), facts(duplicate_of="ch_2"), STANDARD, Outcome.AUTO, "within_automatic_limit"),
    (wish(reason="duplicate"), facts(duplicate_of="ch_2"), STRICT, Outcome.STAFF, "needs_approval"),
    (WISH, facts(duplicate_of="ch_2", days_since=400), STANDARD, Outcome.AUTO, "within_automatic_limit"),
    (WISH, facts(duplicate_of="ch_2", refundable_minor=50_001), STANDARD, Outcome.TWO_PEOPLE, "above_approval_limit"),
    # proof and taint
    (wish(trust=1), FACTS, STANDARD, Outcome.STAFF, "weak_proof"),
    (wish(trust=0), big(50_001), STANDARD, Outcome.TWO_PEOPLE, "above_approval_limit"),
    (wish(tainted=("amount_minor",)), FACTS, STANDARD, Outcome.STAFF, "tainted"),
    # never
    (wish(amount_minor=9901), FACTS, STANDARD, Outcome.DENY, "above_refundable"),
    (wish(amount_minor=9900), FACTS, STANDARD, Outcome.AUTO, "within_automatic_limit"),
    (wish(amount_minor=0), FACTS, STANDARD, Outcome.DENY, "amount_not_payable"),
    (wish(amount_minor=-5), FACTS, STANDARD, Outcome.DENY, "amount_not_payable"),
    (WISH, facts(disputed=True, refundable_minor=0), STANDARD, Outcome.DENY, "charge_disputed"),
    (WISH, facts(refunded_minor=9900, refundable_minor=0), STANDARD, Outcome.DENY, "already_refunded"),
    (WISH, facts(problem=Problem.ORDER_UNKNOWN), STANDARD, Outcome.DENY, "order_unknown"),
    (WISH, facts(problem=Problem.CHARGE_UNKNOWN), STANDARD, Outcome.DENY, "charge_unknown"),
    # facts that cannot be judged
    (WISH, RefundFacts(problem=Problem.CUSTOMER_UNPROVEN), STANDARD, Outcome.NEEDS_PERSON, "customer_unproven"),
    (WISH, facts(problem=Problem.WHICH_CHARGE), STANDARD, Outcome.NEEDS_PERSON, "which_charge"),
    (WISH, facts(problem=Problem.NOTHING_NAMED), STANDARD, Outcome.NEEDS_PERSON, "nothing_named"),
    (WISH, facts(problem=Problem.CURRENCY_DIFFERS), STANDARD, Outcome.NEEDS_PERSON, "currency_differs"),
    (WISH, facts(problem=Problem.PROVIDER_DOES_NOT_KNOW), STANDARD, Outcome.NEEDS_PERSON, "provider_does_not_know"),
]


@pytest.mark.parametrize(("asked", "known", "rules", "outcome", "rule"), CASES)
def test_the_verdict(asked: RefundWish, known: RefundFacts, rules: RefundRules, outcome: Outcome, rule: str) -> None:
    verdict = judge_refund(asked, known, rules)

    assert (verdict.outcome, verdict.rule) == (outcome, rule)
    assert verdict.for_staff
    assert verdict.for_customer


def test_a_used_up_budget_takes_a_person() -> None:
    day = Budget("today", "USD", limit_minor=20_000, spent_minor=10_100)
    other = Budget("today", "EUR", limit_minor=1, spent_minor=1)

    assert judge_refund(WISH, FACTS, STANDARD, budgets=[day, other]).outcome is Outcome.AUTO
    verdict = judge_refund(WISH, FACTS, STANDARD, budgets=[replace(day, spent_minor=10_101)])
    assert (verdict.outcome, verdict.rule) == (Outcome.STAFF, "over_budget")
    assert verdict.for_staff == "today: 98.99 USD left of 200.00 USD"


def test_many_small_refunds_take_a_person() -> None:
    assert judge_refund(WISH, FACTS, STANDARD, paces=[Pace("an hour", most=3, seen=2)]).outcome is Outcome.AUTO
    assert judge_refund(WISH, FACTS, STANDARD, paces=[Pace("an hour", most=3, seen=3)]).rule == "too_many"


def test_every_rule_that_held_is_named_and_its_inputs_are_kept() -> None:
    verdict = judge_refund(wish(tainted=("order_id",), trust=0), facts(days_since=90), STRICT)

    assert verdict.rules == ("tainted", "weak_proof", "window_over", "needs_approval")
    assert verdict.inputs["facts"]["days_since"] == 90
    assert verdict.inputs["amount_minor"] == 9900


def test_the_words_name_the_money() -> None:
    too_much = judge_refund(wish(amount_minor=12_000), facts(refundable_minor=5000, refunded_minor=4900), STRICT)
    automatic = judge_refund(WISH, FACTS, STANDARD)

    assert "120.00 USD" in too_much.for_customer
    assert "50.00 USD" in too_much.for_customer
    assert automatic.for_customer == "The refund of 99.00 USD is approved."


# ------------------------------------------------------------------ for everything there is

amounts = st.integers(min_value=-(10**9), max_value=10**9)
wishes = st.builds(
    RefundWish,
    order_id=st.none() | st.text(max_size=5),
    charge_id=st.none() | st.text(max_size=5),
    amount_minor=st.none() | amounts,
    reason=st.sampled_from(["", "duplicate", "broken"]),
    trust=st.integers(-1, 5),
    tainted=st.sampled_from([(), ("amount_minor",)]),
)
known_facts = st.builds(
    RefundFacts,
    problem=st.sampled_from([None, None, None, *Problem]),
    amount_minor=amounts,
    refunded_minor=amounts,
    refundable_minor=amounts,
    currency=st.sampled_from(["USD", "JPY", "BHD", "XTS", ""]),
    disputed=st.sampled_from([False, False, True]),
    days_since=st.integers(-10, 100),
    duplicate_of=st.sampled_from(["", "ch_2"]),
)
limits = st.builds(Limits, automatic=st.integers(0, 10**9), approval=st.integers(0, 10**9))
rule_sets = st.builds(
    RefundRules,
    name=st.just("any"),
    limits=st.dictionaries(st.sampled_from(["USD", "JPY", "BHD"]), limits),
    window_days=st.integers(0, 90),
    after_window=st.sampled_from([Outcome.STAFF, Outcome.DENY]),
    least_trust=st.integers(0, 4),
)
budget_lists = st.lists(st.builds(Budget, st.just("b"), st.just("USD"), amounts, amounts), max_size=2)


@settings(deadline=None)
@given(wishes, known_facts, rule_sets, budget_lists)
def test_nothing_is_automatic_outside_the_limits(
    asked: RefundWish, known: RefundFacts, rules: RefundRules, budgets: list[Budget]
) -> None:
    verdict = judge_refund(asked, known, rules, budgets=budgets)

    if verdict.outcome is Outcome.AUTO:
        amount = verdict.inputs["amount_minor"]
        assert 1 <= amount <= min(rules.limits[known.currency].automatic, known.refundable_minor)
        assert amount <= rules.limits[known.currency].approval
        assert known.problem is None
        assert not known.disputed
        assert not asked.tainted
        assert asked.trust >= rules.least_trust
        assert known.days_since <= rules.window_days or known.duplicate_of
        assert all(budget.allows(amount) for budget in budgets if budget.currency == known.currency)


@settings(deadline=None)
@given(wishes, known_facts, rule_sets)
def test_equal_inputs_have_equal_verdicts_and_everything_has_one(
    asked: RefundWish, known: RefundFacts, rules: RefundRules
) -> None:
    verdict = judge_refund(asked, known, rules)

    assert verdict == judge_refund(replace(asked), replace(known), rules)
    assert verdict.rule in verdict.rules


@settings(deadline=None)
@given(wishes, known_facts, rule_sets)
def test_what_may_be_paid_has_terms_of_exactly_that_amount(
    asked: RefundWish, known: RefundFacts, rules: RefundRules
) -> None:
    verdict, terms = judge_refund(asked, known, rules), settle_terms(asked, known)

    if verdict.outcome in (Outcome.AUTO, Outcome.STAFF, Outcome.TWO_PEOPLE):
        assert terms is not None
        assert 1 <= terms.amount_minor <= known.refundable_minor
        assert terms.amount_minor == verdict.inputs["amount_minor"]


# ------------------------------------------------------------------ what a model says, and what an operator sets


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"order_id": " ORD-1 ", "amount_minor": 500}, RefundWish("ORD-1", None, 500)),
        (
            {"order_id": "", "charge_id": "ch_1", "amount_minor": None, "reason": "x"},
            RefundWish(None, "ch_1", None, "x"),
        ),
        ({"order_id": 7, "amount_minor": "500"}, RefundWish(None, None, 0)),
        ({"amount_minor": 99.5}, RefundWish(None, None, 0)),
        ({"amount_minor": True}, RefundWish(None, None, 0)),
        ({"amount_minor": 10**30}, RefundWish(None, None, 0)),
        ({"to": "store_credit"}, RefundWish(to=STORE_CREDIT)),
        ({"to": "my other card"}, RefundWish()),
        ({}, RefundWish()),
    ],
)
def test_a_models_wish_is_read_without_trusting_it(said: dict[str, Any], expected: RefundWish) -> None:
    assert read_wish(said, trust=0) == expected


def test_the_presets_are_strict_by_default_and_an_operators_numbers_count() -> None:
    assert all(limits.automatic == 0 for limits in PRESETS["strict"].limits.values())
    assert STANDARD.limits["USD"] == Limits(10_000, 50_000)

    every = LimitWish(automatic=Decimal("20.50"), approval=Decimal(300))
    rules = refund_rules("strict", window_days=14, every=every)

    assert (rules.limits["EUR"], rules.limits["JPY"]) == (Limits(2050, 30_000), Limits(20, 300))
    assert rules.window_days == 14
    assert refund_rules("standard") == STANDARD


def test_each_currency_can_have_limits_of_its_own() -> None:
    own = {
        "JPY": LimitWish(automatic=Decimal(2000), manager=Decimal(300_000)),
        "PLN": LimitWish(approval=Decimal("2000.00")),
    }
    rules = refund_rules("standard", every=LimitWish(manager=Decimal(1000)), currencies=own)

    assert rules.limits["USD"] == Limits(10_000, 50_000, 100_000)
    assert rules.limits["JPY"] == Limits(2000, 50_000, 300_000)
    assert rules.limits["PLN"] == Limits(0, 200_000)
    assert judge_refund(WISH, facts(currency="PLN"), rules).rule == "needs_approval"


@pytest.mark.parametrize(("preset", "outcome"), [("strict", Outcome.STAFF), ("standard", Outcome.AUTO)])
def test_a_proven_double_charge_is_always_within_policy_however_old(preset: str, outcome: Outcome) -> None:
    twice = facts(duplicate_of="ch_2", days_since=4000)

    verdict = judge_refund(wish(reason="charged twice"), twice, PRESETS[preset])

    assert verdict.outcome is outcome
    assert verdict.rule in ("needs_approval", "within_automatic_limit")


CLAIMS = [
    "duplicate", "I was charged twice.", "billed two times for one order", "double-charged", "Doppelt abgebucht",
    "zweimal bezahlt", "débité deux fois", "me cobraron dos veces", "addebito duplicato", "dubbele afschrijving",
    "pobrano dwukrotnie", "二重に請求された", "重复扣款", "списали два раза",
]  # fmt: skip


@pytest.mark.parametrize("reason", CLAIMS)
def test_a_double_charge_without_proof_of_both_is_never_automatic_in_whatever_words(reason: str) -> None:
    verdict = judge_refund(wish(reason=reason), FACTS, STANDARD)

    assert (verdict.outcome, verdict.rule) == (Outcome.STAFF, "duplicate_not_proven")
    assert judge_refund(wish(reason=reason), facts(duplicate_of="ch_2"), STANDARD).outcome is Outcome.AUTO


@pytest.mark.parametrize("reason", ["broken", "It never arrived", "The double bed is too small"])
def test_other_reasons_claim_no_double_charge(reason: str) -> None:
    assert judge_refund(wish(reason=reason), FACTS, STANDARD).outcome is Outcome.AUTO


def test_above_the_manager_limit_a_manager_alone_is_not_enough() -> None:
    rules = refund_rules("standard", every=LimitWish(manager=Decimal(1000)))
    at, above = judge_refund(WISH, big(100_000), rules), judge_refund(WISH, big(100_001), rules)

    assert (at.outcome, at.rule, manager_is_enough(at.kept())) == (Outcome.TWO_PEOPLE, "above_approval_limit", True)
    assert (above.outcome, above.rule, manager_is_enough(above.kept())) == (
        Outcome.TWO_PEOPLE,
        "above_manager_limit",
        False,
    )
    assert not manager_is_enough(judge_refund(WISH, facts(currency="XTS"), rules).kept())


def history(**changes: Any) -> History:
    return replace(History(currency="USD", spent_minor=100_000, account_days=400), **changes)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (history(), ""),
        (history(refunds=2, refunded_minor=50_000), ""),
        (history(refunds=2, refunded_minor=50_001), "500.01 USD of 1000.00 USD spent (50 %) came back in 90 days."),
        (history(refunds=3, refunded_minor=300), "3 refunds (3.00 USD) in 90 days."),
        (history(account_days=6), "The account is 6 days old."),
        (history(account_days=None, first_contact=True), ""),
        (history(orders_inside=True), "gave orders to the bot"),
    ],
)
def test_signs_of_abuse_take_a_person_and_say_why(known: History, says: str) -> None:
    rules = replace(STANDARD, signs=SignRules(account_days=7))

    verdict = judge_refund(WISH, FACTS, rules, history=known)

    assert verdict.outcome is (Outcome.STAFF if says else Outcome.AUTO)
    assert says in verdict.for_staff
    assert verdict.inputs["history"]["refunds"] == known.refunds


def test_store_credit_is_refused_where_the_shop_gives_none() -> None:
    asked = wish(to=STORE_CREDIT)

    assert judge_refund(asked, FACTS, STANDARD).rule == "no_store_credit"
    assert judge_refund(asked, facts(gives_credit=True), STANDARD).outcome is Outcome.AUTO
    terms = settle_terms(asked, facts(gives_credit=True))
    assert terms is not None
    assert terms.destination == STORE_CREDIT


def test_team_and_bot_agree_how_many_decimals_a_currency_has() -> None:
    for currency in ("USD", "ISK", "JPY", "BIF", "KWD", "LYD", "XPF", "MGA", "EUR"):
        assert said_by_the_team(123_456, currency) == say(123_456, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (9900, "USD", "99.00 USD"),
        (5, "EUR", "0.05 EUR"),
        (4800, "JPY", "4800 JPY"),
        (1005, "BHD", "1.005 BHD"),
        (-150, "USD", "-1.50 USD"),
        (0, "USD", "0.00 USD"),
    ],
)
def test_money_in_words(minor: int, currency: str, words: str) -> None:
    assert say(minor, currency) == words
    assert minor_units(Decimal(words.split()[0]), currency) == minor
