"""What the books say about a customer: the history a refund is judged by and that the card shows."""

from typing import TYPE_CHECKING

from sqlmodel import Session, col, func, select

from bot.actions.kind import Case
from bot.actions.spending import refunds_of
from bot.policy.signs import History
from storage.models import Run, Step, StepKind, Ticket

if TYPE_CHECKING:
    from bot.desk import Desk

DAYS = 90


async def history_of(desk: "Desk", case: Case, kind: str, currency: str) -> History:
    """From our own books and the shop's. Raises ShopUnavailable."""
    if case.customer_id is None or not currency:
        return History(currency=currency)
    customer = await desk.shop.get_customer(case.customer_id)
    charges = await desk.shop.list_charges(case.customer_id)
    since = customer.since if customer else None
    known = await desk.db.read(lambda tx: _in_our_books(tx, desk, case, kind, currency))
    count, refunded, first, orders_inside = known
    return History(
        refunds=count,
        refunded_minor=refunded,
        spent_minor=sum(charge.amount_minor for charge in charges if charge.currency == currency),
        currency=currency,
        days=DAYS,
        account_days=max(0, (desk.now() - since).days) if since else None,
        first_contact=first,
        orders_inside=orders_inside,
    )


def _in_our_books(tx: Session, desk: "Desk", case: Case, kind: str, currency: str) -> tuple[int, int, bool, bool]:
    """(refunds in 90 days, their sum in this currency, whether we never heard of them, whether orders came along)."""
    count, sums = refunds_of(tx, desk, case.customer_id, kind, DAYS)
    ticket = tx.get(Ticket, case.ticket_id)
    asker = ticket.requester_id if ticket else ""
    tickets = tx.exec(select(func.count()).where(Ticket.requester_id == asker)).one()
    steered = select(Step.id).where(
        Step.kind == StepKind.GUARDRAIL,
        Step.name == "injection",
        col(Step.run_id).in_(select(Run.id).where(Run.ticket_id == case.ticket_id)),
    )
    return count, sums.get(currency, 0), tickets <= 1, tx.exec(steered).first() is not None
