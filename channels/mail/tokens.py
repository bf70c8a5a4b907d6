"""Tokens in addresses and Message-IDs that only we can make, so that a mail names its ticket without being trusted.

Every maker has a reader; a reader answers None for anything we did not make. Mail systems may change the
case of an address, so ids are lower case and are compared in lower case.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from channels.mail.config import MailConfig

_MAC_HEX_DIGITS = 20  # 80 bits; a longer one would push "bounce+<id>.<mac>" over the 64 bytes of a local part
_SUBJECT = re.compile(r"\[#\s*([a-z0-9_-]{1,40})\s*\]", re.IGNORECASE)
_ID = re.compile(r"[a-z0-9_-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class MessageToken:
    """What one of our own Message-IDs says."""

    ticket_id: str
    key: str


def ticket_address(config: MailConfig, ticket_id: str) -> str:
    """`support+<ticket>.<mac>@domain`: a mail sent there belongs to that ticket."""
    return f"{config.local_part}+{ticket_id}.{_mac(config, 'ticket', ticket_id)}@{config.domain}"


def read_ticket_address(config: MailConfig, address: str) -> str | None:
    """The ticket id in an address of `ticket_address`; None for any other."""
    return _read_plus(config, config.local_part, "ticket", address)


def bounce_address(config: MailConfig, key: str) -> str:
    """`bounce+<message>.<mac>@domain`, the envelope sender of one message (VERP): its bounce comes back there."""
    return f"bounce+{key}.{_mac(config, 'bounce', key)}@{config.domain}"


def read_bounce_address(config: MailConfig, address: str) -> str | None:
    """The message id in an address of `bounce_address`; None for any other."""
    return _read_plus(config, "bounce", "bounce", address)


def message_id(config: MailConfig, ticket_id: str, key: str) -> str:
    """`ticket.message.mac@domain`, without brackets: the same for every rebuild of one message."""
    return f"{ticket_id}.{key}.{_mac(config, 'message', ticket_id, key)}@{config.domain}"


def read_message_id(config: MailConfig, text: str) -> MessageToken | None:
    """What one of our own Message-IDs (with or without brackets) says; None for any other."""
    local, _, domain = text.strip().strip("<>").lower().rpartition("@")
    parts = local.split(".")
    if domain != config.domain or len(parts) != 3 or not (_ID.match(parts[0]) and _ID.match(parts[1])):
        return None
    ticket_id, key, mac = parts
    if not _same(mac, _mac(config, "message", ticket_id, key)):
        return None
    return MessageToken(ticket_id, key)


def separator(config: MailConfig, ticket_id: str, key: str) -> str:
    """The line between what we say and what we quote, different for every reply: where it stands, old text begins."""
    return f"-----[ {_mac(config, 'separator', ticket_id, key)[:16]} ]-----"


def subject_token(ticket_id: str) -> str:
    """`[#ticket]`, for people whose programs lose everything but the subject. Anybody can write one: see the reader."""
    return f"[#{ticket_id}]"


def read_subject_token(subject: str) -> str | None:
    """The ticket id in a subject; a wish and no proof, so it counts only for somebody who takes part already."""
    match = _SUBJECT.search(subject)
    return match[1].lower() if match else None


def _read_plus(config: MailConfig, before_plus: str, purpose: str, address: str) -> str | None:
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    name, _, token = local.partition("+")
    value, _, mac = token.rpartition(".")
    if domain != config.domain or name != before_plus or not _ID.match(value):
        return None
    return value if _same(mac, _mac(config, purpose, value)) else None


def _mac(config: MailConfig, purpose: str, *values: str) -> str:
    # The purpose keeps a token of one kind from being used as another; ids hold no dot, so joining is unambiguous.
    text = ".".join((purpose, *values)).lower().encode()
    return hmac.new(config.secret.encode(), text, hashlib.sha256).hexdigest()[:_MAC_HEX_DIGITS]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
