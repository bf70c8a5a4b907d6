"""Proposed articles: made from questions nobody had written an answer to, decided by staff in Slack, at the command
line or in the console, and searched like any document once they are approved.

A proposal is one row and one Markdown text whose first heading is its title. There is one for a ticket at most.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlmodel import Session, col, select

from agents_team.guardrails.pii import mask_pii
from agents_team.knowledge.words import terms
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import put_up_card
from channels.base import Role
from storage.db import Database
from storage.models import (
    Direction,
    KnowledgeProposal,
    Message,
    Run,
    Step,
    StepKind,
    Ticket,
    TicketStatus,
)

OPEN, APPROVED, REJECTED = "open", "approved", "rejected"
BLANK = "_Nobody has written the answer yet. Write it here, then approve._"
LOOK_BACK = timedelta(days=14)
MOST_AT_ONCE = 5
ALIKE = 0.6
LONGEST_TITLE = 90

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_ID = re.compile(r"\b[A-Z]{2,6}-?\d{3,}(?:-\d+)*\b|\b\d{7,}\b")
_GREETING = re.compile(
    r"\A\s*(?:hi|hello|hey|dear|good (?:morning|evening|afternoon))\b[^\n.!?,]{0,40}[,.!\n]\s*", re.IGNORECASE
)
_HEADING = re.compile(r"\A#\s+(.+)")


class Undecided(Exception):
    """The proposal cannot be decided like this; the text says what to do instead."""


def list_proposals(tx: Session, state: str = OPEN) -> list[KnowledgeProposal]:
    """Those in a state, oldest first; all with ""."""
    wanted = select(KnowledgeProposal).order_by(col(KnowledgeProposal.at), col(KnowledgeProposal.id))
    return list(tx.exec(wanted.where(KnowledgeProposal.state == state) if state else wanted))


def approve(tx: Session, desk: Desk, proposal_id: str, by: str, text: str = "") -> KnowledgeProposal:
    """From now on the team may quote it, with `text` in place of the proposed one if given. Raises Undecided."""
    proposal = _open(tx, proposal_id)
    proposal.text = (text or proposal.text).strip()
    if BLANK in proposal.text or not body_of(proposal.text):
        raise Undecided("This has no answer yet. Edit it and write one, then approve it.")
    return _decide(tx, desk, proposal, APPROVED, by)


def reject(tx: Session, desk: Desk, proposal_id: str, by: str) -> KnowledgeProposal:
    """It is not asked about again. Raises Undecided."""
    return _decide(tx, desk, _open(tx, proposal_id), REJECTED, by)


def retract(tx: Session, desk: Desk, proposal_id: str, by: str) -> KnowledgeProposal:
    """An approved article is quoted no more. Raises Undecided."""
    proposal = tx.get(KnowledgeProposal, proposal_id)
    if proposal is None or proposal.state != APPROVED:
        raise Undecided(f"{proposal_id} is no approved article.")
    return _decide(tx, desk, proposal, REJECTED, by)


def _open(tx: Session, proposal_id: str) -> KnowledgeProposal:
    proposal = tx.get(KnowledgeProposal, proposal_id)
    if proposal is None:
        raise Undecided(f"There is no proposal {proposal_id}.")
    if proposal.state != OPEN:
        raise Undecided(f"This was {proposal.state} already, so nothing happened.")
    return proposal


def _decide(tx: Session, desk: Desk, proposal: KnowledgeProposal, state: str, by: str) -> KnowledgeProposal:
    proposal.state = state
    tx.add(proposal)
    record(tx, desk, by, f"knowledge_{state}", proposal.id, {"title": title_of(proposal.text)})
    put_up_card(tx, desk, proposal.id, proposal.ticket_id)
    return proposal


def propose(
    tx: Session, desk: Desk, *, source: str, text: str, by: str, ticket_id: str | None = None
) -> KnowledgeProposal:
    """A proposal with a card; the same source again is the same proposal."""
    known = tx.exec(select(KnowledgeProposal).where(KnowledgeProposal.source == source)).first()
    if known is not None:
        return known
    proposal = KnowledgeProposal(source=source, ticket_id=ticket_id, text=mask_pii(text).text, by=by, at=desk.now())
    tx.add(proposal)
    tx.flush()
    record(tx, desk, by, "knowledge_proposed", proposal.id, {"source": source})
    put_up_card(tx, desk, proposal.id, ticket_id)
    return proposal


# ------------------------------------------------------------------ what is quoted


class ApprovedArticles:
    """The team's further documents: every approved proposal, under the name it is cited by."""

    def __init__(self, db: Database):
        self._db = db

    async def __call__(self) -> Mapping[str, str]:
        return named(await self._db.read(lambda tx: list_proposals(tx, APPROVED)))


