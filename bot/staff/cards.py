"""What a card says: built from rows alone, so that it can be built again at any time."""

from sqlmodel import Session

from bot.desk import Desk
from bot.staff.action_card import action_view
from bot.staff.draft_card import draft_view
from bot.staff.escalation_card import escalation_view
from bot.staff.knowledge_card import article_view
from channels.cards import Card as CardView
from storage.models import Action, Card, Escalation, KnowledgeProposal, Message


def view(tx: Session, desk: Desk, card: Card) -> CardView:
    """The card as it must look now."""
    action = tx.get(Action, card.subject_id)
    if action is not None:
        return action_view(tx, desk, card, action)
    draft = tx.get(Message, card.subject_id)
    if draft is not None:
        return draft_view(tx, card, draft)
    article = tx.get(KnowledgeProposal, card.subject_id)
    if article is not None:
        return article_view(card, article)
    return escalation_view(tx, card, tx.get_one(Escalation, card.subject_id))
