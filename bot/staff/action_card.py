"""The card of an action: everything needed to decide, from rows alone, and only the buttons that work now."""

from collections.abc import Mapping
from decimal import Decimal

from sqlmodel import Session, col, func, select

from bot.actions import ACTIONS
from bot.actions.press import approvers_so_far, button_value
from bot.actions.spending import budgets, refunds_of
from bot.controls import MONEY, pauses_of
from bot.desk import Desk
from bot.policy.money import minor_units, say
from bot.staff.escalation_card import who_asks
from bot.staff.escalations import STAFF
from bot.staff.explain import why_button
from bot.staff.takeover import TAKE_OVER
from channels.cards import Button
from channels.cards import Card as CardView
from channels.moments import Moment
from storage.models import Action, ActionState, Card, Direction, Message, Step, StepKind, Ticket

Facts = tuple[tuple[str, str], ...]

WARNING = "⚠ "
"""Marks what nobody but the requester says."""


def action_view(tx: Session, desk: Desk, card: Card, action: Action) -> CardView:
    """The card as it must look now."""
    kind = ACTIONS[action.kind]
    ticket = tx.get_one(Ticket, action.ticket_id)
    asked = _last_words(tx, ticket, action)
    facts = (
        *_paused(tx, action),
        *_taint(action),
        *kind.card_facts(action),
        *_changes(action),
        ("Who asks", who_asks(tx, ticket, asked)),
        *_known_for(tx, ticket, action),
        *_since(tx, ticket, action),
        *(_risk(tx, desk, action) if action.state is ActionState.PENDING else ()),
        *_approval(tx, desk, action),
        *((("Note", action.note),) if action.note else ()),
    )
    return CardView(
        key=card.id,
        title=kind.summary(action),
        state=_state_words(action),
        facts=facts,
        quote=asked.text if asked else "",
        proposed=action.reason,
        verdict=str(action.verdict.get("for_staff", "")),
        buttons=(*_buttons(desk, kind.summary(action), action), *_besides(action, ticket)),
        footer=f"{action.id} · v{action.version} · terms {action.terms_hash[:12]} · {ticket.id}",
        first_tried_at=card.first_tried_at,
        source=ticket.reply_to,
    )


# ------------------------------------------------------------------ facts


def _paused(tx: Session, action: Action) -> Facts:
    """A switch that is off holds up what is approved; whoever approves should know."""
    off = pauses_of(tx, MONEY) if action.state in (ActionState.PENDING, ActionState.APPROVED) else ()
    return (("⚠ Paused", f"{', '.join(off)}: carried out once somebody resumes it"),) if off else ()


def _taint(action: Action) -> Facts:
    """What only the requester's text says is put where nobody can overlook it."""
    named = ", ".join(_said(action, name) for name in action.tainted)
    words = f"{named}. No backend confirms it."
    return ((f"{WARNING}Only the customer says", words),) if named else ()


def _said(action: Action, name: str) -> str:
    value = action.wish.get(name)
    if name == "amount_minor" and isinstance(value, int):
        return f"amount {say(value, action.currency)}"
    return f"{name.replace('_', ' ')} {value}"


def _changes(action: Action) -> Facts:
    return tuple((f"Changed: {label}", f"{was or '—'} → {now or '—'}") for label, was, now in action.changes)


def _known_for(tx: Session, ticket: Ticket, action: Action) -> Facts:
    """Whether they were here before, and what the guard against planted instructions saw in their words."""
    first = tx.exec(
        select(Ticket.created_at).where(Ticket.requester_id == ticket.requester_id).order_by(col(Ticket.created_at))
    ).first()
    count = tx.exec(select(func.count()).where(col(Ticket.requester_id) == ticket.requester_id)).one()
    known = "this is their first ticket" if count == 1 else f"{count} tickets since {first:%Y-%m-%d}"
    planted = select(Step.id).where(
        Step.run_id == action.run_id, Step.kind == StepKind.GUARDRAIL, Step.name == "injection"
    )
    seen = tx.exec(planted).first() is not None
    warning = ((f"{WARNING}Suspicious", "the message tries to instruct the bot; read it before you decide"),)
    return (("Known", known), *(warning if seen else ()))


def _since(tx: Session, ticket: Ticket, action: Action) -> Facts:
    """What the requester wrote after it was proposed, such as the answer to a question."""
    newer = tx.exec(
        select(Message.text)
        .where(
            Message.ticket_id == ticket.id,
            Message.direction == Direction.INBOUND,
            Message.created_at > action.created_at,
        )
        .order_by(col(Message.created_at))
    ).all()
    return (("Customer wrote since", "\n".join(newer)[-400:]),) if newer else ()


