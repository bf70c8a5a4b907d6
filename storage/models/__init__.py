"""The nouns as tables. The unique constraints here are the promises; the code only has the manners."""

from storage.models.actions import OPEN_STATES, Action, ActionState, Decision
from storage.models.audit import Control, Cursor, Event, Tick
from storage.models.conversation import (
    Attachment,
    Direction,
    MemoryItem,
    Message,
    Sending,
    Ticket,
    TicketStatus,
)
from storage.models.intake import Delivery, Outcome
from storage.models.people import Company, Identity, Person
from storage.models.runs import Run, RunState, Step, StepKind
from storage.models.staff import Card, Escalation, EscalationState

__all__ = [
    "OPEN_STATES",
    "Action",
    "ActionState",
    "Attachment",
    "Card",
    "Company",
    "Control",
    "Cursor",
    "Decision",
    "Delivery",
    "Direction",
    "Escalation",
    "EscalationState",
    "Event",
    "Identity",
    "MemoryItem",
    "Message",
    "Outcome",
    "Person",
    "Run",
    "RunState",
    "Sending",
    "Step",
    "StepKind",
    "Tick",
    "Ticket",
    "TicketStatus",
]
