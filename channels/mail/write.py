"""Turns a reply into the mail that is sent: the same reply gives the same bytes, however often it is built."""

import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from markdown_it import MarkdownIt

from channels.base import Reply
from channels.mail.config import MailConfig
from channels.mail.tokens import bounce_address, message_id, separator, subject_token, ticket_address

_SUBJECT_CHARACTERS = 200  # longer ones are cut: folding them takes quadratic time and no client shows them
_QUOTED_LINES, _QUOTED_CHARACTERS = 40, 4000
_FIRST_REFERENCES, _LAST_REFERENCES = 1, 9
_REPLY_PREFIX = re.compile(r"(?:(?:re|aw|sv|vs|antw|rif|odp|ynt|回复|答复)(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,400}@[!-;=?-~]{1,400}\Z")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,255}\Z")
# A raw "<script>" stays text, and links to javascript: are not made.
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


class NoRecipient(ValueError):
    """The reply names nobody a mail could be sent to."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail ready for the submission server; `message_id` has no brackets. `utf8`: needs SMTPUTF8 (RFC 6531)."""

    message_id: str
    sender: str
    to: str
    cc: tuple[str, ...]
    content: bytes
    utf8: bool


def write_mail(config: MailConfig, reply: Reply, *, verp: bool = True) -> Outgoing:
    """Build the mail for `reply`. Pure: no clock, no chance. Raises NoRecipient.

    `reply.to` is what reading gave us: {"to", "cc", "subject", "message_id", "references"}. `reply.subject`,
    `in_reply_to` and `references` (Message-IDs, oldest first) win over it when they are set.
    """
    to, cc = _recipients(reply)
    utf8 = not all(address.isascii() for address in (to, *cc))
    identity = message_id(config, reply.ticket_id, reply.key)
    # 8bit text would be re-encoded at a 7-bit hop, and then no longer match its DKIM signature.
    message = EmailMessage(policy.SMTP.clone(cte_type="7bit", utf8=utf8))
    for name, value in _headers(config, reply, identity, to, cc):
        message[name] = value
    sources = citations_as_text(reply.citations)
    quoted = _Quote(separator(config, reply.ticket_id, reply.key), _label(reply.quote_head, ""), _quotable(reply.quote))
    old = quoted.as_text() if config.quote and reply.quote.strip() else ""
    message.set_content("\n\n".join(part for part in (_one_line_ends(reply.text), sources, old) if part) + "\n")
    message.add_alternative(_html(reply, quoted.as_html() if old else ""), subtype="html")
    message.set_boundary("=_" + hashlib.sha256(identity.encode()).hexdigest()[:32])
    sender = bounce_address(config, reply.key) if verp else config.address
    return Outgoing(identity, sender, to, cc, message.as_bytes(), utf8)


@dataclass(frozen=True, slots=True)
class _Quote:
    """The requester's last message below a line that only this reply has."""

    separator: str
    head: str
    lines: tuple[str, ...]

    def as_text(self) -> str:
        return "\n".join([self.separator, *([self.head] if self.head else []), *(f"> {line}" for line in self.lines)])

    def as_html(self) -> str:
        head = f"<div>{html.escape(self.head)}</div>\n" if self.head else ""
        words = "<br>\n".join(map(html.escape, self.lines))
        cited = f'<blockquote type="cite">{words}</blockquote>'
        return f"<div>{html.escape(self.separator)}</div>\n{head}{cited}\n"


def _quotable(text: str) -> tuple[str, ...]:
    """At most so much that nobody scrolls past it to find the answer."""
    lines = [_printable(line).rstrip() for line in _one_line_ends(text[:_QUOTED_CHARACTERS]).strip().splitlines()]
    return (*lines[:_QUOTED_LINES], "…") if len(lines) > _QUOTED_LINES else tuple(lines)


def reply_subject(subject: str, token: str = "") -> str:
    """The subject with exactly one "Re: ", whatever prefixes of whatever language it has collected."""
    bare = base_subject(subject)[:_SUBJECT_CHARACTERS] or "your message"
    return f"Re: {bare}" if not token or token in bare else f"Re: {bare} {token}"


