"""The queue: tickets by list, channel, owner and words, one page after the other, fast however many there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, TextClause, text
from sqlmodel import Session, and_, col, func, not_, or_, select
from starlette.responses import RedirectResponse, Response

from bot.console.around import shown
from bot.console.page import Ask
from bot.desk import Desk
from bot.staff.queue import LIVE
from storage.models import Escalation, EscalationState, Identity, Message, Person, Ticket
from storage.models.conversation import LIVE_SQL

PAGE = 50
SEARCHED = 10_000
"""Words are looked for in so many tickets at once; the page offers to go on with older ones."""

LISTS: Mapping[str, str] = {
    "open": "Open",
    "waiting": "Waiting for a person",
    "late": "Late",
    "mine": "Yours",
    "snoozed": "Snoozed",
    "done": "Solved",
    "all": "All",
}
CHANNELS = ("", "slack", "mail")
OWNERS: Mapping[str, str] = {"": "anybody", "bot": "the bot", "person": "a person"}
PRIORITIES = ("", "urgent", "high", "normal", "low")
GOES_TO = {"tkt": "/console/tickets", "run": "/console/runs", "act": "/console/actions"}


Condition = ColumnElement[bool] | TextClause


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to see. `after` is the id of the last ticket they saw."""

    list: str = "open"
    channel: str = ""
    owner: str = ""
    priority: str = ""
    words: str = ""
    oldest_first: bool = False
    after: str = ""

    def address(self, **changed: object) -> str:
        """The address of this view with other values; what is blank is left out."""
        mine = {name: getattr(self, name) for name in self.__dataclass_fields__} | changed
        kept = {name: "1" if value is True else value for name, value in mine.items() if value}
        return f"/console?{urlencode(kept)}"


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket of the list: who asks, what about, and what they wrote last where that is something else."""

    ticket: Ticket
    requester: str
    title: str
    last: str
    age: timedelta


@dataclass(frozen=True, slots=True)
class Found:
    """One page. `next` is the `after` of the following one, `searched_to` how far back words were looked for."""

    rows: list[Row]
    next: str = ""
    searched_to: datetime | None = None


async def show_queue(ask: Ask) -> Response:
    """The first page of the console."""
    wanted = wanted_by(ask)
    if place := _place_of(wanted.words):
        return RedirectResponse(place, status_code=303)
    found = await ask.desk.db.read(lambda tx: find(tx, ask.desk, wanted, ask.visitor.who))
    choices: dict[str, Any] = {"lists": LISTS, "channels": CHANNELS, "owners": OWNERS, "priorities": PRIORITIES}
    return await shown(ask, "queue.html", title=LISTS[wanted.list], wanted=wanted, found=found, **choices)


def wanted_by(ask: Ask) -> Wanted:
    """The view an address asks for; what it says wrongly counts as not said."""

    def one_of(name: str, known: Any, default: str = "") -> str:
        return ask.query(name) if ask.query(name) in known else default

    return Wanted(
        list=one_of("list", LISTS, "open"),
        channel=one_of("channel", CHANNELS),
        owner=one_of("owner", OWNERS),
        priority=one_of("priority", PRIORITIES),
        words=ask.query("words"),
        oldest_first=ask.query("oldest_first") == "1",
        after=ask.query("after"),
    )


def _place_of(words: str) -> str:
    """Where an id leads that somebody pasted; "" for other words."""
    prefix, _, rest = words.partition("_")
    return f"{GOES_TO[prefix]}/{words}" if prefix in GOES_TO and len(rest) == 26 and rest.isalnum() else ""


# ------------------------------------------------------------------ the query


def find(tx: Session, desk: Desk, wanted: Wanted, who: str) -> Found:
    """One page of it. Ids are sorted by age, so the page after a ticket is those with a smaller id."""
    conditions = [*_in_list(desk, wanted.list, who), *_filters(wanted)]
    if wanted.after:
        beyond = col(Ticket.id) > wanted.after if wanted.oldest_first else col(Ticket.id) < wanted.after
        conditions.append(beyond)
    edge = None
    if wanted.words:
        edge = _edge(tx, wanted)
        conditions += [*_up_to(edge, wanted), _says(wanted.words, edge, wanted)]
    order = col(Ticket.id).asc() if wanted.oldest_first else col(Ticket.id).desc()
    tickets = tx.exec(select(Ticket).where(*conditions).order_by(order).limit(PAGE + 1)).all()
    rows = _rows(tx, tickets[:PAGE], desk.now())
    if len(tickets) > PAGE:
        return Found(rows, next=tickets[PAGE - 1].id)
    return Found(rows, next=edge.id if edge else "", searched_to=edge.created_at if edge else None)


def _in_list(desk: Desk, name: str, who: str) -> list[Condition]:
    live, now = text(f"ticket.{LIVE_SQL}"), desk.now()
    asleep = col(Ticket.snoozed_until) > now
    awake = or_(col(Ticket.snoozed_until).is_(None), not_(asleep))
    asked = select(Escalation.ticket_id).where(Escalation.state == EscalationState.OPEN)
    late = or_(col(Ticket.answer_due_at) <= now, col(Ticket.solve_due_at) <= now)
    conditions: Mapping[str, list[Condition]] = {
        "open": [live, awake],
        "waiting": [live, awake, or_(col(Ticket.id).in_(asked), col(Ticket.status) == "hold")],
        "late": [live, awake, late],
        "mine": [live, col(Ticket.owner) == who],
        "snoozed": [live, asleep],
        # Nearly every ticket is done: this way the database walks along the ids instead of sorting them all.
        "done": [col(Ticket.status).not_in(LIVE)],
        "all": [],
    }
    return conditions[name]


def _filters(wanted: Wanted) -> list[Condition]:
    found: list[Condition] = []
    if wanted.channel:
        # Among the few that are open the index of a channel's tickets of all times would be the longer way.
        channel = col(Ticket.channel) if wanted.list in ("done", "all") else func.coalesce(Ticket.channel, "")
        found.append(channel == wanted.channel)
    if wanted.owner:
        found.append(col(Ticket.owner).is_(None) if wanted.owner == "bot" else col(Ticket.owner).is_not(None))
    if wanted.priority:
        found.append(col(Ticket.priority) == wanted.priority)
    return found


def _edge(tx: Session, wanted: Wanted) -> Ticket | None:
    """The last ticket of the portion that is searched; None when the portion reaches to the end."""
    beyond = col(Ticket.id) > wanted.after if wanted.oldest_first else col(Ticket.id) < wanted.after
    order = col(Ticket.id).asc() if wanted.oldest_first else col(Ticket.id).desc()
    ids = select(Ticket.id).where(beyond) if wanted.after else select(Ticket.id)
    edge = tx.exec(ids.order_by(order).offset(SEARCHED).limit(1)).first()
    return tx.get(Ticket, edge) if edge else None


def _up_to(edge: Ticket | None, wanted: Wanted) -> list[ColumnElement[bool]]:
    if edge is None:
        return []
    return [col(Ticket.id) <= edge.id if wanted.oldest_first else col(Ticket.id) >= edge.id]


def _says(words: str, edge: Ticket | None, wanted: Wanted) -> ColumnElement[bool]:
    """Every word is in the subject, in what was written, or in the requester's name or address."""
    return and_(*(_has(word, edge, wanted) for word in words.split()[:5]))


