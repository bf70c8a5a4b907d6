"""Finds a person, and every row that holds something of theirs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, or_, select

from bot.desk import Desk
from bot.sealing import secrets_of, unsealed
from storage.erasure import ids_containing
from storage.models import (
    OPEN_STATES,
    Action,
    Attachment,
    Decision,
    Delivery,
    Escalation,
    Event,
    Identity,
    KnowledgeProposal,
    MailName,
    MemoryItem,
    Message,
    OneTimeCode,
    Person,
    Rating,
    Run,
    Step,
    Ticket,
)

PORTION = 300
LEAST_WORDS = 12
"""Shorter texts ("thanks") are nobody's own and are not looked for elsewhere."""
LEAST_PART = 4
SLACK_NAME = re.compile(r"^[TE?]\w*/(U|W)\w+$")


class Unknown(LookupError):
    """Nobody is known by that name; the message says how people are named."""


@dataclass(slots=True)
class Reach:
    """Everything of one person: ids by table, the names they are known by, and what they wrote."""

    person: Person
    names: list[str]
    words: list[str]
    rows: dict[str, list[str]] = field(default_factory=dict)
    memory: list[str] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    open_actions: list[str] = field(default_factory=list)

    def needles(self, *, words: bool) -> re.Pattern[str]:
        """Matches each of their names, and what they wrote; longer ones first, so that a part never hides a whole."""
        return _any_of({*self.names, *(self.words if words else [])})

    def parts_of_name(self) -> re.Pattern[str]:
        """Matches what they are called, word by word, and the parts of their addresses."""
        called = [self.person.name, *self.names]
        return _any_of({part for name in called for part in re.split(r"[\s@./_+-]+", name) if len(part) >= LEAST_PART})


def _any_of(needles: set[str]) -> re.Pattern[str]:
    """Longer ones first, so that a part never hides a whole; a name is only a name when it stands alone."""
    parts = [re.escape(needle) for needle in sorted(needles - {""}, key=len, reverse=True)]
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + r")(?!\w)" if parts else r"(?!)", re.IGNORECASE)


def find_person(tx: Session, who: str) -> Person:
    """By id (psn_…), address, or Slack id (U… or T…/U…). Raises Unknown, also when a bare U… is not one person."""
    person = tx.get(Person, who)
    if person is not None:
        return person
    wanted = who.strip()
    matches = {wanted, wanted.lower()}
    identities = tx.exec(select(Identity).where(col(Identity.external_id).in_(matches))).all()
    if not identities and re.fullmatch(r"[UW]\w+", wanted):
        identities = tx.exec(select(Identity).where(col(Identity.external_id).like(f"%/{wanted}"))).all()
    people = {identity.person_id for identity in identities}
    if len(people) != 1:
        how = "nobody is" if not people else "several people are"
        raise Unknown(f"{how} known as {who}: give an address, T…/U… of Slack, or an id (psn_…)")
    return tx.get_one(Person, people.pop())


def reach_of(tx: Session, desk: Desk, person: Person) -> Reach:
    """Look everywhere; nothing is changed."""
    identities = tx.exec(select(Identity).where(Identity.person_id == person.id)).all()
    tickets = list(tx.exec(select(Ticket).where(Ticket.requester_id == person.id)))
    ticket_ids = [ticket.id for ticket in tickets]
    messages = _messages(tx, person, ticket_ids)
    reach = Reach(person, _names(person, identities), _words(messages, person, tickets))
    touched = sorted({*ticket_ids, *(message.ticket_id for message in messages)})
    own_actions = _all(tx, Action, Action.ticket_id, ticket_ids)
    reach.open_actions = [action.id for action in own_actions if action.state in OPEN_STATES]
    message_ids = [message.id for message in messages]
    attachments = _all(tx, Attachment, Attachment.message_id, message_ids)
    runs = [run.id for run in _all(tx, Run, Run.ticket_id, touched)]
    reach.rows = {
        "person": [person.id],
        "identity": [identity.id for identity in identities],
        "ticket": ticket_ids,
        "message": message_ids,
        "attachment": [attachment.id for attachment in attachments],
        "run": runs,
        "step": [step.id for step in _all(tx, Step, Step.run_id, runs)],
        "action": [action.id for action in own_actions],
        "decision": [row.id for row in _all(tx, Decision, Decision.action_id, [action.id for action in own_actions])],
        "escalation": [row.id for row in _all(tx, Escalation, Escalation.ticket_id, ticket_ids)],
        "rating": [row.ticket_id for row in _all(tx, Rating, Rating.ticket_id, ticket_ids)],
        "mailname": [row.id for row in _all(tx, MailName, MailName.message_id, message_ids)],
        "onetimecode": [row.id for row in _all(tx, OneTimeCode, OneTimeCode.person_id, [person.id])],
        "knowledgeproposal": [row.id for row in _all(tx, KnowledgeProposal, KnowledgeProposal.ticket_id, ticket_ids)],
    }
    reach.rows["delivery"] = _deliveries(tx, desk, reach, messages)
    reach.rows["event"] = _events(tx, reach)
    reach.memory = [item.id for item in _all(tx, MemoryItem, MemoryItem.ticket_id, touched)]
    reach.hashes = sorted({attachment.sha256 for attachment in attachments})
    return reach


