"""No bytes raise, no word appears from nowhere, and no attack takes longer than a worker's budget."""

import base64
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.mail.parse import Cut, cut_html, cut_reply, read_mail

LINES = st.sampled_from(
    [
        "Hello there",
        "",
        "> old",
        ">> older",
        "On Mon, May 6, 2024 at 10:12 AM Ann <ann@x.example> wrote:",
        "Am 06.05.2024 um 10:12 schrieb Ann",
        "<ann@x.example>:",
        "From: Ann <ann@x.example>",
        "Sent: Monday, May 6, 2024 10:12 AM",
        "To: bob@x.example",
        "Subject: Lamp",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "________________________________",
        "-- ",
        "--",
        "Bob Ray",
        "Best regards,",
        "Tel: +49 30 123456",
        "www.example.com",
        "Sent from my iPhone",
        "##- Please type your reply above this line -##",
        "CAUTION: This email originated from outside of the organization.",
        "Yes. On Mon, May 6, 2024 at 10:12 AM, ann@x.example wrote:",
        "----- Forwarded Message ----- From: Ann <a@x.example> To: b@x.example Subject: Lamp",
        "----- End forwarded message -----",
        "===8<==============Original message text===============",
        "============ Forwarded message ============",
        "| From | Ann <a@x.example> |",
        "| Subject | Lamp |",
        "Von Ann <a@x.example>",
        "> Message du 06/05/24 10:12",
        "ვისგან: Ann <a@x.example>",
        "-----[ 0123456789abcdef ]-----",
    ]
)
BODIES = st.lists(LINES | st.text(max_size=40), max_size=40).map("\n".join)
TAGS = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<p>",
        "<br>",
        "<blockquote type=cite>",
        "</blockquote>",
        "<div class=gmail_quote>",
        "<span style='display:none'>",
        "<table><tr><td>",
        "<td hidden>",
        "<!--",
        "-->",
        "<a href='",
        "<style>p{display:none}</style>",
        "<li>",
        "<pre>",
        "&nbsp;",
        "</span>",
    ]
)
PAGES = st.lists(TAGS | LINES | st.text(max_size=20), max_size=40).map("".join)
HEADERS = st.lists(
    st.sampled_from(
        [
            b"From: Ann <ann@x.example>",
            b"Subject: =?utf-8?B?w6T?= =?x",
            b"Content-Type: multipart/mixed; boundary=A",
            b"Content-Type: text/html; charset=utf-7",
            b"Content-Type: multipart/report; boundary=A",
            b"Content-Type: message/rfc822",
            b"Content-Transfer-Encoding: base64",
            b"Content-Transfer-Encoding: x-uuencode",
            b"Date: Mon, 99 Foo 20244 99:99:99 +9999",
            b"Authentication-Results: x; dmarc=pass (((",
            b'To: ,,"<(a@b:;',
            b" folded",
        ]
    )
    | st.binary(max_size=60),
    max_size=10,
).map(b"\r\n".join)
PIECES = st.lists(
    st.sampled_from([b"--A\r\n", b"--A--\r\n", b"\r\n", b"hello\r\n", b"begin 644 x\r\n"]) | st.binary(max_size=60),
    max_size=12,
)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def whole_text(body: str) -> str:
    return read_mail(b"Content-Type: text/plain; charset=utf-8\n\n" + body.encode()).text


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_every_word_of_a_cut_stands_in_the_text(text):
    cut = cut_reply(text)

    have = set(words(whole_text(text)))
    assert all(word in have for part in (cut.visible, cut.quoted, cut.signature) for word in words(part))


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_no_word_is_lost_between_the_parts_of_a_cut(text):
    cut = cut_reply(text)

    if cut.forwarded is None:
        kept = sorted(words(f"{cut.visible} {cut.quoted} {cut.signature}"))
        assert kept == sorted(words(whole_text(text)))


@settings(max_examples=200, deadline=None)
@given(PAGES)
def test_html_never_raises(page):
    assert isinstance(cut_html(page), Cut)


@settings(max_examples=300, deadline=None)
@given(HEADERS, PIECES)
def test_no_bytes_raise(head, pieces):
    assert read_mail(head + b"\r\n\r\n" + b"".join(pieces)).error is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_junk_is_still_a_mail(junk):
    assert read_mail(junk).error is None


