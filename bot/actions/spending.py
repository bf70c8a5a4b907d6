"""What has gone out or was promised: the sums and counts that budgets and the breaker are held against."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from bot.controls import AUTOMATIC, is_paused, turn
from bot.desk import Desk
from bot.policy.limits import Budget, Pace
from bot.policy.money import minor_units
from bot.policy.terms import STORE_CREDIT
from bot.staff.escalations import escalate
from storage.models import Action, ActionState, Decision, Person, Ticket

COUNTED = (
    ActionState.APPROVED,
    ActionState.EXECUTING,
    ActionState.SUBMITTED,
    ActionState.DONE,
    ActionState.NEEDS_PERSON,
)
"""Money of these is gone, on its way, or may be."""

POLICY = "policy"
"""Who decided when nobody was asked."""

HOUR = timedelta(hours=1)


def budgets(tx: Session, desk: Desk, customer_id: str | None, ticket_id: str, currency: str) -> tuple[Budget, ...]:
    """The budgets an automatic approval must fit into, with what is spent of each."""
    rules, since = desk.settings.policy.refund, _window(desk)
    company = _company_of(tx, ticket_id)
    asked = (
        ("customer", rules.customer_budget, since, col(Action.customer_id) == customer_id, customer_id),
        ("company", rules.company_budget, since, _of_company(company), company),
        ("today", rules.day_budget, _midnight(desk), col(Action.id).is_not(None), "everybody"),
    )
    return tuple(
        Budget(f"Refunds, {name}", currency, minor_units(limit, currency), _sum(tx, currency, start, condition))
        for name, limit, start, condition, whose in asked
        if limit is not None and whose is not None
    )


def paces(tx: Session, desk: Desk, customer_id: str | None) -> tuple[Pace, ...]:
    """How many automatic approvals there were lately."""
    rules = desk.settings.policy.refund
    of_customer = _count_automatic(tx, _window(desk), col(Action.customer_id) == customer_id)
    within_hour = _count_automatic(tx, desk.now() - HOUR, col(Action.id).is_not(None))
    return (
        Pace(
            f"Automatic refunds of this customer in {rules.budget_days} days", rules.automatic_per_customer, of_customer
        ),
        Pace("Automatic refunds in the last hour", rules.automatic_per_hour, within_hour),
    )


def approver_budget(tx: Session, desk: Desk, by: str, currency: str) -> Budget | None:
    """What one approver may still approve today; None when there is no such limit."""
    limit = desk.settings.policy.refund.approver_budget
    if limit is None:
        return None
    approved = select(Decision.action_id).where(
        Decision.by == by, Decision.verb == "approve", col(Decision.won).is_(True), Decision.at >= _midnight(desk)
    )
    spent = _sum(tx, currency, _midnight(desk), col(Action.id).in_(approved))
    return Budget("Your approvals today", currency, minor_units(limit, currency), spent)


def refunds_of(
    tx: Session, desk: Desk, customer_id: str | None, kind: str, days: int = 90
) -> tuple[int, dict[str, int]]:
    """(how many, sum by currency) this customer was given in the last `days`."""
    rows = tx.exec(
        select(Action.currency, func.count(), func.sum(Action.amount_minor))
        .where(
            Action.kind == kind,
            Action.customer_id == customer_id,
            col(Action.state).in_(COUNTED),
            Action.decided_at >= desk.now() - timedelta(days=days),  # type: ignore[operator]
        )
        .group_by(Action.currency)
    ).all()
    return sum(count for _, count, _ in rows), {currency: int(total or 0) for currency, _, total in rows}


def given_back(tx: Session, kind: str, payment_ref: str) -> tuple[int, int]:
    """What our own books say went back of one payment, or may have: (the way it was paid, as store credit)."""
    made = (ActionState.SUBMITTED, ActionState.DONE, ActionState.NEEDS_PERSON)
    given = tx.exec(
        select(Action).where(
            Action.kind == kind,
            col(Action.state).in_(made),
            col(Action.terms)["payment_ref"].as_string() == payment_ref,
        )
    ).all()
    credited = sum(each.amount_minor for each in given if each.terms.get("destination") == STORE_CREDIT)
    return sum(each.amount_minor for each in given) - credited, credited


def why_not_automatic(tx: Session, desk: Desk, action: Action) -> str:
    """Why policy alone may not approve this now, in the very transaction that would; "" when it may."""
    if is_paused(tx, AUTOMATIC):
        return "Automatic approval is switched off."
    full = [pace.words() for pace in paces(tx, desk, action.customer_id) if not pace.allows_one_more()]
    broken = [
        budget.words()
        for budget in budgets(tx, desk, action.customer_id, action.ticket_id, action.currency)
        if not budget.allows(action.amount_minor)
    ]
    return "; ".join(full + broken)


def break_if_too_many(tx: Session, desk: Desk) -> None:
    """The circuit breaker: too many automatic approvals within an hour switch them all off, and staff are told."""
    most = desk.settings.policy.refund.automatic_per_hour
    if is_paused(tx, AUTOMATIC) or _count_automatic(tx, desk.now() - HOUR, col(Action.id).is_not(None)) < most:
        return
    turn(tx, desk, AUTOMATIC, on=True, by="breaker")
    escalate(
        tx,
        desk,
        cause=f"breaker:{desk.now():%Y-%m-%dT%H:%M:%S}",
        reason="Automatic approval is switched off",
        summary=f"{most} approvals without a person within one hour. From now on a person approves each; "
        "`helpdesk resume automatic` switches it on again.",
        priority="high",
    )


def _window(desk: Desk) -> datetime:
    return desk.now() - timedelta(days=desk.settings.policy.refund.budget_days)


def _midnight(desk: Desk) -> datetime:
    return desk.now().replace(hour=0, minute=0, second=0, microsecond=0)


def _company_of(tx: Session, ticket_id: str) -> str | None:
    ticket = tx.get(Ticket, ticket_id)
    person = tx.get(Person, ticket.requester_id) if ticket else None
    return person.company_id if person else None


def _of_company(company_id: str | None) -> Any:
    people = select(Person.id).where(Person.company_id == company_id)
    return col(Action.ticket_id).in_(select(Ticket.id).where(col(Ticket.requester_id).in_(people)))


def _sum(tx: Session, currency: str, since: datetime, condition: Any) -> int:
    total = tx.exec(select(func.sum(Action.amount_minor)).where(condition, *_counted(currency, since))).one()
    return int(total or 0)


def _counted(currency: str, since: datetime) -> Iterator[Any]:
    yield Action.currency == currency
    yield col(Action.state).in_(COUNTED)
    yield col(Action.decided_at) >= since


def _count_automatic(tx: Session, since: datetime, condition: Any) -> int:
    query = select(func.count()).where(
        condition,
        Action.decided_by == POLICY,
        col(Action.state).in_(COUNTED),
        col(Action.decided_at) >= since,
        Action.amount_minor > 0,
    )
    return tx.exec(query).one()
