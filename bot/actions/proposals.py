"""Turns a prepared proposal into an Action row, and says to the requester what code decided about it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, select

from bot.actions import ACTIONS
from bot.actions.kind import Prepared
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
    about: tuple[str, ...] = ()

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
    record(tx, desk, "bot", f"proposed_{wish.kind}", action.id, {"verdict": dict(wish.verdict)})
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
    about = (str(action.terms.get("order_id") or ""), action.id)
    words = "" if action.state is ActionState.APPROVED else ACTIONS[action.kind].told(action)
    return Statement(words, action, about=tuple(name for name in about if name))


_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")
_ASKS = re.compile(r"\b(asked|requested|request|passed|proposed|submitted|checked|refund|paid back)\b", re.IGNORECASE)


def with_statements(text: str, statements: Sequence[Statement]) -> str:
    """The team's words and what code says about each proposal.

    A refusal stands alone: the team wrote its words before it knew. A sentence of the team that says of the
    same thing that it was asked for is left out: code says it, with the facts.
    """
    kept = "" if any(statement.alone for statement in statements) else text.strip()
    for statement in statements:
        if statement.words:
            sentences = [part for part in _SENTENCE.split(kept) if not _restates(part, statement)]
            kept = " ".join(sentences) if len(sentences) < len(_SENTENCE.split(kept)) else kept
    said = dict.fromkeys(statement.words for statement in statements)
    return "\n\n".join(part for part in [kept, *said] if part)


def _restates(sentence: str, statement: Statement) -> bool:
    return any(name in sentence for name in statement.about) and bool(_ASKS.search(sentence))
