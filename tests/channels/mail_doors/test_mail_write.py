"""A reply becomes the same bytes every time, threads in every client, and says nothing the text did not."""

import email
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_doors import CONFIG

from channels.base import Reply
from channels.mail.parse import cut_html, cut_reply
from channels.mail.tokens import read_bounce_address, read_message_id, read_ticket_address, separator
from channels.mail.write import NoRecipient, reply_subject, thread_references, write_mail

TO = {
    "to": "anna@customer.example",
    "cc": ["ben@customer.example"],
    "subject": "Lamp",
    "message_id": "q@customer.example",
}
REPLY = Reply(
    key="msg_1",
    ticket_id="tkt_1",
    to=TO,
    text="Hello **Anna**,\n\nit is on its way.",
    created_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
)


def parsed(reply: Reply) -> EmailMessage:
    message = email.message_from_bytes(write_mail(CONFIG, reply).content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body(reply: Reply, kind: str) -> str:
    part = parsed(reply).get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_every_rebuild_has_the_same_bytes_in_every_process() -> None:
    assert write_mail(CONFIG, REPLY) == write_mail(CONFIG, REPLY)
    elsewhere = replace(REPLY, created_at=REPLY.created_at.astimezone(timezone(timedelta(hours=5))))
    assert write_mail(CONFIG, elsewhere).content == write_mail(CONFIG, REPLY).content
    program = (
        "import hashlib, test_mail_write as t;"
        "print(hashlib.sha256(t.write_mail(t.CONFIG, t.REPLY).content).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_headers_thread_and_name_us() -> None:
    message = parsed(replace(REPLY, in_reply_to="q@customer.example", references=("a@x.example", "q@customer.example")))
    assert message["From"] == "Desk <support@desk.example>"
    assert (message["To"], message["Cc"]) == ("anna@customer.example", "ben@customer.example")
    assert message["Subject"] == "Re: Lamp"
    assert message["Date"] == "Wed, 04 Mar 2026 05:06:07 +0000"
    assert message["In-Reply-To"] == "<q@customer.example>"
    assert message["References"] == "<a@x.example> <q@customer.example>"
    token = read_message_id(CONFIG, message["Message-ID"])
    assert token is not None
    assert (token.ticket_id, token.key) == ("tkt_1", "msg_1")
    assert read_ticket_address(CONFIG, message["Reply-To"]) == "tkt_1"
    assert read_bounce_address(CONFIG, write_mail(CONFIG, REPLY).sender) == "msg_1"
    assert write_mail(CONFIG, REPLY, verp=False).sender == CONFIG.address


def test_thread_of_the_first_mail_is_used_when_the_reply_names_none() -> None:
    message = parsed(replace(REPLY, to={**TO, "references": ["r@x.example"]}))
    assert message["In-Reply-To"] == "<q@customer.example>"
    assert message["References"] == "<r@x.example> <q@customer.example>"


def test_ids_that_are_no_message_ids_are_left_out() -> None:
    message = parsed(replace(REPLY, in_reply_to="sha256:abcdef", references=("sha256:1", "a@b>\r\nBcc: x@y", "ok@x")))
    assert message["In-Reply-To"] == "<q@customer.example>"
    assert message["References"] == "<ok@x> <q@customer.example>"
    assert "Bcc" not in message


def test_long_threads_keep_the_first_and_the_last_nine() -> None:
    ids = [f"{n}@x.example" for n in range(30)]
    kept = thread_references(ids)
    assert kept == (ids[0], *ids[-9:])
    assert thread_references(["<a@x>", "a@x"]) == ("a@x",)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Lamp", "Re: Lamp"),
        ("Re: Lamp", "Re: Lamp"),
        ("RE: AW: Re[2]: SV: Lamp", "Re: Lamp"),
        ("回复：灯", "Re: 灯"),
        ("Report: Re: x", "Re: Report: Re: x"),
        ("", "Re: your message"),
        ("a\r\nBcc: evil@x.example", "Re: a Bcc: evil@x.example"),
        ("x" * 5000, "Re: " + "x" * 200),
    ],
)
def test_subject_has_exactly_one_prefix(subject: str, expected: str) -> None:
    assert reply_subject(subject) == expected


def test_automatic_answers_say_so_and_people_s_do_not() -> None:
    automatic, written = parsed(REPLY), parsed(replace(REPLY, automatic=False))
    assert automatic["Auto-Submitted"] == "auto-replied"
    assert automatic["X-Auto-Response-Suppress"] == "All"
    assert "Auto-Submitted" not in written
    assert "X-Auto-Response-Suppress" not in written


def test_text_and_html_say_the_same_and_no_html_gets_through() -> None:
    reply = replace(REPLY, text="Hi <script>alert(1)</script> [x](javascript:alert(1)) **bold** <img src=x onerror=y>")
    assert body(reply, "plain").rstrip() == reply.text
    html = body(reply, "html")
    assert "<strong>bold</strong>" in html
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


