"""What the person newly wrote is found in the bodies of many clients and languages, and nothing of theirs is lost."""

import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from channels.mail.parse import Cut, cut_html, cut_reply

CORPUS = Path(__file__).parent / "corpus"


def rows(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((CORPUS / name).read_text(encoding="utf-8"))


def table(name: str) -> list[list[str]]:
    lines = (CORPUS / name).read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.split(" | ")] for line in lines if line and not line.startswith("#")]


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


REPLIES, PAGES = rows("replies.yaml"), rows("html.yaml")
ATTRIBUTIONS, BLOCKS = table("attributions.txt"), table("header_blocks.txt")


@pytest.mark.parametrize("row", REPLIES, ids=[row["name"] for row in REPLIES])
def test_new_text_of_a_plain_body(row):
    cut = cut_reply(row["text"])

    assert trimmed(cut.visible) == trimmed(row["visible"])
    if "signature" in row:
        assert trimmed(cut.signature) == trimmed(row["signature"])


@pytest.mark.parametrize("row", PAGES, ids=[row["name"] for row in PAGES])
def test_new_text_of_an_html_body(row):
    assert trimmed(cut_html(row["html"]).visible) == trimmed(row["visible"])


@pytest.mark.parametrize(("client", "line"), ATTRIBUTIONS, ids=[row[0] for row in ATTRIBUTIONS])
def test_attribution_of_every_client_ends_the_new_text(client, line):
    wrapped = "\n".join(textwrap.wrap(line, 38))

    assert cut_reply(f"Yes, thanks.\n\n{line}\n\n> old\n> older\n").visible == "Yes, thanks."
    assert cut_reply(f"Yes, thanks.\n\n{line}\n\nold\nolder\n").visible == "Yes, thanks."
    assert cut_reply(f"Yes, thanks.\n\n{wrapped}\n> old\n> older\n").visible == "Yes, thanks."
    assert cut_reply(f"{line}\n> old\n> older\n\nYes, thanks.\n").visible == "Yes, thanks."


def printed(row: list[str]) -> list[str]:
    sender, date, to, cc, subject = row[1:6]
    return [
        f"{sender}: Ann Lee <ann.lee@example.com>",
        f"{date}: 6 May 2024 10:12",
        f"{to}: Support <support@shop.example>; b@x.example",
        f"{cc}: c@x.example",
        f"{subject}: Lamp 17",
    ]


def is_anns_mail(cut: Cut) -> bool:
    mail = cut.forwarded
    return (
        mail is not None
        and mail.from_ is not None
        and (mail.from_.name, mail.from_.address) == ("Ann Lee", "ann.lee@example.com")
        and mail.subject == "Lamp 17"
        and [box.address for box in mail.to] == ["support@shop.example", "b@x.example"]
        and [box.address for box in mail.cc] == ["c@x.example"]
        and mail.text == "It broke.\n\nAnn"
    )


@pytest.mark.parametrize("row", BLOCKS, ids=[row[0] for row in BLOCKS])
def test_printed_headers_end_the_new_text_in_every_language(row):
    plain = "\n".join(printed(row)) + "\n\nIt broke.\n\nAnn\n"
    bold = "\n".join("*" + line.replace(":", ":*", 1) for line in printed(row)) + "\n\nIt broke.\n"
    page = "<br>".join(f"<b>{line.replace('<', '&lt;').replace(':', ':</b>', 1)}" for line in printed(row))
    border = "<div style='border:none;border-top:solid #E1E1E1 1.0pt'>"

    for text in (plain, bold, f"________________________________\n{plain}", f"-----{row[6]}-----\n{plain}"):
        cut = cut_reply(f"Yes, thanks.\n\n{text}")
        assert (cut.visible, cut.forwarded) == ("Yes, thanks.", None)
    assert (
        cut_html(f"<p class=MsoNormal>Yes, thanks.</p>{border}<p>{page}</p></div><p>It broke.</p>").visible
        == "Yes, thanks."
    )


@pytest.mark.parametrize("row", BLOCKS, ids=[row[0] for row in BLOCKS])
def test_forward_gives_the_original_sender_in_every_language(row):
    plain = "\n".join(printed(row)) + "\n\nIt broke.\n\nAnn\n"
    quoted = "".join(f"> {line}\n" for line in plain.splitlines())

    for text in (f"---------- {row[7]} ---------\n{plain}", f"{row[7]}:\n\n{quoted}", f"{row[7]}:\n\n{plain}"):
        cut = cut_reply(f"Please help.\n\n{text}")
        assert cut.visible == "Please help."
        assert is_anns_mail(cut)
    assert is_anns_mail(cut_reply(plain))


FORWARDS: dict[str, str] = yaml.safe_load((CORPUS / "forwards.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", FORWARDS.values(), ids=FORWARDS.keys())
def test_forward_formats_of_the_clients(text):
    mail = cut_reply(text).forwarded

    assert mail is not None
    assert mail.from_ is not None
    assert (mail.from_.name, mail.from_.address, mail.subject) == ("Ann Lee", "ann@x.example", "Lamp")
    assert [box.address for box in mail.to] == ["bob@x.example"]
    assert mail.text == "It broke."


DEVICE_LINES, SENTENCES = (
    [line for line in part.splitlines() if line and not line.startswith("#")]
    for part in (CORPUS / "device_lines.txt").read_text(encoding="utf-8").split("# sentences")
)


PASSED_ON: dict[str, str] = yaml.safe_load((CORPUS / "forwards_html.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PASSED_ON.values(), ids=PASSED_ON.keys())
def test_forward_formats_of_the_clients_in_html(page):
    cut = cut_html(page)

    assert cut.visible == "FYI"
    assert cut.forwarded is not None
    assert cut.forwarded.from_ is not None
    assert (cut.forwarded.from_.name, cut.forwarded.from_.address) == ("Ann Lee", "ann@x.example")
    assert (cut.forwarded.subject, cut.forwarded.text) == ("Lamp", "It broke.")


@pytest.mark.parametrize("line", DEVICE_LINES)
def test_device_lines_are_signature_in_every_language(line):
    cut = cut_reply(f"Yes, thanks.\n\n{line}\n")

    assert (cut.visible, cut.signature) == ("Yes, thanks.", line)


@pytest.mark.parametrize("line", SENTENCES)
def test_sentences_about_sending_stay(line):
    assert cut_reply(f"Yes, thanks.\n\n{line}\n").visible == f"Yes, thanks.\n\n{line}"


def test_unsure_cuts_say_so():
    sure = cut_reply("Yes.\n\nOn 06.05.24 10:12, Ann Lee wrote:\n> old\n")
    interleaved = cut_reply("> one?\n\nYes.\n\n> two?\n\nNo.\n")

    assert interleaved.confidence < 0.7 < sure.confidence
