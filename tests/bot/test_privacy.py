"""An erased person is found nowhere: not in a row, not in a byte of the file, not in an attachment, not in the log."""

import base64
import json
import re
from typing import Any

import pytest
from sqlmodel import Session, select

from bot.audit import record, seal_events, verify
from bot.cli.privacy import rewrite
from bot.deliveries import keep
from bot.desk import Desk
from bot.numbers.certificate import certify
from bot.privacy.columns import COLUMNS, DELETED, NOBODYS
from bot.privacy.erase import OpenBusiness, anonymise_person, erase_person_forever
from bot.privacy.export import export_person
from bot.privacy.reach import Unknown
from channels.base import AttachmentIn, Author, Raw, Role, Trust, Wrote
from storage.erasure import tables
from storage.models import (
    Action,
    ActionState,
    Attachment,
    Blob,
    Delivery,
    Event,
    KnowledgeProposal,
    Message,
    Outcome,
    Ticket,
)
from tests.arrivals import door, letter, on_each_database
from tests.desks import hand_in, rows, settle

WANDA = Author(
    "wanda.walrus@walrus.example",
    "Wanda Walrus",
    Role.REQUESTER,
    Trust.ALIGNED_MAIL,
    email="wanda.walrus@walrus.example",
)
OTTO = Author("otto@otter.example", "Otto Otter", Role.REQUESTER, Trust.ALIGNED_MAIL, email="otto@otter.example")
SECRET = "My purple harpsichord has lost seven of its keys"
TRACES = ("walrus", "wanda", "harpsichord", "purple", "tusk-photo")
"""Words that only Wanda brought into this desk."""


async def post(desk: Desk, key: str, meaning: Wrote, body: bytes) -> None:
    door(desk, "mail").meanings[key] = meaning
    await hand_in(desk, Raw("mail", key, "lane", body, {"mail_from": meaning.author.external_id}))


def from_wanda(desk: Desk, thread: str, number: str, text: str, **more: Any) -> tuple[Wrote, bytes]:
    raw = f"From: Wanda Walrus <wanda.walrus@walrus.example>\r\nSubject: {SECRET}\r\n\r\n{text}".encode()
    return letter(desk, thread, number, text, by=WANDA, subject=SECRET, **more), raw


@pytest.fixture
async def lived_in(desk: Desk) -> Desk:
    """A desk where Wanda and Otto wrote, staff wrote notes, money moved, and everything left its traces."""
    photo = AttachmentIn("tusk-photo.png", "image/png", 3, "a" * 64)
    await post(
        desk,
        "w1",
        *from_wanda(
            desk, "walrus-thread", "<1@walrus.example>", f"{SECRET}. Can I talk to a person?", attachments=(photo,)
        ),
    )
    await post(desk, "w2", *from_wanda(desk, "walrus-two", "<2@walrus.example>", "Where is my order NW-1001? Wanda"))
    await post(
        desk, "o1", letter(desk, "otter", "<3@otter.example>", "Where is my order NW-1002?", by=OTTO), b"From: otto"
    )
    await settle(desk)
    await desk.db.write(lambda tx: leave_traces(tx, desk))
    await desk.db.write(lambda tx: seal_events(tx, desk))
    return desk


def leave_traces(tx: Session, desk: Desk) -> None:
    """Everything else the program may write about somebody."""
    ticket = tx.exec(select(Ticket).where(Ticket.thread_key == "walrus-thread")).one()
    other = tx.exec(select(Ticket).where(Ticket.thread_key == "otter")).one()
    tx.add(Blob(sha256="a" * 64, body=b"a walrus photo", size=14, created_at=desk.now()))
    tx.add(KnowledgeProposal(source="k", ticket_id=ticket.id, text=f"How to answer: {SECRET}", by="U1", at=desk.now()))
    tx.add(_refund(desk, ticket))
    tx.add(
        Message(
            ticket_id=other.id,
            direction="internal",
            channel="mail",
            role="staff",
            text=f"Same as Wanda Walrus: {SECRET}",
            full_text="",
            facts={"note": "wanda.walrus@walrus.example"},
            sent_at=desk.now(),
            created_at=desk.now(),
        )
    )
    record(tx, desk, "wanda.walrus@walrus.example", "edited", "msg_x", {"before": SECRET})
    record(tx, desk, "U1", "noted", other.id, {"text": "compare with wanda.walrus@walrus.example"})


