"""The verdict on a refund: two tables of rules over a wish and the facts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from bot.policy.limits import Budget, Pace, exceeded, too_fast
from bot.policy.money import say
from bot.policy.refund_rules import Limits, RefundRules
from bot.policy.signs import History, claims_double_charge, signs_of_abuse
from bot.policy.terms import STORE_CREDIT, RefundTerms
from bot.policy.verdict import Finding, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What was asked for. `amount_minor` None: everything that is left. `to`: "" (the way it was paid) or STORE_CREDIT.

    `trust` is how well the requester is proven (channels.base.Trust). `tainted` names the fields of
    the wish that came from a requester's text and that no backend confirmed.
    """

    order_id: str | None = None
    charge_id: str | None = None
    amount_minor: int | None = None
    reason: str = ""
    trust: int = 0
    tainted: tuple[str, ...] = ()
    to: str = ""


LARGEST = 10**15
"""No refund is larger: minor units that every database and provider can hold."""


def read_wish(said: Mapping[str, Any], *, trust: int, tainted: Sequence[str] = ()) -> RefundWish:
    """A proposal's wish, whatever a model put into it. An amount that is no whole number becomes 0: never payable."""
    amount = said.get("amount_minor")
    payable = amount is None or (type(amount) is int and abs(amount) <= LARGEST)
    return RefundWish(
        order_id=_text(said.get("order_id")) or None,
        charge_id=_text(said.get("charge_id")) or None,
        amount_minor=amount if payable else 0,
        reason=_text(said.get("reason")),
        trust=trust,
        tainted=tuple(tainted),
        to=STORE_CREDIT if said.get("to") == STORE_CREDIT else "",
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


class Problem(StrEnum):
    """Why there are no facts to judge."""

    CUSTOMER_UNPROVEN = "customer_unproven"
    NOTHING_NAMED = "nothing_named"
    ORDER_UNKNOWN = "order_unknown"
    CHARGE_UNKNOWN = "charge_unknown"
    WHICH_CHARGE = "which_charge"
    PROVIDER_DOES_NOT_KNOW = "provider_does_not_know"
    CURRENCY_DIFFERS = "currency_differs"


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """What shop and payment provider say about it now. With a `problem`, the rest may be empty.

    `known_amounts` are those that shop and provider name themselves.
    `days_since` are whole days since the payment. `duplicate_of` is the id of another charge of the
    same customer, amount and day that the provider confirms as paid and still unrefunded. `refundable_minor` is what
    is left after refunds and after `credited_minor`, which the shop keeps as credit (`gives_credit`: it can).
    """

    customer_id: str | None = None
    problem: Problem | None = None
    order_id: str = ""
    order_status: str = ""
    charge_id: str = ""
    payment_ref: str = ""
    amount_minor: int = 0
    refunded_minor: int = 0
    refundable_minor: int = 0
    currency: str = ""
    method: str = ""
    disputed: bool = False
    days_since: int = 0
    duplicate_of: str = ""
    known_amounts: tuple[int, ...] = ()
    credited_minor: int = 0
    gives_credit: bool = False
    items: str = ""
    shipment: str = ""


def only_the_requester_says(wish: RefundWish, facts: RefundFacts, *, by_staff: Sequence[str] = ()) -> tuple[str, ...]:
    """The fields of the wish that no backend confirms and no colleague typed: their taint.

    Ids are confirmed by being found as this customer's; an amount by being one that shop or provider names.
    """
    doubtful = {
        "order_id": _differs(wish.order_id, facts.order_id),
        "charge_id": _differs(wish.charge_id, facts.charge_id),
        "amount_minor": wish.amount_minor is not None and wish.amount_minor not in facts.known_amounts,
    }
    return tuple(name for name, is_doubtful in doubtful.items() if is_doubtful and name not in by_staff)


def _differs(said: str | None, known: str) -> bool:
    return said is not None and said.casefold() != known.casefold()


def settle_terms(wish: RefundWish, facts: RefundFacts) -> RefundTerms | None:
    """The exact terms of the wish; None when there is no charge to pay back or the amount is not payable."""
    amount = _amount(wish, facts)
    if facts.problem is not None or amount < 1:
        return None
    return RefundTerms(
        payment_ref=facts.payment_ref,
        charge_id=facts.charge_id,
        order_id=facts.order_id,
        amount_minor=amount,
        currency=facts.currency,
        reason=wish.reason,
        destination=wish.to or facts.method or "the original payment method",
    )


def judge_refund(
    wish: RefundWish,
    facts: RefundFacts,
    rules: RefundRules,
    *,
    budgets: Sequence[Budget] = (),
    paces: Sequence[Pace] = (),
    history: History | None = None,
) -> Verdict:
    """The verdict: the first STOP that holds, else the strictest GRADE. Pure, and defined for every input."""
    case = _Case(wish, facts, rules, tuple(budgets), tuple(paces), history or History(currency=facts.currency))
    stopped = [finding for stop in STOPS if (finding := stop(case))]
    findings = stopped[:1] or [finding for grade in GRADES if (finding := grade(case))]
    decided = max(findings, key=lambda finding: finding.outcome.rank)
    return Verdict(
        outcome=decided.outcome,
        rule=decided.rule,
        for_staff=decided.for_staff,
        for_customer=decided.for_customer,
        rules=tuple(finding.rule for finding in findings),
        inputs=case.inputs(),
    )


def _amount(wish: RefundWish, facts: RefundFacts) -> int:
    return facts.refundable_minor if wish.amount_minor is None else wish.amount_minor


@dataclass(frozen=True, slots=True)
class _Case:
    """One wish before the rules."""

    wish: RefundWish
    facts: RefundFacts
    rules: RefundRules
    budgets: tuple[Budget, ...]
    paces: tuple[Pace, ...]
    history: History

    @property
    def amount(self) -> int:
        return _amount(self.wish, self.facts)

    @property
    def limits(self) -> Limits | None:
        return self.rules.limits.get(self.facts.currency)

    @property
    def words(self) -> str:
        return say(self.amount, self.facts.currency)

    def inputs(self) -> dict[str, Any]:
        limits = asdict(self.limits) if self.limits else None
        return {
            "rules": self.rules.name,
            "amount_minor": self.amount,
            "wish": asdict(self.wish),
            "facts": asdict(self.facts),
            "limits": limits,
            "window_days": self.rules.window_days,
            "least_trust": self.rules.least_trust,
            "budgets": [asdict(budget) for budget in self.budgets],
            "paces": [asdict(pace) for pace in self.paces],
            "history": asdict(self.history),
        }


Rule = Callable[[_Case], Finding | None]

_A_COLLEAGUE = "A colleague will look at this and get back to you."

PROBLEMS: Mapping[Problem, tuple[Outcome, str, str]] = {
    Problem.CUSTOMER_UNPROVEN: (
        Outcome.NEEDS_PERSON,
        "Nobody has proven whose account this is.",
        "We could not yet confirm that this account is yours. " + _A_COLLEAGUE,
    ),
    Problem.NOTHING_NAMED: (
        Outcome.NEEDS_PERSON,
        "Neither an order nor a charge was named.",
        "It is not clear which payment you mean. " + _A_COLLEAGUE,
    ),
    Problem.ORDER_UNKNOWN: (
        Outcome.DENY,
        "This customer has no such order.",
        "We could not find that order on your account. Please check the number.",
    ),
    Problem.CHARGE_UNKNOWN: (
        Outcome.DENY,
        "This customer has no such charge, or it belongs to another order.",
        "We could not find that payment on your account.",
    ),
    Problem.WHICH_CHARGE: (
        Outcome.NEEDS_PERSON,
        "The order has several charges and none was named.",
        "That order was paid in several parts. " + _A_COLLEAGUE,
    ),
    Problem.PROVIDER_DOES_NOT_KNOW: (
        Outcome.NEEDS_PERSON,
        "The shop has this charge and the payment provider does not know it.",
        "We could not check that payment. " + _A_COLLEAGUE,
    ),
    Problem.CURRENCY_DIFFERS: (
        Outcome.NEEDS_PERSON,
        "Shop and payment provider name different currencies for this charge.",
        "We could not check that payment. " + _A_COLLEAGUE,
    ),
}


# ------------------------------------------------------------------ stops: no approval helps


def _facts_are_missing(case: _Case) -> Finding | None:
    if case.facts.problem is None:
        return None
    outcome, for_staff, for_customer = PROBLEMS[case.facts.problem]
    return Finding(outcome, case.facts.problem.value, for_staff, for_customer)


def _charge_is_disputed(case: _Case) -> Finding | None:
    if not case.facts.disputed:
        return None
    return Finding(
        Outcome.DENY,
        "charge_disputed",
        "The customer disputed this charge with their bank; the provider refuses refunds. Finance must handle it.",
        "This payment is disputed with your bank, so the bank decides about it and we cannot refund it as well.",
    )


def _nothing_is_left(case: _Case) -> Finding | None:
    if case.facts.refundable_minor > 0:
        return None
    refunded = say(case.facts.refunded_minor + case.facts.credited_minor, case.facts.currency)
    return Finding(
        Outcome.DENY,
        "already_refunded",
        f"Nothing is left to refund; {refunded} went back already.",
        f"This payment has already been refunded ({refunded}).",
    )


def _amount_is_no_amount(case: _Case) -> Finding | None:
    if case.amount >= 1:
        return None
    return Finding(
        Outcome.DENY,
        "amount_not_payable",
        "The amount asked for is not a positive whole number of minor units.",
        "The amount asked for cannot be refunded.",
    )


def _more_than_is_left(case: _Case) -> Finding | None:
    if case.amount <= case.facts.refundable_minor:
        return None
    left = say(case.facts.refundable_minor, case.facts.currency)
    return Finding(
        Outcome.DENY,
        "above_refundable",
        f"{case.words} was asked for and only {left} is left on this charge.",
        f"{case.words} is more than can be refunded for this payment; at most {left} can go back.",
    )


def _shop_gives_no_credit(case: _Case) -> Finding | None:
    if case.wish.to != STORE_CREDIT or case.facts.gives_credit:
        return None
    return Finding(
        Outcome.DENY,
        "no_store_credit",
        "Store credit was asked for, and this shop gives none.",
        "We cannot give store credit; money can only go back the way it was paid.",
    )


STOPS: tuple[Rule, ...] = (
    _facts_are_missing,
    _charge_is_disputed,
    _nothing_is_left,
    _amount_is_no_amount,
    _more_than_is_left,
    _shop_gives_no_credit,
)


# ------------------------------------------------------------------ grades: who must agree

ABOVE_MANAGER, NO_LIMITS = "above_manager_limit", "currency_without_limits"


def manager_is_enough(verdict: Mapping[str, Any]) -> bool:
    """Whether a manager may decide alone what takes two others; `verdict` as it was kept."""
    return not {ABOVE_MANAGER, NO_LIMITS} & set(verdict.get("rules", ()))


def _ask(case: _Case, outcome: Outcome, rule: str, for_staff: str) -> Finding:
    return Finding(outcome, rule, for_staff, f"A colleague will decide about the refund of {case.words}.")


def _currency_has_no_limits(case: _Case) -> Finding | None:
    if case.limits is not None:
        return None
    return _ask(case, Outcome.TWO_PEOPLE, NO_LIMITS, f"No limits are set for {case.facts.currency}.")


def _above_approval_limit(case: _Case) -> Finding | None:
    if case.limits is None or case.amount <= case.limits.approval:
        return None
    limit = say(case.limits.approval, case.facts.currency)
    words = f"Above {limit} two people or a manager decide."
    return _ask(case, Outcome.TWO_PEOPLE, "above_approval_limit", words)


def _above_manager_limit(case: _Case) -> Finding | None:
    most = case.limits.manager if case.limits else None
    if most is None or case.amount <= most:
        return None
    words = f"Above {say(most, case.facts.currency)} two people decide, whoever they are."
    return _ask(case, Outcome.TWO_PEOPLE, ABOVE_MANAGER, words)


def _wish_is_tainted(case: _Case) -> Finding | None:
    if not case.wish.tainted:
        return None
    fields = ", ".join(case.wish.tainted)
    return _ask(case, Outcome.STAFF, "tainted", f"Only the requester's text says this, no backend does: {fields}.")


def _proof_is_too_weak(case: _Case) -> Finding | None:
    if case.wish.trust >= case.rules.least_trust:
        return None
    return _ask(case, Outcome.STAFF, "weak_proof", "The requester is not proven well enough for an automatic refund.")


def _duplicate_is_only_claimed(case: _Case) -> Finding | None:
    if case.facts.duplicate_of or not claims_double_charge(case.wish.reason):
        return None
    words = "A double charge is claimed, and shop and payment provider do not show both charges."
    return _ask(case, Outcome.STAFF, "duplicate_not_proven", words)


def _window_is_over(case: _Case) -> Finding | None:
    # A charge made twice is owed back however old it is.
    if case.facts.days_since <= case.rules.window_days or case.facts.duplicate_of:
        return None
    days, window = case.facts.days_since, case.rules.window_days
    for_staff = f"Paid {days} days ago; the window is {window} days."
    if case.rules.after_window is not Outcome.DENY:
        return _ask(case, case.rules.after_window, "window_over", for_staff)
    for_customer = f"Refunds are possible within {window} days, and this payment was made {days} days ago."
    return Finding(Outcome.DENY, "window_over", for_staff, for_customer)


def _budget_is_used_up(case: _Case) -> Finding | None:
    broken = exceeded(case.amount, case.facts.currency, case.budgets)
    if not broken:
        return None
    return _ask(case, Outcome.STAFF, "over_budget", "; ".join(budget.words() for budget in broken))


def _too_many_lately(case: _Case) -> Finding | None:
    full = too_fast(case.paces)
    if not full:
        return None
    return _ask(case, Outcome.STAFF, "too_many", "; ".join(pace.words() for pace in full))


def _signs_of_abuse(case: _Case) -> Finding | None:
    signs = signs_of_abuse(case.history, case.rules.signs)
    return _ask(case, Outcome.STAFF, "abuse_signs", " ".join(signs)) if signs else None


def _within_limits(case: _Case) -> Finding:
    """The last word when nothing else holds, so that every case has a verdict."""
    limit = case.limits.automatic if case.limits else 0
    proof = f" Proven double charge with {case.facts.duplicate_of}." if case.facts.duplicate_of else ""
    if case.amount > limit:
        return _ask(case, Outcome.STAFF, "needs_approval", f"Within policy; a person approves.{proof}")
    words = f"Within the automatic limit of {say(limit, case.facts.currency)}.{proof}"
    return Finding(Outcome.AUTO, "within_automatic_limit", words, f"The refund of {case.words} is approved.")


GRADES: tuple[Rule, ...] = (
    _currency_has_no_limits,
    _above_manager_limit,
    _above_approval_limit,
    _wish_is_tainted,
    _proof_is_too_weak,
    _duplicate_is_only_claimed,
    _window_is_over,
    _budget_is_used_up,
    _too_many_lately,
    _signs_of_abuse,
    _within_limits,
)
