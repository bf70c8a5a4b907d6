"""Turns a prepared proposal into an Action row, and says to the requester what code decided about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, select

from bot.actions import ACTIONS
from bot.actions.kind import Prepared
from bot.actions.restated import Told, without_restated
from bot.actions.spending import POLICY, break_if_too_many, why_not_automatic
from bot.actions.versions import row_of
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import escalate, put_up_card
from storage.models import Action, ActionState, Run, Ticket


@dataclass(frozen=True, slots=True)
class Statement:
    """What code says about one proposal. `alone`: the team's words were written before it knew, and are dropped."""

    words: str
    action: Action | None = None
    alone: bool = False

    @property
    def waits_for(self) -> str | None:
        """The action whose result the whole reply waits for."""
        return self.action.id if self.action and self.action.state is ActionState.APPROVED else None


def propose(tx: Session, desk: Desk, ticket: Ticket, run: Run, wish: Prepared) -> Statement:
    """The row for this proposal: a new one, or the one already open for the same subject.

    No row when the facts allow no terms: then there is an escalation instead.
    """
    if wish.state is ActionState.NEEDS_PERSON:
        reason = f"A {wish.kind.replace('_', ' ')} was asked for and cannot be judged"
        summary = str(wish.verdict.get("for_staff", ""))
        escalate(tx, desk, cause=f"{wish.kind}:{run.id}:{wish.subject}", reason=reason, summary=summary, ticket=ticket)
        record(tx, desk, "bot", f"unjudged_{wish.kind}", ticket.id, {"verdict": dict(wish.verdict), "said": wish.words})
        return Statement(wish.words, alone=True)
    open_key = f"{wish.kind}:{wish.subject}"
    known = tx.exec(select(Action).where(Action.open_key == open_key)).first()
    if known is not None:
        record(tx, desk, "bot", "already_open", known.id, {"run": run.id})
        return _said(known)
    action = row_of(desk, wish, ticket.id, run.id, wish.state)
    if action.state is ActionState.REFUSED:
        action.decided_by, action.decided_at, action.ended_at = POLICY, desk.now(), desk.now()
    else:
        action.open_key = open_key
    tx.add(action)
    tx.flush()
    name = "refused" if action.state is ActionState.REFUSED else "proposed"
    record(tx, desk, "bot", f"{name}_{wish.kind}", action.id, {"verdict": dict(wish.verdict), "said": wish.words})
    if action.state is ActionState.APPROVED:
        _approve_by_policy(tx, desk, action)
    if action.state is ActionState.PENDING:
        put_up_card(tx, desk, action.id, ticket.id)
    return Statement(wish.words, action, alone=True) if action.state is ActionState.REFUSED else _said(action)


def _approve_by_policy(tx: Session, desk: Desk, action: Action) -> None:
    """Nobody is asked, unless the budgets and the breaker, read in this very transaction, say otherwise."""
    why = why_not_automatic(tx, desk, action)
    if why:
        action.state = ActionState.PENDING
        words = f"{action.verdict.get('for_staff', '')} A person decides all the same: {why}"
        action.verdict = {**action.verdict, "rule": "not_automatic_now", "for_staff": words.strip()}
        tx.add(action)
        return
    hold = desk.settings.policy.refund.hold_seconds
    action.decided_by, action.decided_at = POLICY, desk.now()
    action.hold_until = desk.now() + timedelta(seconds=hold) if hold else None
    tx.add(action)
    tx.flush()
    desk.jobs.defer(tx, "act", action.id, lane=action.ticket_id, due=action.hold_until)
    if hold:
        put_up_card(tx, desk, action.id, action.ticket_id)
    break_if_too_many(tx, desk)


def _said(action: Action) -> Statement:
    words = "" if action.state is ActionState.APPROVED else ACTIONS[action.kind].told(action)
    return Statement(words, action)


def told_of(action: Action) -> Told:
    """By which names and which amount the team's words would speak of the same thing."""
    ids = [str(action.terms.get(name) or "") for name in ("order_id", "charge_id", "payment_ref")]
    return Told(tuple(name for name in (*ids, action.id) if name), action.amount_minor, action.currency)


def with_statements(text: str, statements: Sequence[Statement]) -> str:
    """The team's words and what code says about each proposal.

    A refusal stands alone: the team wrote its words before it knew. What the team says of the same thing is left
    out: code says it, once and with the facts.
    """
    alone = any(statement.alone for statement in statements)
    told = [told_of(statement.action) for statement in statements if statement.action]
    kept = "" if alone else without_restated(text, told)
    said = dict.fromkeys(statement.words for statement in statements)
    return "\n\n".join(part for part in [kept, *said] if part)
