"""One ticket: the whole conversation with internal notes and files, every run in short, and what it led to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select
from starlette.responses import Response

from bot.actions import ACTIONS
from bot.console.around import shown
from bot.console.care import DOINGS
from bot.console.page import Ask, not_there
from storage.models import (
    Action,
    Attachment,
    Company,
    Direction,
    Escalation,
    Identity,
    Message,
    Person,
    Rating,
    Run,
    Step,
    StepKind,
    Ticket,
)

PAGE = 100
"""Messages shown at once, the newest ones first; a link leads to those before."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message with its files, and the run that made it or answered it."""

    message: Message
    files: list[Attachment]

    @property
    def kind(self) -> str:
        """customer, reply or note: how it looks."""
        if self.message.direction is Direction.INTERNAL:
            return "note"
        return "customer" if self.message.direction is Direction.INBOUND else "reply"

    @property
    def more(self) -> str:
        """The whole text where it holds more than what was newly written, such as a quotation."""
        whole = self.message.full_text.strip()
        return whole if whole and whole != self.message.text.strip() else ""


@dataclass(frozen=True, slots=True)
class ShortRun:
    """A run in one line: the run, and the names of what it did."""

    run: Run
    did: list[str]


@dataclass(slots=True)
class Story:
    """Everything about one ticket. `earlier` is the id before which older messages are; "" when all are shown."""

    ticket: Ticket
    requester: Person | None
    company: str
    names: list[str]
    said: list[Said] = field(default_factory=list)
    earlier: str = ""
    runs: list[ShortRun] = field(default_factory=list)
    actions: list[tuple[Action, str]] = field(default_factory=list)
    escalations: Sequence[Escalation] = ()
    related: Sequence[Ticket] = ()
    rating: Rating | None = None

    @property
    def title(self) -> str:
        """The subject; where a channel has none, the beginning of what was asked."""
        asked = next((" ".join(one.message.text.split()) for one in self.said if one.kind == "customer"), "")
        return self.ticket.subject or (f"{asked[:79]}…" if len(asked) > 80 else asked) or self.ticket.id


async def show_ticket(ask: Ask) -> Response:
    """The page of one ticket."""
    story = await ask.desk.db.read(lambda tx: story_of(tx, ask.path("id"), ask.query("before")))
    if story is None:
        raise not_there()
    did = DOINGS[ask.query("did")][1] if ask.query("did") in DOINGS else ""
    return await shown(ask, "ticket.html", title=story.title, story=story, did=did)


def story_of(tx: Session, ticket_id: str, before: str = "") -> Story | None:
    """The ticket as it is now; None when there is none."""
    ticket = tx.get(Ticket, ticket_id)
    if ticket is None:
        return None
    requester = tx.get(Person, ticket.requester_id)
    company = tx.get(Company, requester.company_id) if requester and requester.company_id else None
    names = tx.exec(select(Identity.external_id).where(Identity.person_id == ticket.requester_id)).all()
    story = Story(ticket, requester, company.name if company else "", list(names))
    _add_messages(tx, story, before)
    _add_runs(tx, story)
    story.actions = [
        (action, ACTIONS[action.kind].summary(action))
        for action in tx.exec(select(Action).where(Action.ticket_id == ticket_id).order_by(col(Action.id).desc()))
    ]
    story.escalations = tx.exec(
        select(Escalation).where(Escalation.ticket_id == ticket_id).order_by(col(Escalation.id).desc())
    ).all()
    story.related = tx.exec(
        select(Ticket).where((col(Ticket.follows) == ticket_id) | (col(Ticket.merged_into) == ticket_id))
    ).all()
    story.rating = tx.get(Rating, ticket_id)
    return story


def _add_messages(tx: Session, story: Story, before: str) -> None:
    wanted = select(Message).where(Message.ticket_id == story.ticket.id)
    if before:
        wanted = wanted.where(col(Message.id) < before)
    newest = tx.exec(wanted.order_by(col(Message.id).desc()).limit(PAGE + 1)).all()
    messages = sorted(newest[:PAGE], key=lambda message: (message.sent_at, message.id))
    files: dict[str, list[Attachment]] = defaultdict(list)
    ids = [message.id for message in messages]
    for attachment in tx.exec(select(Attachment).where(col(Attachment.message_id).in_(ids))):
        files[attachment.message_id].append(attachment)
    story.said = [Said(message, files[message.id]) for message in messages]
    story.earlier = min(ids) if len(newest) > PAGE else ""


def _add_runs(tx: Session, story: Story) -> None:
    runs = tx.exec(select(Run).where(Run.ticket_id == story.ticket.id).order_by(col(Run.id).desc()).limit(PAGE)).all()
    did: dict[str, list[str]] = defaultdict(list)
    steps = select(Step.run_id, Step.name).where(
        col(Step.run_id).in_([run.id for run in runs]), Step.kind != StepKind.MODEL
    )
    for run_id, name in tx.exec(steps.order_by(col(Step.at), col(Step.id))):
        did[run_id].append(name)
    story.runs = [ShortRun(run, did[run.id]) for run in runs]
