"""The queue: lists, filters, words and pages, with nothing left out and nothing shown twice."""

from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import Session

from bot.console import queue
from bot.console.queue import Wanted, find
from bot.desk import Desk
from storage.models import (
    Direction,
    Escalation,
    Identity,
    Message,
    Person,
    Ticket,
    TicketStatus,
)
from tests.arrivals import on_each_database
from tests.console.browsing import SAM, Browser


def tickets(tx: Session, desk: Desk, count: int) -> None:
    """Tickets of a few kinds, one after the other."""
    for number in range(count):
        at = desk.now() - timedelta(minutes=count - number)
        person = Person(name=f"Person {number}", created_at=at)
        tx.add(person)
        tx.flush()
        tx.add(Identity(person_id=person.id, channel="mail", external_id=f"person{number}@example.com"))
        ticket = Ticket(
            channel="mail" if number % 2 else "slack",
            thread_key=f"t{number}",
            requester_id=person.id,
            subject=f"Question {number}",
            status=[TicketStatus.OPEN, TicketStatus.SOLVED, TicketStatus.HOLD][number % 3],
            priority="urgent" if number % 5 == 0 else "normal",
            owner=SAM if number % 4 == 0 else None,
            reply_to={},
            created_at=at,
            updated_at=at,
        )
        tx.add(ticket)
        tx.flush()
        said = f"My parcel {number:03} never came, 100% sure"
        tx.add(
            Message(
                ticket_id=ticket.id, direction=Direction.INBOUND, channel=ticket.channel, role="requester",
                person_id=person.id, text=said, sent_at=at, created_at=at,
            )
        )  # fmt: skip


async def seen(desk: Desk, wanted: Wanted) -> list[str]:
    """The subjects on all pages of a view, following the links between them."""
    subjects: list[str] = []
    for _ in range(200):
        found = await desk.db.read(lambda tx, wanted=wanted: find(tx, desk, wanted, SAM))  # type: ignore[misc]
        subjects += [row.ticket.subject for row in found.rows]
        if not found.next:
            return subjects
        wanted = Wanted(**{**{n: getattr(wanted, n) for n in wanted.__dataclass_fields__}, "after": found.next})
    raise AssertionError("the pages do not end")


def numbers(subjects: list[str]) -> list[int]:
    return [int(subject.split()[1]) for subject in subjects]


@on_each_database
async def test_pages_show_every_ticket_once_in_either_order(desk: Desk) -> None:
    await desk.db.write(partial(tickets, desk=desk, count=120))

    newest = numbers(await seen(desk, Wanted(list="all")))
    oldest = numbers(await seen(desk, Wanted(list="all", oldest_first=True)))

    assert newest == list(range(119, -1, -1))
    assert oldest == list(range(120))


VIEWS = {
    "open": (Wanted(), lambda n: n % 3 != 1),
    "done": (Wanted(list="done"), lambda n: n % 3 == 1),
    "mine": (Wanted(list="mine"), lambda n: n % 4 == 0 and n % 3 != 1),
    "on hold": (Wanted(list="waiting"), lambda n: n % 3 == 2),
    "mail": (Wanted(list="all", channel="mail"), lambda n: n % 2 == 1),
    "urgent": (Wanted(list="all", priority="urgent"), lambda n: n % 5 == 0),
    "the bot's": (Wanted(list="all", owner="bot"), lambda n: n % 4 != 0),
    "a person's in Slack": (Wanted(list="all", owner="person", channel="slack"), lambda n: n % 4 == 0),
    "words": (Wanted(list="all", words="parcel 017"), lambda n: n == 17),
    "a name": (Wanted(list="all", words="person 63"), lambda n: n == 63),
    "an address": (Wanted(list="all", words="person7@"), lambda n: n == 7),
    "a per cent sign is no wildcard": (Wanted(list="all", words="1%0"), lambda n: False),
    "nothing": (Wanted(list="all", words="zebra"), lambda n: False),
}


@on_each_database
async def test_each_view_shows_what_it_says(desk: Desk) -> None:
    await desk.db.write(partial(tickets, desk=desk, count=70))

    for name, (wanted, belongs) in VIEWS.items():
        assert numbers(await seen(desk, wanted)) == [n for n in range(69, -1, -1) if belongs(n)], name


async def test_a_search_goes_on_where_it_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are looked for in a portion of the tickets at a time."""
    monkeypatch.setattr(queue, "SEARCHED", 7)
    await desk.db.write(partial(tickets, desk=desk, count=40))

    for order in (False, True):
        found = numbers(await seen(desk, Wanted(list="all", words="parcel", oldest_first=order)))
        assert found == (list(range(40)) if order else list(range(39, -1, -1)))


async def test_a_ticket_somebody_asked_for_a_person_about_waits_for_one(desk: Desk) -> None:
    await desk.db.write(partial(tickets, desk=desk, count=4))
    first = (await desk.db.read(lambda tx: find(tx, desk, Wanted(oldest_first=True), SAM))).rows[0].ticket

    def ask(tx: Session) -> None:
        tx.add(Escalation(ticket_id=first.id, cause="c", reason="asked", created_at=desk.now()))

    await desk.db.write(ask)

    assert numbers(await seen(desk, Wanted(list="waiting"))) == [2, 0]


async def test_filters_stay_when_the_page_is_turned(desk: Desk, sam: Browser) -> None:
    await desk.db.write(partial(tickets, desk=desk, count=130))

    first = await sam.page("/console?list=all&channel=mail&words=parcel")
    second = await sam.page(first.links["Next page"])

    assert "Question 129" in first.text
    assert "Question 29" in second.text
    assert "Question 28" not in second.text
    assert second.forms[1].fields["words"] == "parcel"
    assert second.forms[1].fields["channel"] == "mail"


async def test_an_id_that_is_pasted_leads_there(desk: Desk, sam: Browser) -> None:
    await desk.db.write(partial(tickets, desk=desk, count=1))
    ticket = (await desk.db.read(lambda tx: find(tx, desk, Wanted(), SAM))).rows[0].ticket

    assert (await sam.get("/console", params={"words": ticket.id})).url.path == f"/console/tickets/{ticket.id}"


@pytest.mark.parametrize("query", ["list=x&channel=y&owner=z&priority=q", "after=%00", "words=%FF%00%5C%25_'"])
async def test_a_strange_address_is_no_error(desk: Desk, sam: Browser, query: str) -> None:
    await desk.db.write(partial(tickets, desk=desk, count=2))
    assert (await sam.get(f"/console?{query}")).status_code == 200