def _messages(tx: Session, person: Person, ticket_ids: Sequence[str]) -> list[Message]:
    """Everything on their tickets, whoever wrote it, and what they wrote on the tickets of others."""
    own = {message.id: message for message in tx.exec(select(Message).where(Message.person_id == person.id))}
    own |= {message.id: message for message in _all(tx, Message, Message.ticket_id, ticket_ids)}
    return sorted(own.values(), key=lambda message: message.id)


def _names(person: Person, identities: Iterable[Identity]) -> list[str]:
    """Every name they are known by: addresses, Slack ids with and without the team, and what they are called."""
    names = [identity.external_id for identity in identities]
    names += [name.partition("/")[2] for name in names if SLACK_NAME.match(name)]
    # One short word is the name of many; the rows of this person are emptied of it anyway.
    return list(dict.fromkeys([*names, *([person.name] if " " in person.name.strip() else [])]))


def _words(messages: Iterable[Message], person: Person, tickets: Iterable[Ticket]) -> list[str]:
    """What they wrote, to find copies of it: whole texts and their longer lines."""
    found: dict[str, None] = {}
    for message in messages:
        if message.person_id == person.id:
            for text in (message.text, message.full_text, *message.text.splitlines()):
                found[text.strip()] = None
    found |= {ticket.subject.strip(): None for ticket in tickets}
    return [text for text in found if len(text) >= LEAST_WORDS]


def _deliveries(tx: Session, desk: Desk, reach: Reach, messages: Iterable[Message]) -> list[str]:
    """The bytes of their messages, and everything else that arrived and names them (auto-replies, clicks, edits)."""
    secrets = secrets_of(desk.settings)
    found = {message.delivery_id for message in messages if message.delivery_id}
    found |= {row.id for row in _all(tx, Delivery, Delivery.subject_id, reach.rows["message"])}
    needles = reach.needles(words=True)
    found |= {*ids_containing(tx, "delivery", "body", needles, read=lambda body: unsealed(body, secrets))}
    found |= {*ids_containing(tx, "delivery", "envelope", needles)}
    return sorted(found)


def _events(tx: Session, reach: Reach) -> list[str]:
    """What the audit log says about their rows, and what they did."""
    subjects = sorted({row_id for ids in reach.rows.values() for row_id in ids})
    found = {event.id for event in _all(tx, Event, Event.subject_id, subjects)}
    actors = [*reach.names, reach.person.id]
    found |= set(tx.exec(select(Event.id).where(or_(col(Event.actor).in_(actors)))))
    return sorted({*found, *ids_containing(tx, "event", "data", reach.needles(words=True))})


def _all(tx: Session, table: Any, column: Any, values: Sequence[str]) -> list[Any]:
    """The rows of `table` whose `column` is one of `values`, asked for in portions."""
    rows: list[Any] = []
    for start in range(0, len(values), PORTION):
        rows += tx.exec(select(table).where(col(column).in_(values[start : start + PORTION]))).all()
    return rows
