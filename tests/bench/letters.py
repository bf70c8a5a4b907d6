"""Mails as helpdesks get them, made from scratch: plain, HTML with a quote, attachment, bounce, absence."""

from email.message import EmailMessage
from email.policy import SMTP

OLD_THREAD = (
    "Dear Anna,\n\nthank you for your order. The parcel was handed to the carrier on Monday and should be with you "
    "within three working days. If it is not, please write again and we will look for it.\n\nKind regards\nSam\n"
)


def letters() -> list[bytes]:
    """All of them, as bytes."""
    made = (_plain(), _reply_in_html(), _with_attachment(), _absence(), _bounce())
    return [letter.as_bytes(policy=SMTP) for letter in made]


def _head(subject: str, sender: str = "Anna Müller <anna@customer.example>") -> EmailMessage:
    letter = EmailMessage()
    letter["Received"] = "from mx.customer.example (mx.customer.example [192.0.2.7]) by mx.desk.example with ESMTPS"
    letter["Authentication-Results"] = "mx.desk.example; dkim=pass header.d=customer.example; dmarc=pass"
    letter["From"], letter["To"], letter["Subject"] = sender, "support@desk.example", subject
    letter["Date"], letter["Message-ID"] = "Mon, 04 May 2026 12:00:00 +0200", "<1@customer.example>"
    return letter


def _plain() -> EmailMessage:
    letter = _head("Wo ist meine Lieferung?")
    quoted = "".join(f"> {line}\n" for line in OLD_THREAD.splitlines())
    said = "Hallo,\n\nleider ist das Paket noch nicht da. Können Sie bitte nachsehen?\n\nViele Grüße\nAnna Müller\n"
    letter.set_content(f"{said}\nAm 2. Mai 2026 um 09:14 schrieb Sam <support@desk.example>:\n{quoted}")
    return letter


def _reply_in_html() -> EmailMessage:
    letter = _head("Re: Your order ORD-1002")
    letter["In-Reply-To"] = letter["References"] = "<0@desk.example>"
    letter.set_content("Still nothing here.\n")
    rows = "".join(f"<tr><td>Article {n}</td><td style='color:#333'>{n}.00 USD</td></tr>" for n in range(40))
    page = (
        "<html><head><style>p{margin:0}</style></head><body><div dir='ltr'>Still nothing here, <b>please</b> look "
        "again.</div><br><div class='gmail_quote'><div class='gmail_attr'>On Sat, May 2, 2026 at 9:14 AM Sam wrote:"
        f"</div><blockquote class='gmail_quote'>{OLD_THREAD}<table>{rows}</table></blockquote></div></body></html>"
    )
    letter.add_alternative(page, subtype="html")
    return letter


def _with_attachment() -> EmailMessage:
    letter = _head("Broken on arrival")
    letter.set_content("The lamp came broken, see the picture.\n\n-- \nAnna Müller\n+49 30 1234567\n")
    letter.add_attachment(bytes(range(256)) * 400, maintype="image", subtype="jpeg", filename="lamp.jpg")
    return letter


def _absence() -> EmailMessage:
    letter = _head("Automatic reply: Your order ORD-1002")
    letter["Auto-Submitted"], letter["X-Auto-Response-Suppress"] = "auto-replied", "All"
    letter.set_content("I am out of the office until May 11 and will read your message afterwards.\n")
    return letter


def _bounce() -> EmailMessage:
    letter = _head("Undelivered Mail Returned to Sender", "Mail Delivery System <MAILER-DAEMON@mx.customer.example>")
    letter.set_content("I'm sorry to have to inform you that your message could not be delivered.\n")
    status = "Reporting-MTA: dns; mx.customer.example\n\nFinal-Recipient: rfc822; anna@customer.example\n"
    letter.add_attachment(
        f"{status}Action: failed\nStatus: 5.1.1\n".encode(), maintype="message", subtype="x-delivery-status"
    )
    letter.replace_header("Content-Type", 'multipart/report; report-type="delivery-status"')
    return letter
