"""Forwards as whole mails: in the charsets of their countries, as attachments, folded, and below replies."""

import base64
from email.message import EmailMessage

import pytest

from channels.mail.parse import ParsedMail, read_mail

RUSSIAN = (
    "Коллега, посмотри.\n\n-------- Перенаправленное сообщение --------\nТема: \tЛампа\n"
    "Дата: \tTue, 4 Jun 2024 08:01:02 +0300\nОт: \tМария <maria@klient.example>\nКому: \tsales@shop.example\n\n\n\n"
    "Лампа разбита.\n"
)
JAPANESE = (
    "お願いします。\n\n-------- Forwarded Message --------\n件名: \tランプ\n日付: \tTue, 4 Jun 2024 08:01:02 +0900\n"
    "差出人: \t山田太郎 <yamada@kyaku.example>\n宛先: \tsales@shop.example\n\n\nランプが壊れました。\n"
)
CHINESE = (
    '请处理。\n\n------------------ 原始邮件 ------------------\n发件人: "李雷" <lilei@kehu.example>;\n'
    '发送时间: 2024年6月4日(星期二) 上午8:01\n收件人: "sales"<sales@shop.example>;\n主题: 灯坏了\n\n灯坏了，怎么办？\n'
)
FORWARD = "From: Mia <mia@kunde.example>\nSent: Tuesday, June 4, 2024 8:01 AM\nTo: Sales\nSubject: Lamp\n\nBroken.\n"


def mail(text: str, subject: str, charset: str = "utf-8", parameters: str = "") -> ParsedMail:
    head = (
        f"From: col@shop.example\r\nSubject: {subject}\r\nContent-Type: text/plain; charset={charset}{parameters}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return read_mail(head.encode() + base64.encodebytes(text.replace("\n", "\r\n").encode(charset)))


@pytest.mark.parametrize(
    ("text", "charset", "sender", "body"),
    [
        *((RUSSIAN, one, "maria@klient.example", "Лампа разбита.") for one in ("koi8-r", "windows-1251", "utf-8")),
        *(
            (JAPANESE, one, "yamada@kyaku.example", "ランプが壊れました。")
            for one in ("iso-2022-jp", "shift_jis", "euc-jp")
        ),
        *((CHINESE, one, "lilei@kehu.example", "灯坏了，怎么办？") for one in ("gb2312", "gbk", "gb18030")),
    ],
)
def test_a_forward_is_read_in_the_charset_of_its_country(text, charset, sender, body):
    found = mail(text, "Fwd: x", charset).forwarded

    assert found is not None
    assert found.from_ is not None
    assert (found.from_.address, found.text, bool(found.date)) == (sender, body, True)


def test_a_flowed_forward_is_put_together_again():
    folded = FORWARD.replace("Broken.", "Broken and I would like \nto have a new one.")
    found = mail(f"See.\n\n---- Forwarded message ----\n{folded}", "Fwd: Lamp", parameters="; format=flowed").forwarded

    assert found is not None
    assert found.text == "Broken and I would like to have a new one."


@pytest.mark.parametrize(
    ("subject", "is_forward"), [("Fwd: Lampe", True), ("Please handle", True), ("Re: ticket", False)]
)
def test_an_attached_mail_is_the_original_unless_the_subject_answers(subject, is_forward):
    message, inner = EmailMessage(), EmailMessage()
    message["From"], message["Subject"] = "col@shop.example", subject
    message.set_content("See attached.")
    inner["From"], inner["Subject"] = "Mia Klein <mia@kunde.example>", "Lampe kaputt"
    inner["Date"] = "Tue, 04 Jun 2024 08:01:02 +0200"
    inner.set_content("Sie ist kaputt.")
    message.add_attachment(inner)

    found = read_mail(message.as_bytes())
    assert found.visible == "See attached."
    assert (found.forwarded is not None) is is_forward
    if found.forwarded and found.forwarded.from_:
        told = (found.forwarded.from_.address, found.forwarded.subject, found.forwarded.text)
        assert told == ("mia@kunde.example", "Lampe kaputt", "Sie ist kaputt.")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "RE: Lamp",
            f"Yes, done.\n\nFrom: J <j@shop.example>\nSent: 4 June 2024 9:00\nSubject: FW: Lamp\n\nFYI\n\n{FORWARD}",
        ),
        ("AW: Lampe", f"Yes, done.\n\n{FORWARD}"),
        (
            "Re: Fwd: Lamp",
            "Yes, done.\n\nOn Tue, Jun 4, 2024 at 9:00 AM Jan <jan@shop.example> wrote:\n\n> FYI\n>\n"
            "> ---------- Forwarded message ---------\n> From: Mia <mia@kunde.example>\n> Date: Tue, Jun 4, 2024\n"
            "> Subject: Lamp\n> To: <sales@shop.example>\n>\n> It is broken.\n",
        ),
    ],
)
def test_a_reply_above_an_old_forward_is_a_reply(subject, text):
    found = mail(text, subject)

    assert (found.forwarded, found.visible) == (None, "Yes, done.")


VS = "{0}: Mia <mia@kunde.example>\n{1}: 4. juni 2024 08:01\n{2}: Sales\n{3}: Lamp\n\nBroken.\n"


def test_vs_forwards_in_danish_and_answers_in_finnish():
    danish = mail("Se her.\n\n" + VS.format("Fra", "Sendt", "Til", "Emne"), "VS: Lamp")
    finnish = mail("Kiitos.\n\n" + VS.format("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"), "VS: Lamp")

    assert danish.forwarded is not None
    assert (danish.visible, danish.forwarded.text) == ("Se her.", "Broken.")
    assert (finnish.visible, finnish.forwarded) == ("Kiitos.", None)


def test_an_empty_header_takes_no_line_of_the_text():
    found = mail("---------- Forwarded message ---------\nFrom: Mia\nSubject: Lamp\nTo:\nBroken.\nMia\n", "Fwd: Lamp")

    assert found.forwarded is not None
    assert found.forwarded.text == "Broken.\nMia"


def test_a_forward_that_only_the_text_part_names_is_found():
    """Some programs pass a mail on with its headers printed into the text part alone."""
    raw = (
        'From: desk@shop.example\r\nSubject: Fwd: Lamp\r\nContent-Type: multipart/alternative; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\n---------- Forwarded message ---------\r\n"
        "From: Mia <mia@kunde.example>\r\nDate: Mon, 6 May 2024 10:12:00 +0200\r\nSubject: Re: Lamp\r\n"
        "To: Desk <desk@shop.example>\r\n\r\nThe lamp you sent is broken.\r\n"
        "--B\r\nContent-Type: text/html\r\n\r\n<p>The lamp you sent is broken.</p>\r\n--B--\r\n"
    )
    found = read_mail(raw.encode())

    assert found.forwarded is not None
    assert found.forwarded.from_ is not None
    assert (found.forwarded.from_.address, found.forwarded.text) == (
        "mia@kunde.example",
        "The lamp you sent is broken.",
    )
    assert "text_html_differ" in found.flags