def test_citations_are_footnotes_in_both_parts() -> None:
    reply = replace(REPLY, citations=(("Refunds", "policy.md#window"), ("<b>Shipping</b>", "")))
    assert body(reply, "plain").endswith("[1] Refunds: policy.md#window\n[2] <b>Shipping</b>\n")
    assert "<li>Refunds: policy.md#window</li><li>&lt;b&gt;Shipping&lt;/b&gt;</li>" in body(reply, "html")


TEXTS = ["日本語 " * 200, "x" * 5000, "From here\n.\n..\n", "a\u2028b\0c", "\udcff", "ü\n" * 50]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_travels_over_seven_bits_and_short_lines(text: str) -> None:
    content = write_mail(CONFIG, replace(REPLY, text=text)).content
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


NO_ADDRESSES = [None, "", "anna", "a@b@c.example", "a b@c.example", "a@b.example, c@d.example", "<a@b.example>"]


@pytest.mark.parametrize("to", [*NO_ADDRESSES, "a@b.example\r\nBcc: c@d.example"])
def test_nobody_to_answer_to_is_said(to: Any) -> None:
    with pytest.raises(NoRecipient):
        write_mail(CONFIG, replace(REPLY, to={"to": to}))


def test_foreign_domains_go_as_ascii_and_foreign_names_need_smtputf8() -> None:
    mail = write_mail(CONFIG, replace(REPLY, to={"to": "kunde@exämple.example"}))
    assert (mail.to, mail.utf8) == ("kunde@xn--exmple-cua.example", False)
    mail = write_mail(CONFIG, replace(REPLY, to={"to": "jürgen@customer.example"}))
    assert (mail.to, mail.utf8) == ("jürgen@customer.example", True)
    assert "To: jürgen@customer.example".encode() in mail.content


def test_copies_are_only_real_addresses_and_only_once() -> None:
    copies = ["ben@customer.example", "ben@customer.example", "anna@customer.example", "x\r\nBcc: evil@x.example", ""]
    assert write_mail(CONFIG, replace(REPLY, to={**TO, "cc": copies})).cc == ("ben@customer.example",)


ANYTHING = st.text(max_size=80)


@settings(deadline=None)
@given(subject=ANYTHING, text=ANYTHING, title=ANYTHING, identity=ANYTHING, name=ANYTHING)
def test_nothing_a_customer_writes_becomes_a_header(
    subject: str, text: str, title: str, identity: str, name: str
) -> None:
    config = replace(CONFIG, name=name)
    reply = replace(
        REPLY,
        to={**TO, "subject": subject, "message_id": identity, "references": [identity]},
        text=text,
        citations=((title, title),),
    )
    content = write_mail(config, reply).content
    message = email.message_from_bytes(content)
    allowed = {"From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References"}
    allowed |= {"Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"}
    assert set(message.keys()) <= allowed
    assert len(message.keys()) == len(set(message.keys()))


QUESTION = replace(REPLY, quote="Where is it?\n<b>now</b>\n" + "line\n" * 60, quote_head="On 4 Mar 2026, Anna wrote:")


def test_the_question_is_quoted_below_a_line_only_this_reply_has() -> None:
    line = separator(CONFIG, REPLY.ticket_id, REPLY.key)
    above, _, below = body(QUESTION, "plain").partition(line)

    assert above.strip() == REPLY.text
    assert below.strip().startswith("On 4 Mar 2026, Anna wrote:\n> Where is it?\n> <b>now</b>\n> line")
    assert len(below.splitlines()) < 50
    assert "&lt;b&gt;now&lt;/b&gt;" in body(QUESTION, "html")
    assert line != separator(CONFIG, REPLY.ticket_id, "msg_2")


def test_nothing_is_quoted_when_that_is_switched_off() -> None:
    assert write_mail(replace(CONFIG, quote=False), QUESTION).content == write_mail(CONFIG, REPLY).content


def test_our_line_ends_the_new_text_even_where_the_client_marked_no_quotation() -> None:
    ours = body(QUESTION, "plain")
    line = separator(CONFIG, REPLY.ticket_id, REPLY.key)

    assert cut_reply(f"Thanks!\n\n{line}\nWhere is it?\n").visible == "Thanks!"
    assert cut_reply(f"Thanks!\n\nOn 5 Mar 2026 at 10:00, Desk <{CONFIG.address}> wrote:\n{ours}").visible == "Thanks!"
    assert cut_html(f"<p>Thanks!</p><div>{line}</div><p>Where is it?</p>").visible == "Thanks!"
    assert cut_reply(f"No thanks, -----[ my box ]----- is broken.\n\n{line}\nold").visible.endswith("is broken.")
