"""Stored bytes become one clear value: who wrote, how well that is proven, which ticket, and where an answer may go."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from mail_doors import ADDRESS, CONFIG

from channels.base import Echo, Raw, Trust, Unreadable, Wrote
from channels.mail.send import MailChannel
from channels.mail.tokens import bounce_address, message_id, ticket_address

RECEIVED = "2026-03-04T10:00:00+00:00"
PASSED = "Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example\r\n"


def raw(*headers: str, body: str = "It is broken.", proof: str = "", envelope: Mapping[str, Any] | None = None) -> Raw:
    named = {line.partition(":")[0].lower() for line in headers}
    usual = {
        "from": "From: Anna <Anna@Customer.example>",
        "to": f"To: {ADDRESS}",
        "subject": "Subject: Lamp",
        "message-id": "Message-ID: <q1@customer.example>",
        "date": "Date: Wed, 4 Mar 2026 09:59:00 +0000",
    }
    lines = [*headers, *(line for name, line in usual.items() if name not in named)]
    content = proof + "\r\n".join(line for line in lines if line.partition(":")[2]) + "\r\n\r\n" + body + "\r\n"
    return Raw("mail", "k", "mail:x", content.encode(), {"received_at": RECEIVED, **(envelope or {})})


async def read(one: Raw) -> Wrote:
    wrote = await MailChannel(CONFIG).read(one)
    assert isinstance(wrote, Wrote)
    json.dumps([dict(wrote.reply_to), dict(wrote.facts)])
    return wrote


async def test_first_mail_opens_its_own_thread() -> None:
    wrote = await read(raw())
    assert (wrote.author.external_id, wrote.author.name) == ("anna@customer.example", "Anna")
    assert (wrote.text, wrote.subject, wrote.kind) == ("It is broken.", "Lamp", "human")
    assert wrote.thread_key == "mail:q1@customer.example:anna@customer.example"
    assert wrote.facts["message_id"] == "q1@customer.example"
    assert wrote.sent_at == datetime(2026, 3, 4, 9, 59, tzinfo=UTC)
    assert (wrote.ticket_hint, wrote.references) == (None, ())


async def test_second_mail_before_any_answer_has_the_same_thread() -> None:
    second = await read(
        raw(
            "Message-ID: <q2@customer.example>",
            "In-Reply-To: <q1@customer.example>",
            "References: <q1@customer.example>",
        )
    )
    assert second.thread_key == (await read(raw())).thread_key
    assert second.references == ("q1@customer.example",)


async def test_two_people_who_answer_one_newsletter_stay_apart() -> None:
    anna = await read(raw("References: <news@desk.example>"))
    ben = await read(raw("References: <news@desk.example>", "From: ben@other.example"))
    assert anna.thread_key != ben.thread_key


async def test_same_mail_through_two_doors_is_one_and_other_words_are_another() -> None:
    by_smtp = await read(raw())
    by_imap = await read(
        raw("Return-Path: <anna@customer.example>", "Received: from a by b", "Delivered-To: x@y.example")
    )
    assert by_smtp.external_id == by_imap.external_id
    others = [
        raw(body="Other words"),
        raw("Message-ID: <q2@customer.example>"),
        raw("From: ben@customer.example"),
        raw("Message-ID:", "Date: Wed, 4 Mar 2026 09:58:00 +0000"),
        raw("Message-ID:", "Date: Wed, 4 Mar 2026 09:57:00 +0000"),
    ]
    ids = {by_smtp.external_id} | {(await read(other)).external_id for other in others}
    assert len(ids) == 6


async def test_references_are_newest_first() -> None:
    wrote = await read(raw("In-Reply-To: <c@x.example>", "References: <a@x.example> <b@x.example> <c@x.example>"))
    assert wrote.references == ("c@x.example", "b@x.example", "a@x.example")


OURS = message_id(CONFIG, "tkt_7", "msg_7")
PLUS = ticket_address(CONFIG, "tkt_7")


@pytest.mark.parametrize(
    ("headers", "envelope"),
    [
        ([f"To: {PLUS}"], {}),
        ([f"Cc: Desk <{PLUS.upper()}>"], {}),
        ([f"Delivered-To: {PLUS}"], {}),
        ([f"X-Original-To: {PLUS}"], {}),
        ([], {"rcpt_to": [PLUS]}),
        ([f"In-Reply-To: <{OURS}>"], {}),
        ([f"References: <x@y.example> <{OURS}> <z@y.example>"], {}),
    ],
)
async def test_token_of_ours_names_the_ticket_wherever_it_stands(headers: list[str], envelope: dict[str, Any]) -> None:
    assert (await read(raw(*headers, envelope=envelope))).ticket_hint == "tkt_7"


async def test_forged_token_names_nothing() -> None:
    forged = PLUS.replace("tkt_7", "tkt_8")
    wrote = await read(raw(f"To: {forged}", f"In-Reply-To: <{OURS.replace('tkt_7', 'tkt_8')}>", f"X-Ticket: {PLUS}"))
    assert wrote.ticket_hint is None


async def test_sender_is_proven_only_by_our_border() -> None:
    elsewhere = PASSED.replace("mx.desk.example", "mx.evil.example")
    failed = PASSED.replace("dmarc=pass", "dmarc=fail")
    foreign = PASSED.replace("header.from=customer.example", "header.from=evil.example")
    assert (await read(raw(proof=PASSED))).author.trust is Trust.ALIGNED_MAIL
    for proof in ("", elsewhere, failed, foreign):
        assert (await read(raw(proof=proof))).author.trust is Trust.UNKNOWN
    two = raw("From: anna@customer.example, ben@customer.example", proof=PASSED)
    assert (await read(two)).author.trust is Trust.UNKNOWN


async def test_strangers_in_copy_are_written_to_only_when_the_sender_is_proven() -> None:
    headers = [
        f"To: {ADDRESS}, cleo@customer.example",
        f"Cc: Ben@Customer.example, {PLUS}, {bounce_address(CONFIG, 'm')}",
    ]
    proven = await read(raw(*headers, proof=PASSED))
    assert proven.reply_to["cc"] == ["cleo@customer.example", "ben@customer.example"]
    unproven = await read(raw(*headers))
    assert (unproven.reply_to["to"], unproven.reply_to["cc"]) == ("anna@customer.example", [])


async def test_reply_to_is_followed_only_inside_the_proven_domain() -> None:
    inside, outside = "Reply-To: team@customer.example", "Reply-To: evil@elsewhere.example"
    assert (await read(raw(inside, proof=PASSED))).reply_to["to"] == "team@customer.example"
    assert (await read(raw(inside))).reply_to["to"] == "anna@customer.example"
    wrote = await read(raw(outside, proof=PASSED))
    assert wrote.reply_to["to"] == "anna@customer.example"
    assert wrote.facts["reply_to"] == ["evil@elsewhere.example"], "staff can see it"


async def test_bounce_names_the_reply_that_did_not_arrive() -> None:
    report = raw(
        "From: MAILER-DAEMON@customer.example",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        body=f"<anna@customer.example>: 550 5.1.1 no such user\r\n\r\nMessage-ID: <{OURS}>",
        envelope={"mail_from": "", "rcpt_to": [bounce_address(CONFIG, "msg_7")]},
    )
    wrote = await read(report)
    assert wrote.kind == "bounce"
    assert wrote.facts["bounced_message"] == "msg_7"
    assert wrote.ticket_hint == "tkt_7"


async def test_automatic_mail_is_no_human() -> None:
    assert (await read(raw("Auto-Submitted: auto-replied"))).kind == "auto_reply"


async def test_our_own_mail_coming_back_proves_it_was_sent() -> None:
    own = raw(f"From: {ADDRESS}", f"Message-ID: <{OURS}>")
    assert await MailChannel(CONFIG).read(own) == Echo(marker="msg_7", external_id=OURS)
    stranger = raw(f"Message-ID: <{OURS}>")
    assert (await read(stranger)).kind == "human", "somebody else who uses our id is not us"
    without_token = raw(f"From: {ADDRESS}")
    assert (await read(without_token)).kind == "own"


async def test_clock_of_the_sender_is_not_believed_when_it_cannot_be_right() -> None:
    arrived = datetime.fromisoformat(RECEIVED)
    for date in ("Date: Thu, 4 Mar 2038 09:59:00 +0000", "Date: Thu, 1 Jan 1970 00:00:00 +0000", "Date: yesterday"):
        assert (await read(raw(date))).sent_at == arrived


async def test_nul_and_broken_characters_do_not_reach_the_database() -> None:
    wrote = await read(raw("Subject: a\0b", "In-Reply-To: <a\0b@x.example>", body="x\0y"))
    text = json.dumps([wrote.subject, wrote.text, wrote.full_text, wrote.references, dict(wrote.facts)])
    assert "\\u0000" not in text
    assert "\\ud8" not in text


async def test_long_ids_still_fit_a_thread_key() -> None:
    wrote = await read(raw(f"References: <{'x' * 600}@customer.example>"))
    assert len(wrote.thread_key) <= 400


async def test_mail_that_was_too_big_is_still_somebody_s_mail() -> None:
    wrote = await read(raw(body="", envelope={"complete": False, "size": 10**8}))
    assert "too_big" in wrote.flags
    assert wrote.author.external_id == "anna@customer.example"


async def test_what_cannot_be_anybody_s_mail_is_kept_for_a_person() -> None:
    with pytest.raises(Unreadable):
        await MailChannel(CONFIG).read(Raw("mail", "k", "l", b"", {}))
    with pytest.raises(Unreadable, match="sender"):
        await MailChannel(CONFIG).read(raw("From:"))
    wrote = await read(raw("From:", envelope={"mail_from": "anna@customer.example"}))
    assert wrote.author.external_id == "anna@customer.example"


async def test_attachments_are_named_with_their_content_hash() -> None:
    body = (
        '--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n--b\r\nContent-Type: text/csv; name="a.csv"\r\n'
        'Content-Disposition: attachment; filename="a.csv"\r\n\r\n1,2\r\n--b--'
    )
    wrote = await read(raw("MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', body=body))
    [attachment] = wrote.attachments
    assert attachment.filename == "a.csv"
    assert len(attachment.sha256) == 64
    assert attachment.source == {"attachment": 0}


FORWARDED = """Can you help her?

