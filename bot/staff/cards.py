"""What a card says: built from rows alone, so that it can be built again at any time."""

from sqlmodel import Session, col, select

from bot.actions import ACTIONS
from bot.actions.approvals import approvers_so_far, button_value
from bot.staff.clicks import HAND_BACK, TAKE_OVER
from bot.turns import waiting_messages
from channels.base import Button, Trust
from channels.base import Card as CardView
from storage.models import Action, ActionState, Card, Direction, Escalation, EscalationState, Message, Ticket


def view(tx: Session, card: Card) -> CardView:
    """The card as it must look now."""
    action = tx.get(Action, card.subject_id)
    if action is not None:
        return _action_view(tx, card, action)
    return _escalation_view(tx, card, tx.get_one(Escalation, card.subject_id))


def _action_view(tx: Session, card: Card, action: Action) -> CardView:
    kind = ACTIONS[action.kind]
    ticket = tx.get_one(Ticket, action.ticket_id)
    asked = _last_words(tx, ticket, action)
    facts = (*kind.card_facts(action), ("Who asks", _who(asked, ticket)))
    if action.approvals_needed > 1:
        given = len(approvers_so_far(tx, action))
        facts += (("Approvals", f"{given} of {action.approvals_needed}"),)
    if action.expires_at is not None and action.state is ActionState.PENDING:
        facts += (("Expires", f"{action.expires_at:%Y-%m-%d %H:%M} UTC"),)
    if action.note:
        facts += (("Note", action.note),)
    return CardView(
        key=card.id,
        title=kind.summary(action),
        state=_state_words(action),
        facts=facts,
        quote=asked.text if asked else "",
        proposed=action.reason,
        verdict=str(action.verdict.get("for_staff", "")),
        buttons=_decisions(kind.summary(action), action) if action.state is ActionState.PENDING else (),
        footer=f"{action.id} · v{action.version} · terms {action.terms_hash[:12]} · {ticket.id}",
        first_tried_at=card.first_tried_at,
    )


def _decisions(summary: str, action: Action) -> tuple[Button, ...]:
    value = button_value(action)
    return (
        Button("approve", "Approve", value, style="primary", confirm=f"{summary}?"),
        Button("deny", "Deny", value, style="danger"),
    )


def _state_words(action: Action) -> str:
    by = f" by {action.decided_by}" if action.decided_by and action.state is not ActionState.PENDING else ""
    return f"{action.state.value.replace('_', ' ')}{by}"


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


def _who(message: Message | None, ticket: Ticket) -> str:
    if message is None:
        return ticket.requester_id
    proof = Trust(message.trust).name.replace("_", " ").lower()
    return f"{message.author_name} ({message.facts.get('author', '')}), {ticket.channel}, proof: {proof}"


def _escalation_view(tx: Session, card: Card, escalation: Escalation) -> CardView:
    ticket = tx.get(Ticket, escalation.ticket_id) if escalation.ticket_id else None
    waiting = waiting_messages(tx, ticket.id) if ticket else []
    facts = [("Priority", escalation.priority), ("Summary", escalation.summary)]
    if ticket is not None:
        facts += [("Ticket", f"{ticket.id} ({ticket.channel})"), ("Owner", ticket.owner or "the bot")]
    return CardView(
        key=card.id,
        title=f"A person is needed: {escalation.reason}"[:140],
        state=escalation.state.value,
        facts=tuple((name, text) for name, text in facts if text),
        quote="\n".join(message.text for message in waiting),
        buttons=_escalation_buttons(escalation),
        footer=escalation.id,
        first_tried_at=card.first_tried_at,
    )


def _escalation_buttons(escalation: Escalation) -> tuple[Button, ...]:
    if escalation.ticket_id is None or escalation.state is EscalationState.CLOSED:
        return ()
    take = (Button(TAKE_OVER, "Take over", f"{escalation.id}:"),)
    back = (Button(HAND_BACK, "Hand back to the bot", f"{escalation.id}:"),)
    return (take if escalation.state is EscalationState.OPEN else ()) + back
