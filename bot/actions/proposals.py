"""Turns a prepared proposal into an Action row, and says to the requester what code decided about it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, select

from bot.actions.kind import Prepared
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import escalate, put_up_card
from storage.models import Action, ActionState, Run, Ticket


def propose(tx: Session, desk: Desk, ticket: Ticket, run: Run, wish: Prepared) -> Action | None:
    """The row for this proposal: a new one, or the one already open for the same subject.

    None when the facts allow no terms: then there is an escalation instead.
    """
    if wish.state is ActionState.NEEDS_PERSON:
        reason = f"A {wish.kind} was asked for and cannot be judged"
        summary = str(wish.verdict.get("for_staff", ""))
        escalate(tx, desk, cause=f"{wish.kind}:{run.id}:{wish.subject}", reason=reason, summary=summary, ticket=ticket)
        return None
    open_key = f"{wish.kind}:{wish.subject}"
    known = tx.exec(select(Action).where(Action.open_key == open_key)).first()
    if known is not None:
        record(tx, desk, "bot", "already_open", known.id, {"run": run.id})
        return known
    action = Action(
        ticket_id=ticket.id,
        run_id=run.id,
        kind=wish.kind,
        open_key=open_key if wish.state is not ActionState.REFUSED else None,
        customer_id=wish.customer_id,
        terms=dict(wish.terms),
        terms_hash=wish.terms_hash,
        facts=dict(wish.facts),
        verdict=dict(wish.verdict),
        reason=wish.reason,
        amount_minor=wish.amount_minor,
        currency=wish.currency,
        approvals_needed=wish.approvals,
        state=wish.state,
        decided_by="policy" if wish.state is not ActionState.PENDING else None,
        created_at=desk.now(),
        expires_at=desk.now() + timedelta(hours=desk.settings.policy.refund.expires_hours),
        ended_at=desk.now() if wish.state is ActionState.REFUSED else None,
    )
    tx.add(action)
    tx.flush()
    record(tx, desk, "bot", f"proposed_{wish.kind}", action.id, {"verdict": dict(wish.verdict)})
    if wish.state is ActionState.PENDING:
        put_up_card(tx, desk, action.id, ticket.id)
    elif wish.state is ActionState.APPROVED:
        desk.jobs.defer(tx, "act", action.id, lane=ticket.id)
    return action


def with_statements(text: str, prepared: Sequence[Prepared]) -> str:
    """The team's words and what code says about each proposal.

    A refusal stands alone: the team wrote its words before it knew.
    """
    alone = any(wish.state in (ActionState.REFUSED, ActionState.NEEDS_PERSON) for wish in prepared)
    said = [wish.words for wish in prepared if wish.state is not ActionState.APPROVED]
    return "\n\n".join(part for part in [*([] if alone else [text.strip()]), *said] if part)