def _refund(desk: Desk, ticket: Ticket) -> Action:
    return Action(
        ticket_id=ticket.id,
        kind="refund",
        customer_id="cus_walrus",
        terms={"payment_ref": "ch_1", "amount_minor": 4200},
        terms_hash="t" * 64,
        facts={"customer": "Wanda Walrus"},
        verdict={"rule": "staff"},
        reason=f"She says: {SECRET}",
        amount_minor=4200,
        currency="USD",
        state=ActionState.DONE,
        decided_by="T/U1",
        result={"refund": "re_1"},
        created_at=desk.now(),
        ended_at=desk.now(),
    )


async def erase(desk: Desk, who: str = "wanda.walrus@walrus.example") -> dict[str, int]:
    return await desk.db.write(lambda tx: erase_person_forever(tx, desk, who, by="cli/operator"))


async def everything(desk: Desk) -> str:
    """Every value of every column of every table, bytes too, as one text."""

    def look(tx: Session) -> str:
        told = []
        for table in tables().values():
            for row in tx.execute(table.select()).mappings():
                for value in row.values():
                    told.append(
                        value.decode("utf-8", "replace") if isinstance(value, bytes) else json.dumps(value, default=str)
                    )
        return "\n".join(told)

    return await desk.db.read(look)


def traces_in(text: str) -> list[str]:
    return [trace for trace in TRACES if re.search(trace, text, re.IGNORECASE)]


@on_each_database
async def test_the_desk_is_full_of_her_before(lived_in: Desk) -> None:
    assert traces_in(await everything(lived_in)) == list(TRACES)


@on_each_database
async def test_no_row_of_any_table_knows_her_afterwards(lived_in: Desk) -> None:
    counts = await erase(lived_in)
    await settle(lived_in)

    assert traces_in(await everything(lived_in)) == []
    assert counts["message"] >= 2
    assert counts["blob"] == 1


async def test_no_byte_of_any_file_knows_her_afterwards(lived_in: Desk) -> None:
    await erase(lived_in)
    await settle(lived_in)
    folder = lived_in.db.file.parent
    rewrite(
        lived_in.settings.model_copy(
            update={"database": lived_in.settings.database.model_copy(update={"url": f"sqlite:///{lived_in.db.file}"})}
        )
    )

    found = {
        file.name: traces_in(file.read_bytes().decode("latin-1"))
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }

    assert lived_in.db.file.name in found
    assert {name: traces for name, traces in found.items() if traces} == {}


async def test_the_money_ledger_stays_under_a_pseudonym(lived_in: Desk) -> None:
    await erase(lived_in)

    refund = next(action for action in await rows(lived_in, Action) if action.kind == "refund")
    assert (refund.amount_minor, refund.currency, refund.state, refund.result) == (
        4200,
        "USD",
        ActionState.DONE,
        {"refund": "re_1"},
    )
    assert refund.terms == {"payment_ref": "ch_1", "amount_minor": 4200}
    assert refund.customer_id.startswith("erased-")


async def test_others_lose_nothing(lived_in: Desk) -> None:
    before = {m.id: (m.text, m.external_id) for m in await rows(lived_in, Message) if "NW-1002" in m.text}
    await erase(lived_in)

    after = {m.id: (m.text, m.external_id) for m in await rows(lived_in, Message)}
    assert before
    assert {key: after[key] for key in before} == before
    assert (await lived_in.db.read(lambda tx: export_person(tx, lived_in, "otto@otter.example")))["message"]


@pytest.mark.parametrize("desk_settings", [{"slack": {"app_token": "xapp-1-sealing"}}], indirect=True)
async def test_what_lies_sealed_in_quarantine_is_handed_out_and_erased_as_well(lived_in: Desk) -> None:
    def leave_sealed(tx: Session) -> None:
        keep(tx, lived_in, Raw("slack", "Ev9", "lane", b'{"text": "Wanda Walrus asks"}', {}))
        kept = tx.exec(select(Delivery).where(Delivery.key == "Ev9")).one()
        kept.outcome, kept.done_at = Outcome.QUARANTINED, lived_in.now()

    await lived_in.db.write(leave_sealed)
    told = await lived_in.db.read(lambda tx: export_person(tx, lived_in, "wanda.walrus@walrus.example"))
    bodies = [base64.b64decode(row["body"]["base64"]) for row in told["delivery"]]
    await erase(lived_in)

    assert b'{"text": "Wanda Walrus asks"}' in bodies
    assert [delivery.body for delivery in await rows(lived_in, Delivery) if b"sealed" in delivery.body] == []


