"""The ledger: what was decided about money, who decided, and what really went out, as flat rows for finance."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from bot.policy.money import say
from storage.models import Action, ActionState, Decision


def ledger_rows(tx: Session, since: datetime | None, until: datetime | None) -> list[dict[str, Any]]:
    """Every decided refund, oldest decision first; `total_minor` runs per currency over what is done."""
    wanted = select(Action).where(Action.kind == "refund", col(Action.decided_at).is_not(None))
    if since is not None:
        wanted = wanted.where(col(Action.decided_at) >= since)
    if until is not None:
        wanted = wanted.where(col(Action.decided_at) < until)
    totals: dict[str, int] = defaultdict(int)
    rows = []
    for action in tx.exec(wanted.order_by(col(Action.decided_at), col(Action.id))):
        totals[action.currency] += action.amount_minor if action.state is ActionState.DONE else 0
        rows.append(_row(tx, action, totals[action.currency]))
    return rows


REFERENCES = ("refund", "credit", "reference")
"""Where a result says what it is called at the provider, in the shop, or wherever somebody did it by hand."""


def _row(tx: Session, action: Action, total_minor: int) -> dict[str, Any]:
    approved_by = tx.exec(
        select(Decision.by)
        .where(Decision.action_id == action.id, Decision.verb == "approve", col(Decision.won).is_(True))
        .order_by(col(Decision.at))
    ).all()
    return {
        "id": action.id,
        "state": action.state.value,
        "decided_at": _moment(action.decided_at),
        "ended_at": _moment(action.ended_at),
        "customer": action.customer_id or "",
        "order": str(action.terms.get("order_id") or ""),
        "payment": str(action.terms.get("payment_ref") or ""),
        "destination": str(action.terms.get("destination") or ""),
        "provider_refund": next((str(action.result[name]) for name in REFERENCES if action.result.get(name)), ""),
        "amount": say(action.amount_minor, action.currency).partition(" ")[0],
        "amount_minor": action.amount_minor,
        "currency": action.currency,
        "total_minor": total_minor,
        "rule": str(action.verdict.get("rule") or ""),
        "decided_by": action.decided_by or "",
        "approved_by": " ".join(approved_by),
        "reason": action.reason,
        "ticket": action.ticket_id,
        "version": action.version,
        "note": action.note,
    }


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
