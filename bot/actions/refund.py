"""A refund: its terms, the facts it rests on, who must agree, how it is done, and what is said about it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from agents_team.turn import Proposal, Turn
from bot.actions.kind import ActionKind, FactsChanged, Prepared, Result
from bot.backends.facts import gather_refund_facts
from bot.backends.payments import Payment, Refund, RefundOrder, RefundStatus
from bot.policy.money import say
from bot.policy.refund import RefundFacts, judge_refund, read_wish, settle_terms
from bot.policy.refund_rules import RefundRules, refund_rules
from bot.policy.terms import RefundTerms, terms_hash
from bot.policy.verdict import Outcome, Verdict
from storage.models import Action, ActionState

if TYPE_CHECKING:
    from bot.desk import Desk

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


async def prepare(desk: "Desk", turn: Turn, proposal: Proposal) -> Prepared:
    """Ask the backends what is true and the policy who decides. Raises PaymentsUnavailable or ShopUnavailable."""
    wish = read_wish(proposal.wish, trust=turn.trust)
    facts = await gather_refund_facts(desk.shop, desk.payments, turn.customer_id, wish, now=desk.now())
    verdict = judge_refund(wish, facts, _rules(desk))
    terms = settle_terms(wish, facts)
    return Prepared(
        kind=REFUND.name,
        subject=facts.charge_id or facts.order_id or turn.ticket_id,
        customer_id=facts.customer_id,
        terms=asdict(terms) if terms else {},
        terms_hash=terms_hash(terms) if terms else "",
        facts=asdict(facts),
        verdict=_kept(verdict),
        state=STATES[verdict.outcome],
        words=_words(desk, verdict, terms),
        amount_minor=terms.amount_minor if terms else 0,
        currency=facts.currency,
        reason=proposal.reason,
        approvals=2 if verdict.outcome is Outcome.TWO_PEOPLE else 1,
    )


def _rules(desk: "Desk") -> RefundRules:
    chosen = desk.settings.policy.refund
    return refund_rules(
        chosen.preset,
        window_days=chosen.window_days,
        automatic_limit=chosen.automatic_limit,
        approval_limit=chosen.approval_limit,
    )


def _kept(verdict: Verdict) -> dict[str, object]:
    return {
        "outcome": verdict.outcome.value,
        "rule": verdict.rule,
        "rules": list(verdict.rules),
        "for_staff": verdict.for_staff,
        "inputs": dict(verdict.inputs),
    }


def _words(desk: "Desk", verdict: Verdict, terms: RefundTerms | None) -> str:
    if terms is None or verdict.outcome not in (Outcome.STAFF, Outcome.TWO_PEOPLE):
        return verdict.for_customer
    hours = desk.settings.policy.refund.expires_hours
    about = f" for {terms.order_id}" if terms.order_id else ""
    amount = say(terms.amount_minor, terms.currency)
    asked = f"I have asked a colleague to decide about the refund of {amount}{about}."
    return f"{asked} You will hear from us here within {hours:.0f} hours."


async def check(desk: "Desk", action: Action) -> None:
    """The charge must still allow what was approved. Raises FactsChanged."""
    payment = await desk.payments.get_payment(str(action.terms["payment_ref"]))
    if trouble := _trouble(action, payment):
        raise FactsChanged(trouble)


def _trouble(action: Action, payment: Payment | None) -> str:
    if payment is None:
        return "The payment provider does not know this charge any more."
    if payment.disputed:
        return "The customer disputed this charge with their bank after the refund was proposed."
    if payment.currency != action.currency:
        return f"The charge is in {payment.currency} and the refund in {action.currency}."
    if payment.refundable_minor < action.amount_minor:
        left = say(payment.refundable_minor, payment.currency)
        return f"Only {left} is left on this charge; something was refunded elsewhere meanwhile."
    return ""


async def look(desk: "Desk", action: Action) -> Result | None:
    """What an earlier try under this action's id already moved."""
    refund = await desk.payments.find_refund(str(action.terms["payment_ref"]), action.id)
    return _result(refund) if refund else None


async def do(desk: "Desk", action: Action) -> Result:
    """Pay back, with the action's id as the provider's key. Raises RefundRefused or PaymentsUnavailable."""
    order = RefundOrder(
        key=action.id,
        payment_ref=str(action.terms["payment_ref"]),
        amount_minor=action.amount_minor,
        currency=action.currency,
        reason=str(action.terms["reason"]),
    )
    return _result(await desk.payments.refund(order))


def _result(refund: Refund) -> Result:
    data = {"refund": refund.ref, "status": refund.status.value, "amount_minor": refund.amount_minor}
    return Result(RESULTS[refund.status], data)


def summary(action: Action) -> str:
    """One line for staff and for the team."""
    about = f" for {action.terms['order_id']}" if action.terms.get("order_id") else ""
    return f"Refund {say(action.amount_minor, action.currency)}{about}"


def card_facts(action: Action) -> tuple[tuple[str, str], ...]:
    """What the backends and the policy say, for the approval card."""
    facts = RefundFacts(**action.facts)
    rows = [
        ("Amount", f"{say(action.amount_minor, action.currency)} of {say(facts.amount_minor, facts.currency)} paid"),
        ("Already refunded", say(facts.refunded_minor, facts.currency)),
        ("Charge", f"{facts.charge_id}, {facts.method}, paid {facts.days_since} days ago"),
        ("Order", f"{facts.order_id} ({facts.order_status})" if facts.order_id else ""),
        ("Double charge", f"proven, with {facts.duplicate_of}" if facts.duplicate_of else ""),
        ("Customer", facts.customer_id or ""),
        ("Provider", f"{action.result['refund']} ({action.result['status']})" if action.result.get("refund") else ""),
    ]
    return tuple((name, text) for name, text in rows if text)


TOLD: Mapping[ActionState, str] = {
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
    return words.format(amount=say(action.amount_minor, action.currency), about=about, reason=reason)


REFUND = ActionKind(
    name="refund",
    prepare=prepare,
    check=check,
    look=look,
    do=do,
    summary=summary,
    card_facts=card_facts,
    told=told,
)