async def test_the_audit_log_is_still_whole_and_says_that_somebody_was_erased(lived_in: Desk) -> None:
    await erase(lived_in)
    await lived_in.db.write(lambda tx: seal_events(tx, lived_in))

    found = await lived_in.db.read(verify)

    assert found.whole, found.breaks
    assert found.erased > 0
    assert "erased_person" in {event.kind for event in await rows(lived_in, Event)}


async def test_everything_is_still_accounted_for(lived_in: Desk) -> None:
    await erase(lived_in)
    await settle(lived_in)

    assert (await lived_in.db.read(lambda tx: certify(tx, lived_in.jobs, lived_in.now(), days=1))).balanced


async def test_nothing_more_is_sent_to_her(lived_in: Desk) -> None:
    await post(lived_in, "w3", *from_wanda(lived_in, "walrus-two", "<4@walrus.example>", "And my other order NW-1003?"))
    sent = len(door(lived_in, "mail").sent)
    from tests.arrivals import understood

    await understood(lived_in)
    await erase(lived_in)
    await settle(lived_in)

    assert len(door(lived_in, "mail").sent) == sent


async def test_money_that_is_on_its_way_comes_first(lived_in: Desk) -> None:
    def reopen(tx: Session) -> None:
        action = tx.exec(select(Action)).first()
        assert action is not None
        action.state = ActionState.PENDING
        tx.add(action)

    await lived_in.db.write(reopen)

    with pytest.raises(OpenBusiness, match="act_"):
        await erase(lived_in)
    assert traces_in(await everything(lived_in)) == list(TRACES), "nothing was half erased"


async def test_a_name_nobody_has_is_an_error_and_no_erasure(lived_in: Desk) -> None:
    with pytest.raises(Unknown, match="psn_"):
        await erase(lived_in, "nobody@nowhere.example")


async def test_anonymising_keeps_the_conversation_and_makes_it_nobodys(lived_in: Desk) -> None:
    await lived_in.db.write(lambda tx: anonymise_person(tx, lived_in, "wanda.walrus@walrus.example", by="cli/operator"))

    left = await everything(lived_in)
    strays = [line for line in left.splitlines() if set(traces_in(line)) - {"harpsichord", "purple"}]
    assert strays == []
    assert any(SECRET in message.text for message in await rows(lived_in, Message))
    assert all(
        delivery.body == b""
        for delivery in await rows(lived_in, Delivery)
        if b"" in delivery.body and delivery.key in ("w1", "w2")
    )


async def test_an_export_holds_what_is_hers_and_nothing_of_staffs_notes(lived_in: Desk) -> None:
    told = await lived_in.db.read(lambda tx: export_person(tx, lived_in, "wanda.walrus@walrus.example"))

    text = json.dumps(told)
    assert SECRET in text
    assert told["known_as"] == ["wanda.walrus@walrus.example", "Wanda Walrus"]
    raw = base64.b64decode(told["delivery"][0]["body"]["base64"])
    assert b"From: Wanda Walrus" in raw
    assert "Same as Wanda" not in text
    assert "NW-1002" not in text, "that is Otto's"


async def test_a_slack_id_is_enough_to_find_somebody(desk: Desk) -> None:
    from tests.desks import write

    await write(desk, "T1", "1", "Where is my order NW-1001?")
    await settle(desk)

    told = await desk.db.read(lambda tx: export_person(tx, desk, "U0ALICE"))

    assert told["known_as"][:2] == ["T0ACME/U0ALICE", "U0ALICE"]


def test_for_every_column_somebody_decided_what_becomes_of_it() -> None:
    undecided = []
    for name, table in tables().items():
        columns = {column.name for column in table.columns}
        if name in COLUMNS:
            undecided += [f"{name}.{column}" for column in columns ^ COLUMNS[name].keys()]
        elif name not in NOBODYS | DELETED:
            undecided.append(name)
    assert undecided == [], "say in bot/privacy/columns.py whether it is personal"


async def test_one_attachment_two_people_sent_stays_with_the_other(lived_in: Desk) -> None:
    other = next(m for m in await rows(lived_in, Message) if "NW-1002" in m.text)

    def share(tx: Session) -> None:
        tx.add(Attachment(message_id=other.id, filename="mine.png", content_type="image/png", size=3, sha256="a" * 64))
        blob = tx.get_one(Blob, "a" * 64)
        blob.body = b"the same photo"
        tx.add(blob)

    await lived_in.db.write(share)
    await erase(lived_in)

    assert [blob.body for blob in await rows(lived_in, Blob)] == [b"the same photo"]
