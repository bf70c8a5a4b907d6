"""A refund: its terms, the facts it rests on, who must agree, how it is done, and what is said about it."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from bot.actions.kind import ActionKind, BadInput, Case, Fresh, Prepared, Result, by_when, plain
from bot.actions.spending import budgets, given_back, paces
from bot.backends.facts import gather_refund_facts
from bot.backends.payments import Refund, RefundOrder, RefundStatus, TakesTheShopsWord
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
from bot.policy.refund_rules import RefundRules, refund_rules
from bot.policy.terms import terms_hash
from bot.policy.verdict import Outcome, Verdict
from channels.base import Field
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

RESULTS: Mapping[RefundStatus, ActionState] = {
    RefundStatus.SUCCEEDED: ActionState.DONE,
    RefundStatus.PENDING: ActionState.SUBMITTED,
    RefundStatus.REQUIRES_ACTION: ActionState.SUBMITTED,
    RefundStatus.FAILED: ActionState.FAILED,
    RefundStatus.CANCELED: ActionState.FAILED,
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
    facts = await gather_refund_facts(desk.shop, desk.payments, customer_id, wish, now=desk.now())
    if not facts.charge_id or not isinstance(desk.payments, TakesTheShopsWord):
        return facts
    given = await desk.db.read(lambda tx: given_back(tx, REFUND.name, facts.payment_ref))
    return replace(facts, refunded_minor=given, refundable_minor=max(0, facts.amount_minor - given))


async def _verdict(desk: "Desk", case: Case, wish: RefundWish, facts: RefundFacts) -> Verdict:
    spent, seen = await desk.db.read(
        lambda tx: (
            budgets(tx, desk, facts.customer_id, case.ticket_id, facts.currency),
            paces(tx, desk, facts.customer_id),
        )
    )
    return judge_refund(wish, facts, _rules(desk), budgets=spent, paces=seen)


def _rules(desk: "Desk") -> RefundRules:
    chosen = desk.settings.policy.refund
    return refund_rules(
        chosen.preset,
        window_days=chosen.window_days,
        automatic_limit=chosen.automatic_limit,
        approval_limit=chosen.approval_limit,
    )


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
    ("Paid", lambda facts: say(facts.amount_minor, facts.currency)),
    ("Method", lambda facts: facts.method),
    ("Disputed", lambda facts: "yes" if facts.disputed else "no"),
    ("Double charge", lambda facts: facts.duplicate_of),
)
"""What people decided by: when one of these is different, they decide again."""


def _changes(then: RefundFacts, now: RefundFacts) -> tuple[tuple[str, str, str], ...]:
    both = ((label, show(then), show(now)) for label, show in SHOWN)
    return tuple((label, was, is_now) for label, was, is_now in both if was != is_now)


async def look(desk: "Desk", action: Action) -> Result | None:
    """What an earlier try under this action's id already moved."""
    refund = await desk.payments.find_refund(str(action.terms["payment_ref"]), action.id)
    return result_of(refund) if refund else None


async def do(desk: "Desk", action: Action) -> Result:
    """Pay back, with the action's id as the provider's key. Raises RefundRefused or PaymentsUnavailable."""
    order = RefundOrder(
        key=action.id,
        payment_ref=str(action.terms["payment_ref"]),
        amount_minor=action.amount_minor,
        currency=action.currency,
        reason=str(action.terms["reason"]),
    )
    result = result_of(await desk.payments.refund(order))
    if not isinstance(desk.payments, TakesTheShopsWord):
        return result
    return replace(result, data={**result.data, "task": desk.payments.task(order.payment_ref)})


def result_of(refund: Refund) -> Result:
    """What a refund of the provider's means for us."""
    data = {"refund": refund.ref, "status": refund.status.value, "amount_minor": refund.amount_minor}
    return Result(RESULTS[refund.status], data)


async def follow(desk: "Desk", action: Action) -> Result | None:
    """Where the provider stands with it now; None when it knows nothing."""
    refund = await desk.payments.get_refund(str(action.result.get("refund") or ""))
    return result_of(refund) if refund else None


