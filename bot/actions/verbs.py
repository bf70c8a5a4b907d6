"""VERBS: everything people can do with an action, in which states, and what it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from bot.actions import ACTIONS
from bot.actions.endings import ask_again, end
from bot.actions.kind import Prepared
from bot.actions.press import No, Stale, Wish, approvers_so_far, late, win
from bot.actions.rights import check_limit, check_may_approve, decides_alone, hold_of
from bot.actions.versions import replace
from bot.actions.words import tell_requester
from bot.controls import MONEY, pauses_of
from bot.desk import Desk
from bot.staff.escalations import put_up_card
from bot.tickets.outbox import say
from storage.models import Action, ActionState, Ticket

PENDING = frozenset({ActionState.PENDING})
WAITING = frozenset({ActionState.PENDING, ActionState.APPROVED})
STUCK = frozenset({ActionState.BLOCKED, ActionState.NEEDS_PERSON, ActionState.FAILED, ActionState.SUBMITTED})
OVER = frozenset({ActionState.EXPIRED, ActionState.BLOCKED})


def _approve(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    given = approvers_so_far(tx, action)
    if press.by in given:
        raise No("You have approved this already; a second person must approve it too.")
    check_may_approve(tx, desk, action, press)
    _check_facts(press)
    needed = 1 if decides_alone(desk, action, press) or _one_is_all(desk) else action.approvals_needed
    if len(given) + 1 < needed:
        put_up_card(tx, desk, action.id, action.ticket_id)
        return f"Recorded: {len(given) + 1} of {needed} approvals. A second person must approve it too."
    hold = hold_of(tx, desk, action, press.by)
    win(tx, desk, action, press, ActionState.APPROVED, frm=PENDING)
    action.hold_until = desk.now() + hold if hold else None
    tx.add(action)
    desk.jobs.defer(tx, "act", action.id, lane=action.ticket_id, due=action.hold_until)
    put_up_card(tx, desk, action.id, action.ticket_id)
    if off := pauses_of(tx, MONEY):
        return (
            f"Recorded: approve. {', '.join(off).capitalize()} is paused: it is carried out once somebody resumes it."
        )
    return (
        "Recorded: approve." if not hold else f"Recorded: approve. It is carried out at {action.hold_until:%H:%M} UTC."
    )


def _one_is_all(desk: Desk) -> bool:
    return desk.settings.policy.refund.single_operator


def _check_facts(press: Wish) -> None:
    """What the backends say at this moment; None means that they did not answer, and the act step asks again."""
    fresh = press.looked.fresh
    if fresh is not None and (fresh.blocked or fresh.changes):
        raise Stale(fresh)


def _deny(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    win(tx, desk, action, press, ActionState.DENIED, frm=PENDING | {ActionState.NEEDS_PERSON})
    end(tx, desk, action, ActionState.DENIED, note=press.reason)
    return "Recorded: deny."


def _amend(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    """Other terms, typed by staff: whoever edits must have the limit for what they typed."""
    prepared = _prepared(press)
    if prepared.terms_hash == action.terms_hash:
        raise No("That is what it says already, so nothing was changed.")
    raised = prepared.amount_minor > action.amount_minor
    new = replace(tx, desk, action, prepared, press, frm=PENDING)
    new.edited_by = press.by if raised else new.edited_by
    new.changes = [["Changed by", "", press.by_name], ["Before", ACTIONS[action.kind].summary(action), ""]]
    tx.add(new)
    tx.flush()
    check_limit(desk, new, press)
    return f"Changed: {ACTIONS[new.kind].summary(new)} is on a new card (v{new.version}) and waits for approval."


def _prepared(press: Wish) -> Prepared:
    if press.looked.trouble:
        raise No(press.looked.trouble)
    if press.looked.prepared is None:
        raise No("The backends did not answer, so nothing was changed. Please try again.")
    return press.looked.prepared


def _renew(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    new = replace(tx, desk, action, _prepared(press), press, frm=OVER)
    tell_requester(tx, desk, new)
    return f"Renewed: {ACTIONS[new.kind].summary(new)} is on a new card (v{new.version}) and waits for approval."


def _ask(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    question = str(press.inputs.get("question") or "").strip()
    if not question:
        raise No("There was no question, so nothing was sent.")
    ticket = tx.get_one(Ticket, action.ticket_id)
    say(tx, desk, ticket, cause=f"ask:{press.source}", text=question, facts={"action": action.id, "by": press.by})
    action.note = f"Asked by {press.by_name}: {question}"
    tx.add(action)
    put_up_card(tx, desk, action.id, action.ticket_id)
    return "Asked. The answer will appear on the card."


def _undo(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    """Take the approval back while it is on hold; once it is carried out nothing here can."""
    win(tx, desk, action, press, ActionState.PENDING, frm=frozenset({ActionState.APPROVED}))
    ask_again(tx, desk, action, note=f"The approval was taken back by {press.by_name or press.by}.")
    return "Undone. It waits for a decision again."


def _withdraw(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    win(tx, desk, action, press, ActionState.WITHDRAWN, frm=WAITING)
    end(tx, desk, action, ActionState.WITHDRAWN, note=press.reason)
    return "Recorded: withdraw."


def _mark_done(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    """Somebody did it elsewhere: with the proof a backend showed, or with the reference a person types."""
    found = dict(action.result.get("found") or {})
    reference = str(press.inputs.get("reference") or "").strip()
    if not found and not reference:
        raise No("Where was it done? Type the reference, so that it can be found in the books.")
    win(tx, desk, action, press, ActionState.DONE, frm=STUCK)
    action.result = {**action.result, **(found or {"reference": reference}), "by_hand": True}
    end(tx, desk, action, ActionState.DONE, note=f"Marked as done by {press.by_name or press.by}.")
    return "Recorded: done."


@dataclass(frozen=True, slots=True)
class Verb:
    """`do` changes the rows and says what happened, or raises No; only in one of `states`."""

    do: Callable[[Session, Desk, Action, Wish], str]
    states: frozenset[ActionState]
    too_late: str = ""


GONE = " Only a new charge or a credit note can take it back now."

VERBS: Mapping[str, Verb] = {
    "approve": Verb(_approve, PENDING),
    "deny": Verb(_deny, PENDING | {ActionState.NEEDS_PERSON}),
    "amend": Verb(_amend, PENDING),
    "ask": Verb(_ask, PENDING),
    "renew": Verb(_renew, OVER),
    "undo": Verb(_undo, frozenset({ActionState.APPROVED}), GONE),
    "withdraw": Verb(_withdraw, WAITING, GONE),
    "mark_done": Verb(_mark_done, STUCK),
}


def carry(tx: Session, desk: Desk, action: Action, press: Wish) -> str:
    """Do what the press asks, if the action is in a state for it. Raises No."""
    verb = VERBS[press.verb]
    if action.state not in verb.states:
        raise No(late(tx, action, press.by) + verb.too_late)
    if action.state is ActionState.PENDING and action.expires_at is not None and desk.now() >= action.expires_at:
        raise No("This request has expired, so nothing happened.")
    return verb.do(tx, desk, action, press)
