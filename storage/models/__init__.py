"""The nouns as tables. The unique constraints here are the promises; the code only has the manners."""

from sqlmodel import SQLModel

from storage.models.actions import OPEN_STATES, Action, ActionState, Decision
from storage.models.audit import Control, Cursor, Event, Note, Seal, Tick
from storage.models.console import ConsoleKey
from storage.models.conversation import (
    Attachment,
    Blob,
    Direction,
    MemoryItem,
    Message,
    Sending,
    Ticket,
    TicketStatus,
)
from storage.models.intake import Delivery, Outcome
from storage.models.knowledge import KnowledgeDocument, KnowledgePassage, KnowledgeVector
from storage.models.mail import MailName, OneTimeCode
from storage.models.people import Company, Identity, Person
from storage.models.places import Place
from storage.models.runs import Run, RunState, Step, StepKind
from storage.models.staff import CannedReply, Card, Escalation, EscalationState, KnowledgeProposal, Rating
from storage.types import bound_texts

bound_texts(SQLModel.metadata)

__all__ = [
    "OPEN_STATES",
    "Action",
    "ActionState",
    "Attachment",
    "Blob",
    "CannedReply",
    "Card",
    "Company",
    "ConsoleKey",
    "Control",
    "Cursor",
    "Decision",
    "Delivery",
    "Direction",
    "Escalation",
    "EscalationState",
    "Event",
    "Identity",
    "KnowledgeDocument",
    "KnowledgePassage",
    "KnowledgeProposal",
    "KnowledgeVector",
    "MailName",
    "MemoryItem",
    "Message",
    "Note",
    "OneTimeCode",
    "Outcome",
    "Person",
    "Place",
    "Rating",
    "Run",
    "RunState",
    "Seal",
    "Sending",
    "Step",
    "StepKind",
    "Tick",
    "Ticket",
    "TicketStatus",
]
