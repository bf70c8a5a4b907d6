"""The promises a unique constraint keeps, under any race and whatever the code above believes."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from storage.models import (
    Action,
    ActionState,
    Card,
    Decision,
    Delivery,
    Direction,
    Escalation,
    Identity,
    Message,
    Person,
    Run,
    Step,
    StepKind,
    Tick,
    Ticket,
)
from storage.open import Storage

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PERSON, TICKET, ASKED, RUN = "psn_1", "tkt_1", "msg_1", "run_1"


def _delivery() -> Delivery:
    return Delivery(channel="slack", key="T0:Ev1", lane="C1", body=b"{}", envelope={}, received_at=NOW)


def _message(**more: object) -> Message:
    words = {"direction": Direction.INBOUND, "channel": "slack", "role": "requester", "text": "Hello"}
    return Message(**{**words, "ticket_id": TICKET, "sent_at": NOW, "created_at": NOW, **more})


def _ticket(**more: object) -> Ticket:
    where = {"channel": "slack", "thread_key": "T0:C1:1.0", "reply_to": {}}
    return Ticket(**{**where, "requester_id": PERSON, "created_at": NOW, "updated_at": NOW, **more})


def _action() -> Action:
    return Action(
        ticket_id=TICKET,
        kind="refund",
        open_key="refund:ch_1",
        terms={},
        terms_hash="0" * 64,
        facts={},
        verdict={},
        state=ActionState.PENDING,
        created_at=NOW,
    )


TWINS: dict[str, Callable[[], SQLModel]] = {
    "a delivery handed in twice": _delivery,
    "a conversation with two tickets": _ticket,
    "a message through two events": lambda: _message(external_id="T0:C1:2.0"),
    "a reply said twice for one cause": lambda: _message(cause="answer:run_1", direction=Direction.OUTBOUND),
    "two open refunds of one charge": _action,
    "two runs over the same messages": lambda: Run(ticket_id=TICKET, newest_message_id="msg_2", started_at=NOW),
    "a model call paid twice": lambda: Step(run_id=RUN, kind=StepKind.MODEL, request_hash="a", n=0, data={}, at=NOW),
    "a click that counts twice": lambda: Decision(source="dlv_1", verb="approve", by="U1", won=True, at=NOW),
    "a person fetched twice for one trouble": lambda: Escalation(cause="run:1", reason="why", created_at=NOW),
    "two cards for one subject": lambda: Card(subject_id="act_1", created_at=NOW),
    "two people under one identity": lambda: Identity(person_id=PERSON, channel="slack", external_id="T0/U1"),
    "a slot that ticks twice": lambda: Tick(name="expire", slot="2026-05-04T12:00:00Z", at=NOW),
}


def _world(tx: Session) -> None:
    tx.add(Person(id=PERSON, created_at=NOW))
    tx.flush()
    tx.add(_ticket(id=TICKET, thread_key="another"))
    tx.flush()
    tx.add(_message(id=ASKED, external_id="T0:C1:1.0"))
    tx.flush()
    tx.add(Run(id=RUN, ticket_id=TICKET, newest_message_id=ASKED, started_at=NOW))
    tx.add(_message(id="msg_2", external_id="T0:C1:1.5"))


@pytest.mark.parametrize("promise", list(TWINS))
async def test_the_database_itself_refuses(storage: Storage, promise: str) -> None:
    make = TWINS[promise]
    first, twin = make(), make()
    await storage.db.write(_world)
    await storage.db.write(lambda tx: tx.add(first))

    with pytest.raises(IntegrityError):
        await storage.db.write(lambda tx: tx.add(twin))


async def test_an_action_that_is_over_makes_room_for_the_next(storage: Storage) -> None:
    over = _action()
    over.open_key = None
    await storage.db.write(_world)
    await storage.db.write(lambda tx: tx.add(over))
    again = _action()
    again.open_key = None
    await storage.db.write(lambda tx: tx.add_all([again, _action()]))
