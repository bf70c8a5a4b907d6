"""A refund: its terms, the facts it rests on, who must agree, how it is done, and what is said about it."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from bot.actions.history import history_of
from bot.actions.kind import ActionKind, BadInput, Case, Fresh, Prepared, by_when, plain
from bot.actions.refund_paths import as_credit, call_limit, do, follow, key_lifetime, look, result_of
from bot.actions.rules import rules_of
from bot.actions.spending import budgets, given_back, paces
from bot.backends.doing import doer_of
from bot.backends.facts import gather_refund_facts
from bot.backends.payments import RefundStatus, TakesTheShopsWord
from bot.policy.money import read_amount, say
from bot.policy.refund import (
    PROBLEMS,
    RefundFacts,
    RefundWish,
    judge_refund,
    only_the_requester_says,
    read_wish,
    settle_terms,
)
from bot.policy.signs import History, share_words
from bot.policy.terms import STORE_CREDIT, terms_hash
from bot.policy.verdict import Outcome, Verdict
from channels.cards import Field
from storage.models import Action, ActionState

if TYPE_CHECKING:
    from bot.desk import Desk

WITHIN = frozenset({"within_automatic_limit", "needs_approval"})
"""The rules by which plain policy covers a refund; every other one makes approving it an exception."""

MOVED = frozenset({RefundStatus.SUCCEEDED, RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION})

STATES: Mapping[Outcome, ActionState] = {
    Outcome.AUTO: ActionState.APPROVED,
    Outcome.STAFF: ActionState.PENDING,
    Outcome.TWO_PEOPLE: ActionState.PENDING,
    Outcome.NEEDS_PERSON: ActionState.NEEDS_PERSON,
    Outcome.DENY: ActionState.REFUSED,
}


async def prepare(desk: "Desk", case: Case) -> Prepared:
    """Ask the backends what is true and the policy who decides. Raises PaymentsUnavailable or ShopUnavailable."""
    wish = read_wish(case.wish, trust=case.trust)
    facts = await _facts(desk, case.customer_id, wish)
    wish = replace(wish, tainted=only_the_requester_says(wish, facts, by_staff=case.by_staff))
    verdict = await _verdict(desk, case, wish, facts)
    terms = settle_terms(wish, facts)
    return Prepared(
        kind=REFUND.name,
        subject=facts.charge_id or facts.order_id or case.ticket_id,
        customer_id=facts.customer_id,
        terms=asdict(terms) if terms else {},
        terms_hash=terms_hash(terms) if terms else "",
        facts=plain(facts),
        verdict=verdict.kept(),
        state=STATES[verdict.outcome],
        words=verdict.for_customer,
        amount_minor=terms.amount_minor if terms else 0,
        currency=facts.currency,
        reason=case.reason,
        approvals=2 if verdict.outcome is Outcome.TWO_PEOPLE else 1,
        wish=dict(case.wish),
        trust=case.trust,
        tainted=wish.tainted,
        within=verdict.rule in WITHIN,
    )


async def _facts(desk: "Desk", customer_id: str | None, wish: RefundWish) -> RefundFacts:
    """What shop and provider say, less what our own books say was given as credit, which the provider cannot know."""
    facts = await gather_refund_facts(desk.shop, desk.payments, customer_id, wish, now=desk.now())
    if not facts.charge_id:
        return facts
    refunded, credited = await desk.db.read(lambda tx: given_back(tx, REFUND.name, facts.payment_ref))
    if isinstance(desk.payments, TakesTheShopsWord):
        facts = replace(facts, refunded_minor=refunded, refundable_minor=max(0, facts.amount_minor - refunded))
    return replace(
        facts,
        credited_minor=credited,
        refundable_minor=max(0, facts.refundable_minor - credited),
        gives_credit=await _gives_credit(desk, customer_id),
    )


async def _gives_credit(desk: "Desk", customer_id: str | None) -> bool:
    doer = doer_of(desk.shop, STORE_CREDIT)
    if doer is None or customer_id is None:
        return False
    state = await doer.state_of(STORE_CREDIT, customer_id, customer_id=customer_id)
    return state is not None and state.possible


async def _verdict(desk: "Desk", case: Case, wish: RefundWish, facts: RefundFacts) -> Verdict:
    history = await history_of(desk, case, REFUND.name, facts.currency)
    spent, seen = await desk.db.read(
        lambda tx: (
            budgets(tx, desk, facts.customer_id, case.ticket_id, facts.currency),
            paces(tx, desk, facts.customer_id),
        )
    )
    rules = rules_of(desk.settings.policy.refund)
    return judge_refund(wish, facts, rules, budgets=spent, paces=seen, history=history)


async def again(desk: "Desk", action: Action) -> Fresh:
    """The charge and the order as they are now. Raises PaymentsUnavailable or ShopUnavailable."""
    then = RefundFacts(**action.facts)
    wish = RefundWish(order_id=then.order_id or None, charge_id=then.charge_id or None)
    now = await _facts(desk, action.customer_id, wish)
    trouble = _trouble(action, now)
    elsewhere = await _done_elsewhere(desk, action) if trouble and not now.disputed else {}
    return Fresh(facts=plain(now), blocked=trouble, changes=_changes(then, now), done_as=elsewhere)


def _trouble(action: Action, now: RefundFacts) -> str:
    if now.problem is not None:
        return PROBLEMS[now.problem][1]
    if now.disputed:
        return "The customer disputed this charge with their bank after the refund was proposed."
    if now.currency != action.currency:
        return f"The charge is in {now.currency} and the refund in {action.currency}."
    if now.refundable_minor < action.amount_minor:
        left = say(now.refundable_minor, now.currency)
        return f"Only {left} is left on this charge; something was refunded elsewhere meanwhile."
    if as_credit(action) and not now.gives_credit:
        return "The shop gives no store credit any more."
    return ""


async def _done_elsewhere(desk: "Desk", action: Action) -> dict[str, object]:
    """The refund of the same amount that somebody made in the provider's own dashboard since this was proposed."""
    made = await desk.payments.list_refunds(since=action.created_at, payment_ref=str(action.terms["payment_ref"]))
    for refund in made:
        if not refund.key and refund.amount_minor == action.amount_minor and refund.status in MOVED:
            return dict(result_of(refund).data)
    return {}


