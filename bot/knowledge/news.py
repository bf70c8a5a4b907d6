"""What a changed document means for answers already given: whoever relied on what it no longer says is listed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from bot.desk import Desk
from bot.staff.escalations import escalate
from storage.models import Cursor, Direction, KnowledgeDocument, KnowledgePassage, Message, Sending

LOOK_BACK = timedelta(days=90)
MOST_NAMED = 20
CURSOR = "knowledge:versions"


@dataclass(frozen=True, slots=True)
class Relied:
    """An answer that was sent, and the passage it cited that no document says any more."""

    ticket_id: str
    message_id: str
    document: str
    section: str
    passage: str


async def look_for_changes(desk: Desk) -> int:
    """Read the documents again, and put up a card for each that changed under answers already given."""
    await desk.team.refresh_knowledge()
    return await desk.db.write(lambda tx: _tell(tx, desk))


def _tell(tx: Session, desk: Desk) -> int:
    versions = {document.name: document.version for document in tx.exec(select(KnowledgeDocument))}
    cursor = tx.get(Cursor, CURSOR)
    if cursor is not None and cursor.value == versions:
        return 0
    tx.add(cursor or Cursor(name=CURSOR, value={}, at=desk.now()))
    relied = stale_answers(tx, desk) if cursor is not None else {}
    for document, answers in relied.items():
        _put_up(tx, desk, document, versions.get(document, "removed"), answers)
    changed = tx.get_one(Cursor, CURSOR)
    changed.value, changed.at = versions, desk.now()
    return len(relied)


def _put_up(tx: Session, desk: Desk, document: str, version: str, answers: list[Relied]) -> None:
    tickets = list(dict.fromkeys(answer.ticket_id for answer in answers))
    more = f" and {len(tickets) - MOST_NAMED} more" if len(tickets) > MOST_NAMED else ""
    escalate(
        tx,
        desk,
        cause=f"knowledge:{document}:{version}"[:255],
        reason=f"{document} changed; {len(answers)} answers relied on what it said",
        summary=f"Tickets: {', '.join(tickets[:MOST_NAMED])}{more}. `helpdesk knowledge stale` shows the passages.",
        priority="low",
    )


def stale_answers(tx: Session, desk: Desk) -> Mapping[str, list[Relied]]:
    """By document: the answers of the last 90 days that cited words which it does not contain any more."""
    texts: dict[str, str] = defaultdict(str)
    for passage in tx.exec(select(KnowledgePassage).order_by(col(KnowledgePassage.position))):
        texts[passage.document] += f" {passage.text}"
    says = {document: _plain(text) for document, text in texts.items()}
    stale: dict[str, list[Relied]] = defaultdict(list)
    for message in _answers(tx, desk):
        for cited in message.facts.get("citations", ()):
            document, words = str(cited["document"]), str(cited.get("passage") or "")
            if words and _plain(words) not in says.get(document, ""):
                stale[document].append(Relied(message.ticket_id, message.id, document, str(cited["section"]), words))
    return stale


def _answers(tx: Session, desk: Desk) -> list[Message]:
    sent = select(Message).where(
        Message.direction == Direction.OUTBOUND,
        Message.sending == Sending.SENT,
        Message.created_at >= desk.now() - LOOK_BACK,
        col(Message.deleted_at).is_(None),
    )
    return [message for message in tx.exec(sent.order_by(col(Message.id))) if message.facts.get("citations")]


def _plain(text: str) -> str:
    """How it is cut into passages and wrapped into lines does not matter."""
    return " ".join(text.split())
