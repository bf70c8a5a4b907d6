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


FORWARDS = {
    "yahoo, all on one line": '----- Forwarded Message ----- From: "Ann Lee" <ann@x.example>To: "Bob" <bob@x.example>Sent: Monday, '
    "May 6, 2024, 10:12:21 AM GMT+3Subject: Lamp\n It broke.",
    "yahoo": "----- Forwarded Message -----\n  From: Ann Lee <ann@x.example>\n To: Bob <bob@x.example>\n Subject: Lamp\n\nIt broke.",
    "mailmate": "Forwarded message:\n\n> From: Ann Lee <ann@x.example>\n> To: Bob <bob@x.example>\n> Subject: Lamp\n>\n> It broke.",
    "ionos": "> --------- Original Message ----------\n> From: Ann Lee <ann@x.example>\n> To: Bob <bob@x.example>\n> Date: 05/06/2024"
    "\n> Subject: Lamp\n>\n>\n> It broke.",
    "missive": "---\nForwarded message\n---\nFrom: Ann Lee <ann@x.example>\nDate: 6 May 2024 10:12\nTo: Bob <bob@x.example>\nSubject: Lamp\n\nIt broke.",
    "outlook 2013": "From: Ann Lee [mailto:ann@x.example]\nSent: Monday, May 6, 2024 10:12 AM\nTo: Bob <bob@x.example>\nSubject: Lamp\n\n\nIt broke.",
    "outlook live": "________________________________\nFrom: Ann Lee <ann@x.example>\nSent: Monday\nTo: Bob <bob@x.example>\nSubject: Lamp\n\nIt broke.",
    "new outlook": "From: Ann Lee <ann@x.example>\nDate: Monday, 6 May 2024 at 10:12\nTo: Bob <bob@x.example>\nSubject: Lamp\n\nIt broke.",
    "thunderbird": "-------- Forwarded Message --------\nSubject: \tLamp\nDate: \tMon, 6 May 2024\nFrom: \tAnn Lee <ann@x.example>\nTo: \tBob "
    "<bob@x.example>\n\n\n\nIt broke.",
    "postbox": "-------- Original Message --------\nSubject: Lamp\nFrom: Ann Lee <ann@x.example>\nTo: Bob <bob@x.example>\n\nIt broke.",
}


@pytest.mark.parametrize("text", FORWARDS.values(), ids=FORWARDS.keys())
def test_forward_formats_of_the_clients(text):
    mail = cut_reply(text).forwarded

    assert mail is not None
    assert mail.from_ is not None
    assert (mail.from_.name, mail.from_.address, mail.subject) == ("Ann Lee", "ann@x.example", "Lamp")
    assert [box.address for box in mail.to] == ["bob@x.example"]
    assert mail.text == "It broke."


DEVICE_LINES = """Sent from my iPhone|Sent from my Verizon Wireless 4G LTE DROID|Von meinem iPhone gesendet|Gesendet mit der GMX Mail App
Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.|Envoyé de mon iPhone|Envoyé depuis mon mobile Orange
Enviado desde mi iPhone|Enviado do meu iPhone|Inviato da iPhone|Verstuurd vanaf mijn iPhone|Skickat från min iPhone|Sendt fra min iPhone
Lähetetty iPhonesta|Wysłane z iPhone'a|Odesláno z iPhonu|Отправлено с iPhone|Отправлено из мобильной Яндекс.Почты|Надіслано з iPhone
iPhone'umdan gönderildi|Στάλθηκε από το iPhone μου|Trimis de pe iPhone|Elküldve az iPhone-omról|נשלח מה-iPhone שלי|أُرسلت من الـ iPhone
发自我的 iPhone|從我的 iPhone 傳送|iPhoneから送信|나의 iPhone에서 보냄|Gửi từ iPhone của tôi|ส่งจาก iPhone ของฉัน|Dikirim dari iPhone saya
Enviat des del meu iPhone|Get Outlook for Android<https://aka.ms/x>|Télécharger Outlook pour iOS|Sent with Proton Mail secure email."""
SENTENCES = """Sent from my desk, is much easier than my mobile phone.|I have sent the phone on Monday.|Ich habe das Handy gesendet
Sent via carrier pigeon.|Sent you the phone yesterday|My phone is broken|The mail you sent"""


@pytest.mark.parametrize("line", DEVICE_LINES.replace("\n", "|").split("|"))
def test_device_lines_are_signature_in_every_language(line):
    cut = cut_reply(f"Yes, thanks.\n\n{line}\n")

    assert (cut.visible, cut.signature) == ("Yes, thanks.", line)


@pytest.mark.parametrize("line", SENTENCES.replace("\n", "|").split("|"))
def test_sentences_about_sending_stay(line):
    assert cut_reply(f"Yes, thanks.\n\n{line}\n").visible == f"Yes, thanks.\n\n{line}"


def test_unsure_cuts_say_so():
    sure = cut_reply("Yes.\n\nOn 06.05.24 10:12, Ann Lee wrote:\n> old\n")
    interleaved = cut_reply("> one?\n\nYes.\n\n> two?\n\nNo.\n")

    assert interleaved.confidence < 0.7 < sure.confidence