SHOWN = (
    ("Order status", lambda facts: facts.order_status),
    ("Already refunded", lambda facts: say(facts.refunded_minor, facts.currency)),
    ("Given as credit", lambda facts: say(facts.credited_minor, facts.currency)),
    ("Paid", lambda facts: say(facts.amount_minor, facts.currency)),
    ("Method", lambda facts: facts.method),
    ("Disputed", lambda facts: "yes" if facts.disputed else "no"),
    ("Double charge", lambda facts: facts.duplicate_of),
)
"""What people decided by: when one of these is different, they decide again."""


def _changes(then: RefundFacts, now: RefundFacts) -> tuple[tuple[str, str, str], ...]:
    both = ((label, show(then), show(now)) for label, show in SHOWN)
    return tuple((label, was, is_now) for label, was, is_now in both if was != is_now)


TO = {"original": "the way it was paid", STORE_CREDIT: "store credit"}


def fields(action: Action) -> tuple[Field, ...]:
    """Staff may change the amount, and where it lands if the shop gives credit."""
    paid = say(int(action.facts.get("refundable_minor") or 0), action.currency)
    initial = say(action.amount_minor, action.currency).partition(" ")[0]
    amount = Field("amount", f"Amount in {action.currency}", initial=initial, hint=f"At most {paid}")
    if not action.facts.get("gives_credit"):
        return (amount,)
    now = STORE_CREDIT if as_credit(action) else "original"
    return (amount, Field("to", "Where to", initial=now, choices=tuple(TO.items()), optional=True))


def amend(action: Action, typed: Mapping[str, object]) -> dict[str, object]:
    """The wish with another amount or another home. Raises BadInput."""
    try:
        amount = read_amount(str(typed.get("amount") or ""), action.currency)
    except ValueError as error:
        raise BadInput(f"{error}. Nothing was changed.") from error
    then = RefundFacts(**action.facts)
    to = str(typed.get("to") or (STORE_CREDIT if as_credit(action) else "original"))
    if to not in TO:
        raise BadInput(f"A refund goes {' or to '.join(TO.values())}. Nothing was changed.")
    return {**action.wish, "order_id": then.order_id, "charge_id": then.charge_id, "amount_minor": amount, "to": to}


def summary(action: Action) -> str:
    """One line for staff and for the team."""
    about = f" for {action.terms['order_id']}" if action.terms.get("order_id") else ""
    return f"Refund {say(action.amount_minor, action.currency)}{about}{' as store credit' if as_credit(action) else ''}"


