"""Every hour each mailbox is held against our rows; and all stored mail can be read again to see what would change."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from click.testing import CliRunner
from imapclient import IMAPClient
from sqlmodel import Session, select

from bot.cli import cli
from bot.cursors import DeskCursor
from bot.desk import Desk
from bot.mail.census import check_mailboxes
from bot.mail.reparse import Difference, Report, differences, run_quarantined
from bot.sandbox.faults import Fault
from bot.sandbox.mail.client import MailTown
from bot.sandbox.process import Running, started
from bot.staff.escalations import close_escalation
from bot.steps.ingest import quarantine_delivery
from channels.base import Raw
from channels.mail.config import ImapConfig, MailConfig
from channels.mail.send import MailChannel
from storage.models import Delivery, Escalation, EscalationState, Event, MailName, Message, Outcome, Ticket
from tests.desks import hand_in, rows, settle, with_parts

ADDRESS = "support@desk.example"
ANNA = "anna@customer.example"


@pytest.fixture
async def world() -> AsyncIterator[Running]:
    async with started("bot.sandbox.mail") as running:
        yield running


@pytest.fixture
async def mail_town(world: Running) -> AsyncIterator[MailTown]:
    async with MailTown(world.url) as client:
        yield client


@pytest.fixture
def mail_desk(desk: Desk, world: Running) -> Desk:
    box = ImapConfig("127.0.0.1", world.ready["imap_port"], ADDRESS, world.ready["password"], tls="none", start="all")
    config = MailConfig(ADDRESS, "secret", imap={"main": box})
    return with_parts(desk, channels={"mail": MailChannel(config, cursor=DeskCursor(desk.db))})


async def reader_is_done_with(desk: Desk, uid: int) -> None:
    """What the reader would have saved: it is through with everything up to here."""
    channel = desk.channels["mail"]
    assert isinstance(channel, MailChannel)
    uidvalidity = (await channel.census("main")).uidvalidity
    await DeskCursor(desk.db).save("main", {"uidvalidity": uidvalidity, "uid": uid, "since": None})


async def test_mail_that_was_missed_is_taken_in_and_somebody_hears(mail_desk: Desk, mail_town: MailTown) -> None:
    for number in range(3):
        await mail_town.write(ANNA, ADDRESS, subject=f"Mail {number}", text="Where is my order?")
    await reader_is_done_with(mail_desk, 2)

    assert await check_mailboxes(mail_desk) == 2, "the third is the reader's, not missed"
    assert await check_mailboxes(mail_desk) == 0
    taken = [delivery.envelope["uid"] for delivery in await rows(mail_desk, Delivery)]
    assert taken == [1, 2]
    [escalation] = await rows(mail_desk, Escalation)
    assert escalation.reason == "Mail had been missed"
    assert "mail_missed" in [event.kind for event in await rows(mail_desk, Event)]


async def test_same_mail_twice_in_a_mailbox_is_no_difference(mail_desk: Desk, world: Running) -> None:
    raw = f"From: {ANNA}\r\nTo: {ADDRESS}\r\nSubject: Lamp\r\n\r\nBroken\r\n".encode()

    def append_twice() -> None:
        client = IMAPClient("127.0.0.1", world.ready["imap_port"], ssl=False)
        client.login(ADDRESS, world.ready["password"])
        for _ in range(2):
            client.append("INBOX", raw)
        client.logout()

    await asyncio.to_thread(append_twice)
    await reader_is_done_with(mail_desk, 2)
    assert [await check_mailboxes(mail_desk) for _ in range(3)] == [1, 0, 0]
    [delivery] = await rows(mail_desk, Delivery)
    assert delivery.receipts == 2, "and it is not fetched again and again"


async def test_mailbox_out_of_reach_is_left_for_the_next_hour(mail_desk: Desk, mail_town: MailTown) -> None:
    await reader_is_done_with(mail_desk, 0)
    await mail_town.fault("imap.login", Fault.RESET, times=5)
    assert await check_mailboxes(mail_desk) == 0


# ------------------------------------------------------------------ reading it all again


def raw(number: int, body: str = "Where is my order?", kind: str = "") -> Raw:
    more = f"Auto-Submitted: {kind}\r\n" if kind else ""
    text = f"From: {ANNA}\r\nTo: {ADDRESS}\r\nSubject: Lamp\r\nMessage-ID: <{number}@x>\r\n{more}\r\n{body}\r\n"
    return Raw("mail", f"smtp:{number}", "mail:x", text.encode(), {"transport": "smtp"})


async def found(desk: Desk) -> tuple[list[Difference], Report]:
    report = Report()
    return [difference async for difference in differences(desk, report)], report


async def change(desk: Desk, **kept: Any) -> None:
    """As if an older version had understood the only message like this."""

    def write(tx: Session) -> None:
        message = tx.exec(select(Message).where(Message.kind == "human", Message.role == "requester")).one()
        for name, value in kept.items():
            setattr(message, name, value)
        tx.add(message)

    await desk.db.write(write)


async def test_reading_again_what_is_understood_alike_reports_nothing(mail_desk: Desk) -> None:
    await hand_in(mail_desk, raw(1), raw(2, "My card is 4242 4242 4242 4242"), raw(3, kind="auto-replied"))
    await settle(mail_desk)
    assert await found(mail_desk) == ([], Report(read=3))


async def test_report_names_what_a_newer_parser_would_change_and_changes_nothing(mail_desk: Desk) -> None:
    await hand_in(mail_desk, raw(1))
    await settle(mail_desk)
    await change(mail_desk, text="Where is my order?\n> old", external_id="sha256:older")
    before = [message.model_dump() for message in await rows(mail_desk, Message)]
    differing, report = await found(mail_desk)
    assert {difference.what: difference.after for difference in differing}["text"] == "Where is my order?"
    assert {difference.what for difference in differing} == {"text", "same as"}
    assert (report.read, report.changed) == (1, 1)
    assert [message.model_dump() for message in await rows(mail_desk, Message)] == before


async def test_quarantined_mail_is_read_on_demand_and_its_card_asks_as_long_as_it_cannot_be_read(
    mail_desk: Desk,
) -> None:
    async def asked() -> tuple[EscalationState, str]:
        [about_it] = [one for one in await rows(mail_desk, Escalation) if one.cause == f"quarantine:{delivery.id}"]
        return about_it.state, about_it.summary

    await hand_in(mail_desk, raw(1))
    [delivery] = await rows(mail_desk, Delivery)
    await quarantine_delivery(mail_desk, delivery.id, "an older version could not")
    await mail_desk.db.write(lambda tx: close_escalation(tx, mail_desk, f"quarantine:{delivery.id}"))
    assert await run_quarantined(mail_desk) == 1
    await quarantine_delivery(mail_desk, delivery.id, "the next could not either")
    assert await asked() == (EscalationState.OPEN, "the next could not either")

    differing, _ = await found(mail_desk)
    assert [(one.what, one.after) for one in differing] == [("outcome", "can be read")]
    assert await run_quarantined(mail_desk) == 1
    await settle(mail_desk)

    assert [delivery.outcome for delivery in await rows(mail_desk, Delivery)] == [Outcome.MESSAGE]
    assert (await asked())[0] is EscalationState.CLOSED


def test_the_command_prints_a_line_for_each_difference(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_CONFIG", "/dev/null")
    monkeypatch.setenv("HELPDESK_DATABASE__URL", f"sqlite:///{tmp_path}/desk.db")
    monkeypatch.setenv("HELPDESK_MAIL__ADDRESS", ADDRESS)
    monkeypatch.setenv("HELPDESK_MAIL__SECRET", "secret")
    told = CliRunner().invoke(cli, ["mail", "reparse", "--json", "--run-quarantined"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.output.splitlines()[-1]) == {"read": 0, "gone": 0, "changed": 0, "run_again": 0}
    plain = CliRunner().invoke(cli, ["mail", "reparse"])
    assert "0 mails read, 0 would be understood differently." in plain.output


async def test_the_report_compares_who_was_proven_and_which_ticket_it_joins(mail_desk: Desk) -> None:
    await hand_in(mail_desk, raw(1))
    await settle(mail_desk)
    await change(mail_desk, trust=1)
    differing, _ = await found(mail_desk)
    assert [(one.what, one.before, one.after) for one in differing] == [("trust", "aligned_mail", "unknown")]

    await change(
        mail_desk, trust=0, facts={"author": ANNA, "auth": {"aligned": True, "from_domain": "customer.example"}}
    )
    differing, _ = await found(mail_desk)
    assert [(one.what, one.after) for one in differing] == [("trust", "aligned_mail")]


async def test_the_report_names_a_mail_that_would_join_another_ticket(mail_desk: Desk) -> None:
    await hand_in(mail_desk, raw(1))
    await settle(mail_desk)
    [ticket] = await rows(mail_desk, Ticket)

    def split(tx: Session) -> None:
        other = Ticket(**{**ticket.model_dump(), "id": "tkt_other", "thread_key": "mail:elsewhere"})
        tx.add(other)
        tx.flush()
        message = tx.exec(select(Message).where(Message.role == "requester")).one()
        message.ticket_id = other.id
        tx.add(message)
        for name in tx.exec(select(MailName)):
            tx.delete(name)

    await mail_desk.db.write(split)
    differing, _ = await found(mail_desk)
    assert [(one.what, one.before, one.after) for one in differing] == [("thread", "tkt_other", ticket.id)]
