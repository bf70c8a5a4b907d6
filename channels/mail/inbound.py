"""Turns a parsed mail into what the conductor understands. Pure: the same stored bytes give the same value."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.base import AttachmentIn, Author, Echo, Inbound, Raw, Role, Trust, Unreadable, Wrote
from channels.mail.config import MailConfig
from channels.mail.parse import ParsedMail
from channels.mail.tokens import read_bounce_address, read_message_id, read_subject_token, read_ticket_address

_MOST_REFERENCES = 50
_MOST_COPIES = 20
_LONGEST_THREAD_KEY = 400
_RECIPIENT_HEADERS = ("delivered-to", "x-original-to", "envelope-to")
_OLDEST_BELIEVED = timedelta(days=30)


def to_inbound(config: MailConfig, raw: Raw, mail: ParsedMail) -> Inbound:
    """What somebody wrote, or our own mail come back. Raises Unreadable when nobody is named as its sender."""
    sender = _sender(raw, mail)
    token = read_message_id(config, mail.message_id or "")
    if token is not None and sender == config.address.lower():
        return Echo(marker=token.key, external_id=mail.message_id or "")
    trust = _trust(mail)
    wrote = _wrote(config, raw, mail, sender, trust)
    return _of_original_sender(config, mail, wrote) or wrote


def _wrote(config: MailConfig, raw: Raw, mail: ParsedMail, sender: str, trust: Trust) -> Wrote:
    return Wrote(
        thread_key=_thread_key(mail, sender),
        external_id=content_id(mail, sender),
        author=Author(sender, _clean(mail.from_.name if mail.from_ else ""), Role.REQUESTER, trust, None, sender),
        text=_clean(mail.visible),
        full_text=_clean(mail.text),
        sent_at=_sent_at(raw, mail),
        reply_to=_reply_to(config, mail, sender, trust),
        subject=_clean(mail.subject),
        kind=mail.kind,
        ticket_hint=hint[0] if (hint := _ticket_hint(config, raw, mail)) else None,
        references=_references(mail),
        attachments=_attachments(mail),
        flags=_flags(raw, mail),
        facts=_facts(config, raw, mail),
    )


def _of_original_sender(config: MailConfig, mail: ParsedMail, wrote: Wrote) -> Wrote | None:
    """What a colleague forwarded, as the mail of whom it came from: answered to them, and proving nothing.

    None for anything else, also when it is not proven that the colleague sent it.
    """
    forwarded, colleague = mail.forwarded, wrote.author.external_id
    if forwarded is None or forwarded.from_ is None or wrote.author.trust < Trust.ALIGNED_MAIL:
        return None
    original = _clean(forwarded.from_.address).strip().lower()
    if (
        not _is_staff(config, colleague)
        or _is_staff(config, original)
        or _ours(config, original)
        or "@" not in original
    ):
        return None
    return replace(
        wrote,
        thread_key=f"{wrote.thread_key}:{original}"[:_LONGEST_THREAD_KEY],
        author=Author(original, _clean(forwarded.from_.name), Role.REQUESTER, Trust.UNKNOWN, None, original),
        text=_clean(forwarded.text),
        subject=_clean(forwarded.subject or mail.subject),
        reply_to={**wrote.reply_to, "to": original, "cc": [], "subject": _clean(forwarded.subject)[:500]},
        ticket_hint=None,
        flags=(*wrote.flags, "forwarded_by_staff"),
        facts={**wrote.facts, "forwarded_by": colleague, "note": _clean(mail.visible)[:2000]},
    )


def _is_staff(config: MailConfig, address: str) -> bool:
    known = {one.lower().lstrip("@") for one in config.staff}
    return address in known or _domain(address) in known


def content_id(mail: ParsedMail, sender: str) -> str:
    """Equal for the same mail through two doors, where its bytes differ by trace headers.

    Made of Message-ID, sender, Date, decoded text and attachments: a Message-ID that somebody uses again
    with other words is another mail, and two mails without one are told apart by when they were written.
    """
    content = [
        mail.message_id,
        sender,
        mail.date.isoformat() if mail.date else None,
        mail.text,
        [attachment.sha256 for attachment in mail.attachments],
    ]
    return "sha256:" + hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _sender(raw: Raw, mail: ParsedMail) -> str:
    address = mail.from_.address if mail.from_ else str(raw.envelope.get("mail_from") or "")
    sender = _clean(address).strip().lower()
    if not sender:
        raise Unreadable("nobody is named as its sender")
    return sender


def _trust(mail: ParsedMail) -> Trust:
    """Proven only when a server we trust says so for the one domain in the one From."""
    aligned = mail.from_count == 1 and mail.auth.get("aligned") is True
    return Trust.ALIGNED_MAIL if aligned else Trust.UNKNOWN


def _thread_key(mail: ParsedMail, sender: str) -> str:
    """The first message of the thread and who writes, so that two people answering one newsletter stay apart."""
    root = next(iter((*mail.references, *mail.in_reply_to)), None) or mail.message_id or content_id(mail, sender)
    key = f"mail:{_clean(root)}:{sender}"
    if len(key) <= _LONGEST_THREAD_KEY:
        return key
    return "mail:" + hashlib.sha256(key.encode()).hexdigest()


def _references(mail: ParsedMail) -> tuple[str, ...]:
    """Message-IDs of earlier messages, newest first: the bounced one, the answered one, then the rest backwards."""
    bounced = mail.bounce.original_message_id if mail.bounce else None
    ids = (bounced or "", *mail.in_reply_to, *reversed(mail.references))
    return tuple(dict.fromkeys(_clean(identity) for identity in ids if identity))[:_MOST_REFERENCES]


def _ticket_hint(config: MailConfig, raw: Raw, mail: ParsedMail) -> tuple[str, str] | None:
    """(ticket id, where its token stood: address, in_reply_to or references); tokens are made by us alone."""
    for address in _recipients(raw, mail):
        if ticket_id := read_ticket_address(config, address):
            return ticket_id, "address"
    for identity in _references(mail):
        if token := read_message_id(config, identity):
            return token.ticket_id, "references" if identity in mail.references else "in_reply_to"
    return None


def _recipients(raw: Raw, mail: ParsedMail) -> Iterator[str]:
    """Everything that says where the mail was sent, the envelope first."""
    yield from (str(address) for address in raw.envelope.get("rcpt_to", ()))
    for name in _RECIPIENT_HEADERS:
        yield from mail.header(name)
    yield from (mailbox.address for mailbox in (*mail.to, *mail.cc))


def _reply_to(config: MailConfig, mail: ParsedMail, sender: str, trust: Trust) -> dict[str, Any]:
    """Where an answer goes. Other addresses in the mail count only when the sender is proven.

    Otherwise anybody could make us write to strangers by putting them into Cc or Reply-To.
    """
    to, copies = sender, tuple[str, ...]()
    if trust >= Trust.ALIGNED_MAIL:
        wishes = [mailbox.address.lower() for mailbox in mail.reply_to]
        if len(wishes) == 1 and _domain(wishes[0]) == _domain(sender):
            to = wishes[0]
        others = (mailbox.address.lower() for mailbox in (*mail.to, *mail.cc))
        copies = tuple(dict.fromkeys(_clean(other) for other in others if other != to and not _ours(config, other)))
    return {
        "to": _clean(to),
        "cc": list(copies[:_MOST_COPIES]),
        "subject": _clean(mail.subject)[:500],
        "message_id": mail.message_id and _clean(mail.message_id),
        "references": [_clean(identity) for identity in mail.references[-_MOST_REFERENCES:]],
    }


def _ours(config: MailConfig, address: str) -> bool:
    name, domain = address.lower().rpartition("@")[0].partition("+")[0], _domain(address)
    return f"{name}@{domain}" in config.addresses or (domain == config.domain and name in ("bounce", "postmaster"))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _sent_at(raw: Raw, mail: ParsedMail) -> datetime:
    """The Date, unless the sender's clock is plainly wrong: then when it arrived."""
    received = raw.envelope.get("received_at")
    arrived = datetime.fromisoformat(str(received)) if received else datetime.now(UTC)
    if mail.date is None or not arrived - _OLDEST_BELIEVED <= mail.date <= arrived:
        return arrived
    return mail.date