def card_facts(action: Action) -> tuple[tuple[str, str], ...]:
    """What the backends and the policy say, for the approval card."""
    facts = RefundFacts(**action.facts)
    left = facts.refundable_minor - action.amount_minor
    given = f", {say(facts.credited_minor, facts.currency)} given as credit" if facts.credited_minor else ""
    rows = [
        ("Amount", f"{say(action.amount_minor, action.currency)} of {say(facts.amount_minor, facts.currency)} paid"),
        (
            "Already refunded",
            f"{say(facts.refunded_minor, facts.currency)}{given}; {say(max(left, 0), facts.currency)} is left then",
        ),
        ("Charge", f"{facts.charge_id}, {facts.method}, paid {facts.days_since} days ago"),
        ("Lands", _lands(action, facts)),
        ("Order", ", ".join(filter(None, (f"{facts.order_id} ({facts.order_status})", facts.items, facts.shipment)))),
        ("Double charge", f"proven, with {facts.duplicate_of}" if facts.duplicate_of else ""),
        ("Disputed", "yes, with the bank" if facts.disputed else ""),
        ("Customer", _customer(action, facts)),
        ("Task", str(action.result.get("task") or "")),
        ("Provider", f"{action.result['refund']} ({action.result['status']})" if action.result.get("status") else ""),
        ("Credit", str(action.result.get("credit") or "")),
    ]
    return tuple((name, text) for name, text in rows if text and not (name == "Order" and not facts.order_id))


def _lands(action: Action, facts: RefundFacts) -> str:
    if as_credit(action):
        return "as credit in the shop, at once"
    return f"on {facts.method or 'the original method'} in about 5 to 10 business days"


def _customer(action: Action, facts: RefundFacts) -> str:
    """The account, how old it is, and how much of what they spent came back so far."""
    known = dict(dict(action.verdict.get("inputs") or {}).get("history") or {})
    if not facts.customer_id or not known:
        return facts.customer_id or ""
    history = History(**known)
    age = f"account {history.account_days} days old" if history.account_days is not None else ""
    share = f"refunded {share_words(history)}" if history.refunds else ""
    return ", ".join(filter(None, (facts.customer_id, age, share)))


TOLD: Mapping[ActionState, str] = {
    ActionState.PENDING: "I have asked a colleague to decide about the {what}. You will hear from us here {by}.",
    ActionState.SUBMITTED: "Your {what} is approved and on its way. "
    "Banks usually show it within 5 to 10 business days.",
    ActionState.DONE: "Your {what} has been made. Banks usually show it within 5 to 10 business days.",
    ActionState.DENIED: "A colleague decided not to make the {what}.{reason} "
    "If you see this differently, write here and a person will answer.",
    ActionState.EXPIRED: "Nobody has decided about your {what} in time. I am sorry. "
    "Write here if you still need it, and I will ask again.",
    ActionState.BLOCKED: "The {what} could not be made as planned. A colleague is looking at it "
    "and will get back to you here.",
    ActionState.FAILED: "The {what} did not go through. A colleague is looking at it and will get back to you here.",
    ActionState.NEEDS_PERSON: "The {what} needs a closer look. A colleague is on it and will get back to you here.",
    ActionState.WITHDRAWN: "As you wished, the request for a {what} is withdrawn.",
}
CREDIT_TOLD: Mapping[ActionState, str] = {
    **TOLD,
    ActionState.DONE: "Your {what} is on your account now, and you can use it for your next order.",
}


def told(action: Action) -> str:
    """What the requester hears about this state: the ledger's facts."""
    about = f" for {action.terms['order_id']}" if action.terms.get("order_id") else ""
    reason = f" The reason: {action.note}" if action.note and action.state is ActionState.DENIED else ""
    words = (CREDIT_TOLD if as_credit(action) else TOLD).get(action.state, "")
    kind = "store credit" if as_credit(action) else "refund"
    what = f"{kind} of {say(action.amount_minor, action.currency)}{about}"
    return words.format(what=what, reason=reason, by=by_when(action))


REFUND = ActionKind(
    name="refund",
    prepare=prepare,
    again=again,
    look=look,
    do=do,
    follow=follow,
    call_limit=call_limit,
    key_lifetime=key_lifetime,
    fields=fields,
    amend=amend,
    summary=summary,
    card_facts=card_facts,
    told=told,
)