---------- Forwarded message ---------
From: Cleo Customer <cleo@shop.example>
Date: Wed, Mar 4, 2026 at 9:00 AM
Subject: My lamp
To: Ben <ben@customer.example>

The lamp is broken.
""".replace("\n", "\r\n")


async def read_forwarded(*staff: str, proof: str = PASSED) -> Wrote:
    config = replace(CONFIG, staff=staff)
    wrote = await MailChannel(config).read(raw("Subject: Fwd: My lamp", body=FORWARDED, proof=proof))
    assert isinstance(wrote, Wrote)
    return wrote


@pytest.mark.parametrize("staff", ["anna@customer.example", "customer.example"])
async def test_what_a_colleague_forwards_is_the_customer_s_mail_and_proves_nothing(staff: str) -> None:
    wrote = await read_forwarded(staff)
    assert (wrote.author.external_id, wrote.author.name) == ("cleo@shop.example", "Cleo Customer")
    assert wrote.author.trust is Trust.UNKNOWN
    assert (wrote.text.strip(), wrote.subject) == ("The lamp is broken.", "My lamp")
    assert (wrote.reply_to["to"], wrote.reply_to["cc"]) == ("cleo@shop.example", [])
    assert "forwarded_by_staff" in wrote.flags
    assert wrote.facts["forwarded_by"] == "anna@customer.example"


async def test_what_a_customer_or_a_forged_colleague_forwards_is_their_own_mail() -> None:
    theirs = await read_forwarded()
    assert theirs.author.external_id == "anna@customer.example"
    assert theirs.facts["passes_on"], "so that the team reads what was passed on"
    assert "The lamp is broken." in theirs.full_text
    forged = await read_forwarded("customer.example", proof="")
    assert forged.author.external_id == "anna@customer.example"


async def test_mailboxes_need_a_cursor() -> None:
    from channels.mail.config import ImapConfig

    with pytest.raises(ValueError, match="cursor"):
        MailChannel(replace(CONFIG, imap={"main": ImapConfig("h", 1, "u", "p")}))