HEAD = b"From: a@x.example\r\nTo: b@x.example\r\n"
NEST = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(2000)
)
MAIL_ATTACKS = {
    "a subject of one megabyte": b"Subject: " + b"a " * 500_000 + b"\r\n" + HEAD + b"\r\nx",
    "20,000 pieces of one parameter": HEAD
    + b"Content-Type: text/plain;\r\n"
    + b"".join(b" n*%d*=a;\r\n" % one for one in range(20_000))
    + b"\r\nx",
    "5,000 parameters": HEAD
    + b"Content-Type: text/plain"
    + b"".join(b"; p%d=v" % one for one in range(5000))
    + b"\r\n\r\nx",
    "20,000 parts": HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nhello\r\n" * 20_000,
    "20,000 quotes in From": b"From: " + b'"' * 20_000 + b"\r\n\r\nx",
    "1,000 nested comments in From": b"From: " + b"(" * 1000 + b")" * 1000 + b" a@x.example\r\n\r\nx",
    "5,000 recipients": b"To: " + b", ".join(b"N <a%d@x.example>" % one for one in range(5000)) + b"\r\n\r\nx",
    "20,000 commas": b"To: " + b"," * 20_000 + b"\r\n\r\nx",
    "2,000 nested multiparts": HEAD + NEST + b"\r\nx",
    "5,000 nested messages": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    "open encoded words": b"Subject: " + b"=?a?b?" * 6000 + b"\r\n\r\nx",
    "20 MB of base64": HEAD
    + b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(b"x" * 15_000_000),
    "2 million short lines": HEAD + b"\r\n" + b"ab\r\n" * 2_000_000,
}
TEXT_ATTACKS = {
    "quotes": "> hi\n" * 100_000,
    "half attributions": "On Mon 3 May 2024 10:00\n" * 20_000,
    "attributions of nobody": "x wrote:\n" * 20_000,
    "dates with colons": ("3 May 2024 " * 40 + ":\n") * 5000,
    "printed headers": "From: a@b\n" * 20_000,
    "wrapped recipients": "From: x\nTo: a,\n" + "b@c,\n" * 20_000,
    "dashes": "--\n" * 20_000,
    "drawn lines": ("_" * 90 + "\n") * 20_000,
    "device lines": "Sent from my iPhone\n" * 20_000,
    "delimiters": "-----Forwarded message-----\n" * 20_000,
    "attributions without a colon": "On Mon 3 May 2024 10:00 I <ann@x.example> wrote\n" * 20_000,
    "shared lines": ("Hi. On " * 60 + "wrote:\n> old\n") * 10_000,
    "quotations of one line": "new\n> On Mon 3 May 2024, at 10:00, Ann <ann@x.example> x\n" * 20_000,
    "headers on one line": "hello\n" + ("From: @ " + ":" * 580 + "\n") * 20_000,
    "ruled titles": ("--- forward " + "-" * 100 + "\n") * 20_000,
    "open links": ("<http://" + "a" * 580 + "\n> b\n") * 10_000,
    "one line": "a" * 2_000_000,
    "blank lines": "\n" * 2_000_000,
    "spaces": (" " * 300 + "a " * 100 + ":\n") * 4000,
}
HTML_ATTACKS = {
    "50,000 nested elements": "<div>" * 50_000 + "x",
    "unclosed formatting": "<b><p>" * 50_000,
    "unclosed quotes": '<a "' * 300_000,
    "angles": "<" * 2_000_000,
    "comments": "<!--" * 500_000,
    "style sheets": "<style>" * 200_000,
    "end tags of nothing": "<i>" * 300 + "</b>" * 300_000,
    "lists": "<ol><li>" * 100_000,
    "cells": "<table>" + "<tr><td>a<td>b" * 50_000,
    "attributes": "<div " + " ".join(f"a{one}=1" for one in range(200_000)) + ">x",
    "entities": "&amp;" * 400_000,
}


def seconds(call, *arguments) -> float:
    started = time.process_time()
    call(*arguments)
    return time.process_time() - started


@pytest.mark.parametrize("raw", MAIL_ATTACKS.values(), ids=MAIL_ATTACKS.keys())
def test_attacks_on_the_structure_end_in_time(raw):
    assert seconds(read_mail, raw) < 6
    assert read_mail(raw).error is None


@pytest.mark.parametrize("text", TEXT_ATTACKS.values(), ids=TEXT_ATTACKS.keys())
def test_attacks_on_the_cut_end_in_time(text):
    assert seconds(cut_reply, text) < 6


@pytest.mark.parametrize("page", HTML_ATTACKS.values(), ids=HTML_ATTACKS.keys())
def test_attacks_on_the_html_reader_end_in_time(page):
    assert seconds(cut_html, page) < 6


def test_time_grows_with_the_text_and_not_faster():
    def cost(lines: int) -> float:
        body = "Here is some text of 3 May 2024 at 10:00, as people write it\n" * lines
        return min(seconds(cut_reply, body) for _ in range(3))

    assert cost(16_000) < 24 * max(cost(2000), 0.002)


def test_over_a_cap_the_mail_is_kept_and_flagged():
    parsed = read_mail(MAIL_ATTACKS["20,000 parts"])

    assert "partial" in parsed.flags
    assert parsed.visible.startswith("hello")


@pytest.mark.parametrize(
    "piece",
    [
        "----- Forwarded Message ",
        "---- a " * 30 + "\n",
        "===8<===\n",
        "----- End forwarded message -----\n",
        "| From | ",
        "From: Ann <a@x.example>\n\n",
        "ვისგან: a <b@c.de> 10:12\n",
        "Forwarded:\n",
        "> Message du 0",
        "On 2 Nov 2021, 09:26 by a@b:\n",
        "-----[ 0123456789abcdef ]-----\n",
        "To: a <",
    ],
    ids=range(12),
)
def test_repeating_what_the_rules_look_for_costs_no_more_than_its_length(piece):
    started = time.process_time()
    cut_reply("Hello\n" + piece * (120_000 // len(piece)))

    assert time.process_time() - started < 2.0
