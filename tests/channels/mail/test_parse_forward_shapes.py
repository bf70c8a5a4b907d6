"""Who wrote a forwarded mail first, and what, is read from what every mail program prints, in every language."""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from forward_shapes import (
    ADDRESSEES,
    BODY,
    COPIES,
    LABELS,
    NOTE,
    SENDER,
    SUBJECT,
    TITLES,
    Case,
    outlook,
    quoted,
    titled,
)

from channels.mail.parse import ParsedMail, read_mail
from channels.mail.parse.message import Mailbox

CLIENTS = Path(__file__).parent / "corpus" / "forward_clients.txt"
USUAL = {
    "{NOTE}": NOTE,
    "{BODY}": BODY,
    "{QUOTED}": quoted(BODY),
    "{HTML}": "<div>The cartons of order 4711 arrived open.<br>Two of the lamps are broken.</div><div><br></div>"
    "<div>What shall I do now?</div><div><br></div><div>Jane</div>",
}


def received(subject: str, text: str, kind: str = "plain") -> ParsedMail:
    message = EmailMessage()
    message["From"] = "Tom <tom@globex.example>"
    message["To"] = "help@desk.example"
    message["Subject"] = subject
    message.set_content(text, subtype=kind)
    return read_mail(message.as_bytes())


def words(text: str) -> str:
    return " ".join(text.split())


def named(mailbox: Mailbox) -> tuple[str, str]:
    return (mailbox.name if mailbox.name != mailbox.address else "", mailbox.address)


def differences(case: Case) -> list[str]:
    """What was read otherwise than it was printed; empty for a forward that was understood."""
    mail = received(case.subject.replace("x", SUBJECT), case.text)
    found = mail.forwarded
    if found is None or found.from_ is None:
        return ["not seen as a forward"]
    pairs = {
        "from": (named(found.from_), SENDER),
        "to": (tuple(map(named, found.to)), ADDRESSEES),
        "cc": (tuple(map(named, found.cc)), COPIES),
        "subject": (words(found.subject), SUBJECT),
        "text": (words(found.text), words(case.body)),
        "date": (bool(found.date), True),
        "note": (words(f"{mail.visible} {mail.signature}"), words(case.note)),
    }
    return [f"{name}: {got}" for name, (got, wanted) in pairs.items() if got != wanted]


@pytest.mark.parametrize("language", LABELS)
def test_the_printed_headers_of_outlook_are_read_in_any_language(language):
    assert {case.name: wrong for case in outlook(language) if (wrong := differences(case))} == {}


@pytest.mark.parametrize("language", TITLES)
def test_forwards_under_a_title_are_read_in_any_language(language):
    assert {case.name: wrong for case in titled(language) if (wrong := differences(case))} == {}


def clients() -> Iterator[Any]:
    """The mails of the corpus file, by the lines that begin them."""
    for section in CLIENTS.read_text(encoding="utf-8").split("\n##### ")[2:]:
        head, _, text = section.partition("\n")
        name, subject, options = head.split(" | ")
        for mark, usual in USUAL.items():
            text = text.replace(mark, usual)
        yield pytest.param(subject, text, json.loads(options), id=name)


@pytest.mark.parametrize(("subject", "text", "differs"), list(clients()))
def test_the_forward_of_this_program_is_read_and_what_only_looks_like_one_is_left_alone(subject, text, differs):
    mail = received(subject, text, "html" if "html" in differs else "plain")
    if "human" in differs:
        assert (mail.forwarded, words(mail.visible)) == (None, words(text))
        return
    found = mail.forwarded
    assert found is not None

    sender = tuple(differs["frm"]) if differs.get("frm") else SENDER
    if differs.get("frm", sender) is not None:
        assert found.from_ is not None
        assert named(found.from_) == sender
    if not {"attr", "nosubj"} & differs.keys():
        assert words(found.subject) == SUBJECT
    if "attr" not in differs and differs.get("to", "") is not None:
        assert len(found.to) == differs.get("tocount", 1)
        assert "tocount" in differs or named(found.to[0]) == tuple(differs.get("to", ("", ADDRESSEES[0][1])))
    assert bool(found.date) != ("nodate" in differs)
    if "skipbody" not in differs:
        assert words(found.text)[: len(words(BODY))] == words(BODY)
        assert "starts" in differs or words(found.text) == words(BODY)
    above = "" if "note" in differs else NOTE
    assert words(f"{mail.visible} {mail.signature}").startswith(words(above))
