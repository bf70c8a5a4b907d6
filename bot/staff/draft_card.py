"""The card of a draft: what the team would say, and to whom; a person sends, changes or drops it."""

from sqlmodel import Session, select

from bot.staff.escalation_card import about_ticket
from bot.staff.lane_card import move_button
from bot.staff.replying import DROP_DRAFT, EDIT_DRAFT, SEND_DRAFT, where_it_goes
from channels.cards import Button
from channels.cards import Card as CardView
from storage.models import Card, Message, Sending, Ticket

STATES = {
    Sending.DRAFT: "waiting for you",
    Sending.READY: "is being sent",
    Sending.SENDING: "is being sent",
    Sending.SENT: "sent",
    Sending.FAILED: "could not be delivered",
    Sending.SUPERSEDED: "dropped: something else was said, or is no longer needed",
}


def draft_view(tx: Session, card: Card, draft: Message) -> CardView:
    """The draft as it is now; the text that would be sent stands on the card in full, as far as Slack allows."""
    ticket = tx.get_one(Ticket, draft.ticket_id)
    by = str(draft.facts.get("approved_by_name") or "")
    asked = tx.exec(select(Message).where(Message.ticket_id == ticket.id, Message.answered_by == draft.run_id)).all()
    value = f"{draft.id}:"
    buttons = (
        Button(SEND_DRAFT, "Send", value, style="primary"),
        Button(EDIT_DRAFT, "Edit…", value),
        Button(DROP_DRAFT, "Drop", value, style="danger", confirm="Say nothing of this? The ticket is then yours."),
        move_button(draft.id),
    )
    return CardView(
        key=card.id,
        title="Draft answer",
        state=STATES.get(draft.sending or Sending.DRAFT, "waiting for you") + (f", by {by}" if by else ""),
        facts=(("Goes to", where_it_goes(tx, ticket)), *about_ticket(tx, ticket)),
        quote="\n".join(message.text for message in asked),
        proposed=draft.text,
        buttons=buttons if draft.sending is Sending.DRAFT else (),
        footer=f"{draft.id} · {ticket.id}",
        first_tried_at=card.first_tried_at,
        source=ticket.reply_to,
    )
