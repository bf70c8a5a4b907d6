"""Parsed mail as the JSON objects of `helpdesk mail parse --json` and `helpdesk mail visible --json`."""

from typing import Any

from channels.mail.parse.message import Cut, Forwarded, MailAttachment, Mailbox, ParsedMail


def mail_to_json(mail: ParsedMail, path: str) -> dict[str, Any]:
    """One message as plain JSON values; dates in ISO 8601, contents left out."""
    return {
        "path": path,
        "from": _mailbox(mail.from_),
        "reply_to": [_mailbox(one) for one in mail.reply_to],
        "to": [_mailbox(one) for one in mail.to],
        "cc": [_mailbox(one) for one in mail.cc],
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "kind": mail.kind,
        "text": mail.text,
        "visible": mail.visible,
        "quoted": mail.quoted,
        "signature": mail.signature,
        "confidence": round(mail.confidence, 2),
        "forwarded": _forwarded(mail.forwarded),
        "attachments": [_attachment(one) for one in mail.attachments],
        "bounce": {"recipients": list(mail.bounce.recipients), "permanent": mail.bounce.permanent}
        if mail.bounce
        else None,
        "auth": dict(mail.auth),
        "flags": list(mail.flags),
        "error": mail.error,
    }


def cut_to_json(cut: Cut, path: str) -> dict[str, Any]:
    """One bare body as plain JSON values."""
    return {
        "path": path,
        "visible": cut.visible,
        "quoted": cut.quoted,
        "signature": cut.signature,
        "forwarded": _forwarded(cut.forwarded),
    }


def _mailbox(box: Mailbox | None) -> dict[str, str] | None:
    return {"name": box.name, "address": box.address} if box else None


def _forwarded(forwarded: Forwarded | None) -> dict[str, Any] | None:
    if forwarded is None:
        return None
    return {
        "from": _mailbox(forwarded.from_),
        "subject": forwarded.subject,
        "date": forwarded.date or None,
        "to": [_mailbox(one) for one in forwarded.to],
        "cc": [_mailbox(one) for one in forwarded.cc],
        "text": forwarded.text,
    }


def _attachment(one: MailAttachment) -> dict[str, Any]:
    return {
        "filename": one.filename,
        "content_type": one.content_type,
        "size": one.size,
        "inline": one.inline,
        "sha256": one.sha256,
        "decoration": one.decoration,
    }