def _risk(tx: Session, desk: Desk, action: Action) -> Facts:
    """What was given before, and how much may still go out."""
    if not action.amount_minor:
        return ()
    count, sums = refunds_of(tx, desk, action.customer_id, action.kind)
    given = ", ".join(say(total, currency) for currency, total in sorted(sums.items()))
    before = f"{count} ({given})" if count else "none"
    spent = budgets(tx, desk, action.customer_id, action.ticket_id, action.currency)
    return (("Before, in 90 days", before), *((budget.name, budget.words().partition(": ")[2]) for budget in spent))


def _approval(tx: Session, desk: Desk, action: Action) -> Facts:
    facts: Facts = ()
    if action.approvals_needed > 1:
        facts += (("Approvals", f"{len(approvers_so_far(tx, action))} of {action.approvals_needed}"),)
    if action.state is ActionState.PENDING:
        facts += (("Who may decide", ", ".join(desk.settings.slack.approvers) or "nobody: slack.approvers is empty"),)
    if action.state is ActionState.PENDING and action.expires_at is not None:
        facts += (("Expires", Moment(action.expires_at)),)
    if action.state is ActionState.APPROVED and action.hold_until is not None:
        facts += (("On hold until", Moment(action.hold_until, seconds=True)),)
    return facts


def _state_words(action: Action) -> str:
    by = f" by {action.decided_by}" if action.decided_by and action.state is not ActionState.PENDING else ""
    return f"{action.state.value.replace('_', ' ')}{by}"


def _besides(action: Action, ticket: Ticket) -> tuple[Button, ...]:
    """Whoever decides can also become the one who talks to the customer, and ask how the bot came to this."""
    if action.state is not ActionState.PENDING:
        return ()
    free = ticket.owner in (None, STAFF)
    return (*((Button(TAKE_OVER, "Take over", f"{ticket.id}:"),) if free else ()), why_button(ticket))


def _last_words(tx: Session, ticket: Ticket, action: Action) -> Message | None:
    """What the requester wrote before this was proposed."""
    return tx.exec(
        select(Message)
        .where(
            Message.ticket_id == ticket.id,
            Message.direction == Direction.INBOUND,
            Message.created_at <= action.created_at,
        )
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
    ).first()


# ------------------------------------------------------------------ buttons


def _buttons(desk: Desk, summary: str, action: Action) -> tuple[Button, ...]:
    """What can be done in this state; a decision that is possible no more has no button."""
    value = button_value(action)
    found = bool(action.result.get("found"))
    by_state: Mapping[ActionState, tuple[Button, ...]] = {
        ActionState.PENDING: _decisions(desk, summary, action, value),
        ActionState.APPROVED: (Button("undo", "Undo", value, style="danger"),) if action.hold_until else (),
        ActionState.EXPIRED: (Button("renew", "Renew", value),),
        ActionState.BLOCKED: (
            *((_mark(action, value),) if found else ()),
            Button("renew", "Ask again with today's facts", value),
        ),
        ActionState.NEEDS_PERSON: (
            Button("mark_done_form", "Mark as done…", value),
            Button("deny", "Close without it", value, style="danger", confirm=f"{summary}: close it?"),
        ),
        ActionState.SUBMITTED: (Button("mark_done_form", "Mark as done…", value),) if action.result.get("task") else (),
    }
    return by_state.get(action.state, ())


def _mark(action: Action, value: str) -> Button:
    reference = str(dict(action.result["found"]).get("refund") or "what was found")
    return Button("mark_done", f"Mark as done with {reference}", value, style="primary")


def _decisions(desk: Desk, summary: str, action: Action, value: str) -> tuple[Button, ...]:
    amount = f" {say(action.amount_minor, action.currency)}" if action.amount_minor else ""
    floor: Decimal = desk.settings.policy.refund.confirm_above
    asks_back = not amount or action.amount_minor >= minor_units(floor, action.currency)
    change = (Button("amend_form", "Change…", value),) if ACTIONS[action.kind].fields(action) else ()
    return (
        Button("approve", f"Approve{amount}", value, style="primary", confirm=f"{summary}?" if asks_back else ""),
        Button("deny", "Deny", value, style="danger"),
        Button("deny_form", "Deny with a reason…", value),
        *change,
        Button("ask_form", "Ask the customer…", value),
    )