def named(approved: Sequence[KnowledgeProposal]) -> dict[str, str]:
    """Document name and text; a title that is taken already gets the end of its id."""
    found: dict[str, str] = {}
    for proposal in approved:
        if not proposal.text.strip():
            continue  # whose words it was made of was erased
        slug = re.sub(r"[^a-z0-9]+", "-", title_of(proposal.text).lower()).strip("-")[:60] or proposal.id
        name = f"learned/{slug}.md"
        found[name if name not in found else f"learned/{slug}-{proposal.id[-6:]}.md"] = proposal.text
    return found


def title_of(text: str) -> str:
    """The first heading, or else how the text begins."""
    heading = _HEADING.match(text.strip())
    return (heading[1] if heading else text.strip().partition("\n")[0])[:LONGEST_TITLE].strip()


def body_of(text: str) -> str:
    """The text without its heading."""
    return _HEADING.sub("", text.strip(), count=1).strip()


# ------------------------------------------------------------------ where they come from


def propose_from_tickets(tx: Session, desk: Desk) -> int:
    """Look at the tickets of the last two weeks whose question no document answered; returns how many were proposed.

    Once a colleague has solved such a ticket, what they wrote is the proposed answer. One run proposes a few: cards
    nobody can keep up with are read by nobody.
    """
    made = 0
    for ticket in _unanswered(tx, desk):
        if made == MOST_AT_ONCE:
            break
        made += _propose_for(tx, desk, ticket)
    return made


def _unanswered(tx: Session, desk: Desk) -> list[Ticket]:
    searched = select(Run.ticket_id, Step.data).where(
        Step.run_id == Run.id,
        Step.kind == StepKind.TOOL,
        Step.name == "search_knowledge",
        Step.at >= desk.now() - LOOK_BACK,
    )
    steps = tx.exec(searched).all()
    ids = dict.fromkeys(ticket_id for ticket_id, data in steps if "nothing_found" in str(data.get("result")))
    solved = select(Ticket.id).where(
        col(Ticket.status).in_((TicketStatus.SOLVED, TicketStatus.CLOSED)), Ticket.updated_at >= desk.now() - LOOK_BACK
    )
    ids |= dict.fromkeys(ticket_id for ticket_id in tx.exec(solved) if _by_staff(tx, ticket_id))
    return [tx.get_one(Ticket, ticket_id) for ticket_id in ids]


def _propose_for(tx: Session, desk: Desk, ticket: Ticket) -> bool:
    source = f"ticket:{ticket.id}"
    question, answer = _asked(tx, ticket.id), "\n\n".join(_by_staff(tx, ticket.id))
    known = tx.exec(select(KnowledgeProposal).where(KnowledgeProposal.source == source)).first()
    if known is not None:
        return _completed(tx, desk, known, question, answer)
    if len(terms(question)) < 2 or _is_known(tx, question):
        return False
    propose(tx, desk, source=source, text=article(question, answer), by="bot", ticket_id=ticket.id)
    return True


def _completed(tx: Session, desk: Desk, proposal: KnowledgeProposal, question: str, answer: str) -> bool:
    """A question that was proposed without an answer gets the one a colleague gave meanwhile."""
    if proposal.state != OPEN or BLANK not in proposal.text or not answer:
        return False
    proposal.text = article(question, answer)
    tx.add(proposal)
    put_up_card(tx, desk, proposal.id, proposal.ticket_id)
    return True


def article(question: str, answer: str) -> str:
    """Question and answer as Markdown, without what points to one person."""
    asked = " ".join(_impersonal(_GREETING.sub("", question)).split())
    first = re.split(r"(?<=[.!?])\s", asked, maxsplit=1)[0][:LONGEST_TITLE].rstrip(" .")
    return f"# {first or 'A question'}\n\nQuestion: {asked}\n\n{_impersonal(answer).strip() or BLANK}"


def _impersonal(text: str) -> str:
    return _ID.sub("[number]", _ADDRESS.sub("[address]", mask_pii(text).text))


def _asked(tx: Session, ticket_id: str) -> str:
    first = select(Message.text).where(
        Message.ticket_id == ticket_id,
        Message.direction == Direction.INBOUND,
        Message.kind == "human",
        col(Message.deleted_at).is_(None),
    )
    return tx.exec(first.order_by(col(Message.sent_at), col(Message.id))).first() or ""


def _by_staff(tx: Session, ticket_id: str) -> list[str]:
    """What colleagues wrote to the requester, if the team itself never answered from a document."""
    wrote = tx.exec(
        select(Message)
        .where(Message.ticket_id == ticket_id, Message.direction == Direction.OUTBOUND)
        .order_by(col(Message.sent_at), col(Message.id))
    ).all()
    if any(message.facts.get("citations") for message in wrote):
        return []
    return [message.text for message in wrote if message.role == Role.STAFF.value and message.deleted_at is None]


def _is_known(tx: Session, question: str) -> bool:
    """Whether a proposal about much the same is there already, whatever became of it."""
    words = set(terms(question))
    for proposal in list_proposals(tx, ""):
        other = set(terms(title_of(proposal.text)))
        if len(words & other) / max(len(words | other), 1) >= ALIKE:
            return True
    return False