def base_subject(subject: str) -> str:
    """The subject without reply prefixes."""
    text = " ".join(_printable(subject).split())
    return _REPLY_PREFIX.sub("", text, count=1) if _REPLY_PREFIX.match(text) else text


def thread_references(ids: Iterable[str]) -> tuple[str, ...]:
    """Message-IDs for References, oldest first: the first, which names the thread, and the last ones."""
    known = tuple(dict.fromkeys(identity for identity in map(_bare, ids) if _MESSAGE_ID.match(identity)))
    if len(known) <= _FIRST_REFERENCES + _LAST_REFERENCES:
        return known
    return known[:_FIRST_REFERENCES] + known[-_LAST_REFERENCES:]


def citations_as_text(citations: Sequence[tuple[str, str]]) -> str:
    """Footnotes: `[1] title: where`, one a line."""
    return "\n".join(f"[{number}] {_label(title, where)}" for number, (title, where) in enumerate(citations, 1))


def _headers(config: MailConfig, reply: Reply, identity: str, to: str, cc: Sequence[str]) -> Iterable[tuple[str, Any]]:
    parent, references = _thread(reply)
    yield "From", Address(_printable(config.name), addr_spec=config.address)
    yield "To", _header_address(to)
    if cc:
        yield "Cc", [_header_address(address) for address in cc]
    token = subject_token(reply.ticket_id) if config.subject_token else ""
    yield "Subject", reply_subject(reply.subject or str(reply.to.get("subject", "")), token)
    yield "Date", format_datetime(reply.created_at.astimezone(UTC))
    yield "Message-ID", f"<{identity}>"
    yield "Reply-To", ticket_address(config, reply.ticket_id)
    if parent:
        yield "In-Reply-To", f"<{parent}>"
    if references:
        yield "References", " ".join(f"<{reference}>" for reference in references)
    if reply.automatic:
        yield "Auto-Submitted", "auto-replied"
        yield "X-Auto-Response-Suppress", "All"


def _thread(reply: Reply) -> tuple[str | None, tuple[str, ...]]:
    """The parent's Message-ID and the References, oldest first."""
    parents = thread_references((reply.in_reply_to or "", str(reply.to.get("message_id") or "")))
    older = reply.references or tuple(reply.to.get("references") or ())
    parent = parents[0] if parents else None
    ordered = [identity for identity in older if _bare(identity) != parent]
    return parent, thread_references([*ordered, *([parent] if parent else [])])


def _recipients(reply: Reply) -> tuple[str, tuple[str, ...]]:
    to = _wire_address(str(reply.to.get("to") or ""))
    if to is None:
        raise NoRecipient(f"no mail address to answer to: {str(reply.to.get('to'))[:100]!r}")
    copies = (_wire_address(str(address)) for address in reply.to.get("cc") or ())
    return to, tuple(dict.fromkeys(address for address in copies if address is not None and address != to))


def _wire_address(address: str) -> str | None:
    """The address as SMTP wants it, its domain in ASCII (IDNA); None when it is none or could hide a second one."""
    if not _ADDRESS.match(address) or not address.isprintable():
        return None
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None


def _header_address(address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(username=local, domain=domain)


def _html(reply: Reply, old: str) -> str:
    sources = "".join(f"<li>{html.escape(_label(title, where))}</li>" for title, where in reply.citations)
    footnotes = f"<hr>\n<ol>{sources}</ol>\n" if sources else ""
    return f"<html><body>\n{_MARKDOWN.render(_one_line_ends(reply.text))}{footnotes}{old}</body></html>\n"


def _label(title: str, where: str) -> str:
    return ": ".join(part for part in (_printable(title), _printable(where)) if part)


def _one_line_ends(text: str) -> str:
    return "\n".join(text.replace("\0", "").encode("utf-8", "replace").decode().splitlines())


def _bare(identity: str) -> str:
    return identity.strip().strip("<>")


def _printable(text: str) -> str:
    """No line ends, no control characters: nothing in a header can begin another header."""
    return "".join(character if character.isprintable() else " " for character in text)