def _has(word: str, edge: Ticket | None, wanted: Wanted) -> ColumnElement[bool]:
    written = select(Message.ticket_id).where(col(Message.text).icontains(word, autoescape=True))
    for bound, sign in ((wanted.after, "<"), (edge.id if edge else "", ">=")):
        if bound:
            older = (sign == "<") != wanted.oldest_first
            written = written.where(col(Message.ticket_id) <= bound if older else col(Message.ticket_id) >= bound)
    by_name = select(Person.id).where(col(Person.name).icontains(word, autoescape=True))
    by_address = select(Identity.person_id).where(col(Identity.external_id).icontains(word, autoescape=True))
    return or_(
        col(Ticket.subject).icontains(word, autoescape=True),
        col(Ticket.id).in_(written),
        col(Ticket.requester_id).in_(by_name),
        col(Ticket.requester_id).in_(by_address),
    )


# ------------------------------------------------------------------ the rows


def _rows(tx: Session, tickets: Sequence[Ticket], now: datetime) -> list[Row]:
    """With names and words, in a few queries for the page and not a few for each ticket."""
    people = {person.id: person.name for person in _people(tx, {ticket.requester_id for ticket in tickets})}
    ids = [ticket.id for ticket in tickets]
    first, last = _words(tx, ids, func.min), _words(tx, ids, func.max)
    rows = []
    for ticket in tickets:
        title = ticket.subject or first.get(ticket.id, "") or ticket.id
        newest = last.get(ticket.id, "")
        said = newest if newest != title else ""
        name = people.get(ticket.requester_id) or "Somebody"
        rows.append(Row(ticket, name, title, said, now - ticket.created_at))
    return rows


def _people(tx: Session, ids: set[str]) -> Sequence[Person]:
    return tx.exec(select(Person).where(col(Person.id).in_(ids))).all() if ids else []


def _words(tx: Session, ids: list[str], which: Callable[[Any], Any]) -> dict[str, str]:
    """What the requester of each ticket wrote first (min) or last (max); ids of messages are sorted by age too."""
    if not ids:
        return {}
    chosen = (
        select(which(Message.id))
        .where(col(Message.ticket_id).in_(ids), Message.role == "requester")
        .group_by(col(Message.ticket_id))
    )
    written = select(Message.ticket_id, Message.text).where(col(Message.id).in_(chosen))
    return {ticket_id: " ".join(text.split())[:160] for ticket_id, text in tx.exec(written)}
