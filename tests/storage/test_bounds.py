"""Whatever length or size comes from outside, the row is kept on both databases, and keys stay distinct."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from storage.models import Action, ActionState, Decision, Delivery, Event, Identity, Message, Person, Run, Ticket
from storage.models.conversation import Direction
from storage.open import Storage
from storage.types import bounded

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LONG = "x" * 4000


def _rows(tx: Session) -> None:
    person = Person(name=LONG, created_at=NOW)
    tx.add(person)
    tx.flush()
    ticket = Ticket(
        channel="mail", thread_key=LONG, requester_id=person.id, reply_to={}, created_at=NOW, updated_at=NOW
    )
    tx.add(ticket)
    tx.flush()
    tx.add(Identity(person_id=person.id, channel="mail", external_id=f"{LONG}@example.com"))
    tx.add(Delivery(channel="slack", key=f"{LONG}1", lane=LONG, body=b"", envelope={}, received_at=NOW))
    tx.add(Delivery(channel="slack", key=f"{LONG}2", lane=LONG, body=b"", envelope={}, received_at=NOW))
    tx.add(Event(at=NOW, actor=LONG, kind=LONG, subject_id=f"act_{LONG}", data={"said": LONG}))
    tx.add(Decision(source=LONG, verb=LONG, by=LONG, won=False, answer=LONG, at=NOW))
    text = {"role": "requester", "text": LONG, "kind": LONG, "sent_at": NOW, "created_at": NOW}
    tx.add(Message(ticket_id=ticket.id, direction=Direction.INBOUND, channel="mail", external_id=LONG, **text))


async def test_text_of_any_length_is_kept_and_found_again_by_the_same_text(storage: Storage) -> None:
    await storage.db.write(_rows)

    def look(tx: Session) -> list[str]:
        one = tx.exec(select(Delivery).where(Delivery.key == f"{LONG}1")).one()
        assert tx.exec(select(Ticket).where(Ticket.thread_key == LONG)).one().thread_key.startswith("xxx")
        assert tx.exec(select(Message).where(Message.external_id == LONG)).one().text == LONG
        assert tx.exec(select(Identity.external_id).where(Identity.external_id == f"{LONG}@example.com")).one()
        assert tx.exec(select(Event)).one().data == {"said": LONG}
        return [one.key, *tx.exec(select(Delivery.key))]

    found = await storage.db.read(look)
    assert len(set(found)) == 2
    assert {len(key) for key in found} == {255}


async def test_amounts_and_counters_above_32_bits_are_kept(storage: Storage) -> None:
    much = 9_000_000_000_000  # ninety billion dollars, or a medium amount in a currency with many zeros

    def add(tx: Session) -> None:
        person = Person(created_at=NOW)
        tx.add(person)
        tx.flush()
        times = {"created_at": NOW, "updated_at": NOW}
        ticket = Ticket(channel="slack", thread_key="1", requester_id=person.id, reply_to={}, **times)
        tx.add(ticket)
        tx.flush()
        text = {"role": "requester", "text": "Hello", "sent_at": NOW, "created_at": NOW}
        tx.add(Message(id="m", ticket_id=ticket.id, direction=Direction.INBOUND, channel="slack", **text))
        tx.flush()
        tx.add(Run(ticket_id=ticket.id, newest_message_id="m", started_at=NOW, input_tokens=much, cost_micros=much))
        kept = {"terms": {}, "terms_hash": "0" * 64, "facts": {}, "verdict": {}, "state": ActionState.PENDING}
        tx.add(Action(ticket_id=ticket.id, kind="refund", amount_minor=much, created_at=NOW, **kept))

    await storage.db.write(add)

    assert await storage.db.read(lambda tx: tx.exec(select(Action.amount_minor)).one()) == much
    assert await storage.db.read(lambda tx: tx.exec(select(Run.cost_micros)).one()) == much


@pytest.mark.parametrize("length", [3, 16, 64, 255])
def test_a_shortened_text_keeps_its_beginning_and_stays_different(length: int) -> None:
    one, other = bounded("begin" + LONG + "1", length), bounded("begin" + LONG + "2", length)

    assert len(one) == len(other) == length
    assert bounded("short"[:length], length) == "short"[:length]
    if length > 16:
        assert one != other
        assert one.startswith("begin")