def _attachments(mail: ParsedMail) -> tuple[AttachmentIn, ...]:
    return tuple(
        AttachmentIn(_clean(a.filename), _clean(a.content_type), a.size, a.sha256, a.inline, {"attachment": number})
        for number, a in enumerate(mail.attachments)
    )


def _flags(raw: Raw, mail: ParsedMail) -> tuple[str, ...]:
    too_big = () if raw.envelope.get("complete", True) else ("too_big",)
    return tuple(_clean(flag) for flag in (*mail.flags, *too_big))


def _facts(config: MailConfig, raw: Raw, mail: ParsedMail) -> dict[str, Any]:
    """What staff and the next step may want. No body text: that is masked only in `text` and `full_text`."""
    bounced = (read_bounce_address(config, address) for address in _recipients(raw, mail))
    hint = _ticket_hint(config, raw, mail)
    facts: dict[str, Any] = {
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "hint_from": hint[1] if hint else None,
        "subject_ticket": read_subject_token(mail.subject),
        "auth": dict(mail.auth),
        "to": _addresses(mail.to),
        "cc": _addresses(mail.cc),
        "reply_to": _addresses(mail.reply_to),
        "confidence": mail.confidence,
        "passes_on": mail.forwarded is not None or None,
        "error": mail.error,
        "bounced_message": next((key for key in bounced if key), None),
        "bounced_recipients": list(mail.bounce.recipients) if mail.bounce else None,
        "bounce_permanent": mail.bounce.permanent if mail.bounce else None,
        "forwarded_from": mail.forwarded.from_.address if mail.forwarded and mail.forwarded.from_ else None,
    }
    return {name: _plain(value) for name, value in facts.items() if value not in (None, [], {})}


def _addresses(mailboxes: Iterable[Any]) -> list[str]:
    return [mailbox.address for mailbox in mailboxes]


def _plain(value: Any) -> Any:
    """The same as JSON has it, with text that every database takes."""
    match value:
        case dict():
            return {_clean(str(key)): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case str():
            return _clean(value)
        case None | bool() | int() | float():
            return value
    return _clean(str(value))


def _clean(text: str) -> str:
    """Without NUL (PostgreSQL refuses it) and without halves of surrogate pairs (UTF-8 has none)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
