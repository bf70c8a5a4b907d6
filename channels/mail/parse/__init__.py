"""Bytes of a mail in, everything a helpdesk may know about it out: pure functions, no I/O, no surprises.

read_mail      one RFC 5322 message -> ParsedMail; never raises
cut_reply      one bare text body -> Cut (what is new, old, signature, forwarded)
cut_html       the same for a bare HTML body
"""

from channels.mail.parse.cut import cut_html, cut_reply
from channels.mail.parse.message import Bounce, Cut, Forwarded, MailAttachment, Mailbox, ParsedMail
from channels.mail.parse.read import read_mail
from channels.mail.parse.to_json import cut_to_json, mail_to_json

__all__ = [
    "Bounce",
    "Cut",
    "Forwarded",
    "MailAttachment",
    "Mailbox",
    "ParsedMail",
    "cut_html",
    "cut_reply",
    "cut_to_json",
    "mail_to_json",
    "read_mail",
]