def fields(action: Action) -> tuple[Field, ...]:
    """Staff may change the amount."""
    paid = say(int(action.facts.get("refundable_minor") or 0), action.currency)
    initial = say(action.amount_minor, action.currency).partition(" ")[0]
    return (Field("amount", f"Amount in {action.currency}", initial=initial, hint=f"At most {paid}"),)


def amend(action: Action, typed: Mapping[str, object]) -> dict[str, object]:
    """The wish with another amount. Raises BadInput."""
    try:
        amount = read_amount(str(typed.get("amount") or ""), action.currency)
    except ValueError as error:
        raise BadInput(f"{error}. Nothing was changed.") from error
    then = RefundFacts(**action.facts)
    return {**action.wish, "order_id": then.order_id, "charge_id": then.charge_id, "amount_minor": amount}


def summary(action: Action) -> str:
    """One line for staff and for the team."""
    about = f" for {action.terms['order_id']}" if action.terms.get("order_id") else ""
    return f"Refund {say(action.amount_minor, action.currency)}{about}"


def card_facts(action: Action) -> tuple[tuple[str, str], ...]:
    """What the backends and the policy say, for the approval card."""
    facts = RefundFacts(**action.facts)
    left = facts.refundable_minor - action.amount_minor
    rows = [
        ("Amount", f"{say(action.amount_minor, action.currency)} of {say(facts.amount_minor, facts.currency)} paid"),
        (
            "Already refunded",
            f"{say(facts.refunded_minor, facts.currency)}; {say(max(left, 0), facts.currency)} is left",
        ),
        ("Charge", f"{facts.charge_id}, {facts.method}, paid {facts.days_since} days ago"),
        ("Lands", f"on {facts.method or 'the original method'} in about 5 to 10 business days"),
        ("Order", f"{facts.order_id} ({facts.order_status})" if facts.order_id else ""),
        ("Double charge", f"proven, with {facts.duplicate_of}" if facts.duplicate_of else ""),
        ("Disputed", "yes, with the bank" if facts.disputed else ""),
        ("Customer", facts.customer_id or ""),
        ("Task", str(action.result.get("task") or "")),
        ("Provider", f"{action.result['refund']} ({action.result['status']})" if action.result.get("refund") else ""),
    ]
    return tuple((name, text) for name, text in rows if text)


TOLD: Mapping[ActionState, str] = {
    ActionState.PENDING: "I have asked a colleague to decide about the refund of {amount}{about}. "
    "You will hear from us here {by}.",
    ActionState.SUBMITTED: "Your refund of {amount}{about} is approved and on its way. "
    "Banks usually show it within 5 to 10 business days.",
    ActionState.DONE: "Your refund of {amount}{about} has been made. "
    "Banks usually show it within 5 to 10 business days.",
    ActionState.DENIED: "A colleague decided not to make the refund of {amount}{about}.{reason} "
    "If you see this differently, write here and a person will answer.",
    ActionState.EXPIRED: "Nobody has decided about your refund of {amount}{about} in time. I am sorry. "
    "Write here if you still need it, and I will ask again.",
    ActionState.BLOCKED: "The refund of {amount}{about} could not be made as planned. A colleague is looking at it "
    "and will get back to you here.",
    ActionState.FAILED: "The refund of {amount}{about} did not go through. A colleague is looking at it "
    "and will get back to you here.",
    ActionState.NEEDS_PERSON: "The refund of {amount}{about} needs a closer look. A colleague is on it "
    "and will get back to you here.",
    ActionState.WITHDRAWN: "As you wished, the request for a refund of {amount}{about} is withdrawn.",
}


def told(action: Action) -> str:
    """What the requester hears about this state: the ledger's facts."""
    about = f" for {action.terms['order_id']}" if action.terms.get("order_id") else ""
    reason = f" The reason: {action.note}" if action.note and action.state is ActionState.DENIED else ""
    words = TOLD.get(action.state, "")
    amount = say(action.amount_minor, action.currency)
    return words.format(amount=amount, about=about, reason=reason, by=by_when(action))


REFUND = ActionKind(
    name="refund",
    prepare=prepare,
    again=again,
    look=look,
    do=do,
    follow=follow,
    call_limit=lambda desk: desk.payments.call_limit,
    key_lifetime=lambda desk: desk.payments.key_lifetime,
    fields=fields,
    amend=amend,
    summary=summary,
    card_facts=card_facts,
    told=told,
)
