"""Writes the mail a customer's own programs would write, and reads mail back for people and tests."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Any

from bot.sandbox.mail.post_office import Account, Stored, message_id_of

Json = dict[str, Any]


def compose(wish: Json, sender: Account) -> tuple[str, list[str], bytes]:
    """(from, recipients, bytes) for a wish of POST /_control/send.

    A reply (`in_reply_to`) goes where the answered mail wants it, under its subject, as mail programs do.
    Raises ValueError when nobody is named as recipient.
    """
    answered = _answered(sender, wish.get("in_reply_to"))
    recipients = _listed(wish.get("to")) or [_answer_address(answered)]
    if not all(recipients):
        raise ValueError("no recipient: give `to`, or `in_reply_to` of a mail in the sender's mailbox")
    raw = _given(wish)
    if raw is None:
        raw = _write(wish, recipients, answered).as_bytes()
    return str(wish["from"]), [parseaddr(each)[1] for each in [*recipients, *_listed(wish.get("cc"))]], raw


def _given(wish: Json) -> bytes | None:
    if "raw_base64" in wish:
        return base64.b64decode(wish["raw_base64"])
    return wish["raw"].encode("utf-8", "surrogateescape") if "raw" in wish else None


def _write(wish: Json, recipients: list[str], answered: EmailMessage | None) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = wish["from"]
    mail["To"] = ", ".join(recipients)
    if wish.get("cc"):
        mail["Cc"] = ", ".join(_listed(wish["cc"]))
    mail["Subject"] = wish.get("subject") or _answer_subject(answered)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=parseaddr(str(wish["from"]))[1].rpartition("@")[2])
    if wish.get("in_reply_to"):
        parent = f"<{str(wish['in_reply_to']).strip('<>')}>"
        mail["In-Reply-To"] = parent
        mail["References"] = " ".join([*(str(answered.get("References", "")).split() if answered else ()), parent])
    for name, value in (wish.get("headers") or {}).items():
        del mail[name]
        mail[name] = value
    mail.set_content(wish.get("text", ""))
    if wish.get("html"):
        mail.add_alternative(wish["html"], subtype="html")
    return mail


def stamp(raw: bytes, *, sender: str, recipient: str, authserv_id: str, passed: bool) -> bytes:
    """What the border puts on top of a mail: who sent it, for whom, and whether the sender is proven."""
    domain = sender.rpartition("@")[2]
    verdict = "pass" if passed else "fail"
    return (
        f"Return-Path: <{sender}>\r\n"
        f"Delivered-To: {recipient}\r\n"
        f"Authentication-Results: {authserv_id};\r\n"
        f" dkim={verdict} header.d={domain};\r\n"
        f" spf={verdict} smtp.mailfrom={domain};\r\n"
        f" dmarc={verdict} header.from={domain}\r\n"
        f"Received: from mail.{domain} by {authserv_id} with ESMTPS;\r\n"
        f" {format_datetime(datetime.now(UTC))}\r\n"
    ).encode() + raw


def shown(mail: Stored, folder: str) -> Json:
    """A mail as JSON: the headers people look at, the text, and the bytes."""
    message = _parsed(mail.raw)
    return {
        "uid": mail.uid,
        "folder": folder,
        "flags": sorted(mail.flags),
        "message_id": message_id_of(mail.raw),
        "in_reply_to": str(message.get("In-Reply-To", "")).strip("<> "),
        "references": [identity.strip("<>") for identity in str(message.get("References", "")).split()],
        **{name: str(message.get(name, "")) for name in ("from", "to", "cc", "subject", "date")},
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "raw_base64": base64.b64encode(mail.raw).decode(),
    }


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except LookupError:  # an unknown charset
        return ""


def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _answered(sender: Account, message_id: str | None) -> EmailMessage | None:
    wanted = (message_id or "").strip("<>")
    for folder in sender.folders.values():
        for mail in folder.mails.values():
            if wanted and message_id_of(mail.raw) == wanted:
                return _parsed(mail.raw)
    return None


def _answer_address(answered: EmailMessage | None) -> str:
    return str(answered.get("Reply-To") or answered.get("From")) if answered is not None else ""


def _answer_subject(answered: EmailMessage | None) -> str:
    subject = str(answered.get("Subject", "")) if answered is not None else ""
    return subject if subject.lower().startswith("re:") else f"Re: {subject}".strip()


def _listed(value: Any) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else [str(each) for each in _iterable(value)]


def _iterable(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else [value]
