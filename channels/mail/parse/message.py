"""What a message is once it has been read: plain frozen values, nothing that still needs the bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as written, without brackets; `name` is "" when none was given."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Somebody else's mail that the sender passed on. `date` is the text as the client wrote it."""

    from_: Mailbox | None
    subject: str
    date: str
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """One body taken apart. `confidence` from 0 to 1: below 0.5 read the whole text as well.

    Every word of visible, quoted and signature stands in the text that was cut.
    """

    visible: str
    quoted: str = ""
    signature: str = ""
    forwarded: Forwarded | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """One file. `filename` is safe to write to a folder; `content_type` is what the bytes are, not what was claimed.

    `inline` only when the HTML shows it by its content id; `decoration` marks logos and tracking pixels.
    """

    filename: str
    content_type: str
    size: int
    inline: bool
    sha256: str
    content: bytes = field(repr=False)
    decoration: bool = False


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that mail could not be delivered; `permanent` False means the other server still tries."""

    recipients: tuple[str, ...]
    permanent: bool
    original_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One RFC 5322 message understood as far as its bytes allow.

    Ids stand without angle brackets. `from_count` counts all mailboxes in all From headers: identity needs
    exactly one. `text` is everything, `visible` what the sender newly wrote. `kind` is human, auto_reply,
    auto_generated, bounce, list, challenge, own or calendar. `flags` are short words for staff and guardrails
    (partial, hidden_text, text_html_differ, encrypted, signed, smime, tnef, calendar, several_from …).
    """

    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    from_: Mailbox | None = None
    from_count: int = 0
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str = ""
    date: datetime | None = None
    kind: str = "human"
    text: str = ""
    visible: str = ""
    quoted: str = ""
    signature: str = ""
    confidence: float = 1.0
    forwarded: Forwarded | None = None
    attachments: tuple[MailAttachment, ...] = ()
    bounce: Bounce | None = None
    auth: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    error: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def header(self, name: str) -> list[str]:
        """All values of one header, top to bottom, unfolded and decoded."""
        wanted = name.lower()
        return [value for key, value in self.headers if key == wanted]
