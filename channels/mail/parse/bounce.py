"""Delivery reports: whose mail did not arrive, for good or not yet, and which of our mails it was."""

import re
from collections.abc import Collection, Iterator

from channels.mail.parse import charsets
from channels.mail.parse.headers import message_ids, split_block
from channels.mail.parse.message import Bounce
from channels.mail.parse.structure import Part

ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
COPY_BELOW = re.compile(
    r"^\s*-{3,}.*(?:copy of|original message|returned message|header|unsent message|body of|follows|enclosed"
    r"|message text)|^\s*(?:the )?(?:header|text|body) (?:of (?:the|your) .*)?(?:follows|is)\b|"
    r"^received: |^return-path: |^-+\s*below this line|^\s*(?:original message|message) (?:headers?|follows)\b"
    r"|^\s*-{3,}\s*this is a copy|^\s*ursprüngliche nachricht",
    re.IGNORECASE,
)
FAILED_LINE = re.compile(
    r"^\s*[<\[(\"']*(?:mailto:)?([^\s<>()\[\]\"']+@[^\s<>()\[\]\"':]+)|rcpt to:\s*<?([^\s<>]+@[^\s<>]+)>?"
    r"|(?:(?:to|for)\s*[:=]?\s*[<\[(\"']+|(?:recipient|address|user|mailbox)s?\s*[:=]\s*[<\[(\"']*)"
    r"([^\s<>()\[\]\"']+@[^\s<>()\[\]\"']+)",
    re.IGNORECASE,
)
STILL_TRYING = re.compile(
    r"will (?:keep|continue|be retried|retry|try)|still (?:being|trying|be)|has been delayed"
    r"|delivery (?:is )?delayed|warning(?: message)? only|not yet been delivered|do not need to resend"
    r"|temporar(?:y|ily)|"
    r"no action is required|wird weiterhin versucht|noch nicht zugestellt|retardé|retrasad|queued for"
    r"|we'll keep trying",
    re.IGNORECASE,
)
GAVE_UP = re.compile(
    r"permanent|fatal|giving up|gave up|\b5\d\d[ -]|\b5\.\d+\.\d+|failed permanently|user unknown|no such user"
    r"|does not exist|could not be delivered",
    re.IGNORECASE,
)
ORIGINAL_ID = re.compile(r"^[>\s]*message-id:\s*<([^<>\s]{3,400})>", re.IGNORECASE | re.MULTILINE)


def read_bounce(root: Part, text: str, failed_header: str, ignored: Collection[str]) -> Bounce | None:
    """The bounce in a message already known to be a delivery report; None when it only confirms delivery.

    `ignored` are addresses that are never the failed one: ours and the reporter's.
    """
    original_id = _original_id(root, text)
    groups = list(_status_groups(root))
    if groups:
        return _from_status(groups, text, original_id, ignored)
    listed = tuple(dict.fromkeys(ADDRESS.findall(failed_header)))
    recipients = listed or _from_text(text, ignored)
    permanent = bool(GAVE_UP.search(text)) or not STILL_TRYING.search(text)
    return Bounce(recipients, permanent, original_id)


def _status_groups(root: Part) -> Iterator[dict[str, str]]:
    """The per-recipient fields of RFC 3464, one dictionary each; also where senders forgot the blank lines."""
    for part in root.walk():
        if part.content_type not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        group: dict[str, str] = {}
        for line in charsets.decode(_status_bytes(part)).replace("\r", "").split("\n")[:2000]:
            name, colon, value = line.partition(":")
            name = name.strip().lower()
            if not line.strip() or (name == "final-recipient" and name in group):
                if _names_recipient(group):
                    yield group
                group = {}
            if colon and not line[:1].isspace():
                group.setdefault(name, value.strip())
        if _names_recipient(group):
            yield group


def _status_bytes(part: Part) -> bytes:
    """The status part's text; some parsers' senders put it one level deeper."""
    return b"\n\n".join([part.data(), *(child.body for child in part.children)])


def _names_recipient(group: dict[str, str]) -> bool:
    return bool(group.keys() & {"final-recipient", "original-recipient", "action"})


def _from_status(
    groups: list[dict[str, str]], text: str, original_id: str | None, ignored: Collection[str]
) -> Bounce | None:
    troubled = [
        group
        for group in groups
        if group.get("action", "failed").split()[0:1] not in (["delivered"], ["relayed"], ["expanded"])
    ]
    if not troubled and all(group.get("action") for group in groups):
        return None
    recipients = tuple(dict.fromkeys(address for group in troubled if (address := _recipient(group))))
    failed = [group for group in troubled if not group.get("action", "").lower().startswith("delay")]
    permanent = any(not group.get("status", "5").startswith("4") or "action" in group for group in failed)
    return Bounce(recipients or _from_text(text, ignored), permanent, original_id)


def _recipient(group: dict[str, str]) -> str:
    """The address of one group: as it was given by the sender, else the final one."""
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        value = group.get(name, "").rpartition(";")[2]
        if match := ADDRESS.search(value):
            return match[0]
    return ""


def _from_text(text: str, ignored: Collection[str]) -> tuple[str, ...]:
    """Failed addresses in a report for people: those that begin a line or follow "to", above the copy of the mail."""
    never = {address.lower() for address in ignored}
    found: list[str] = []
    spoken: list[str] = []
    for line in text.split("\n")[:120]:
        if COPY_BELOW.search(line[:200]):
            break
        match = FAILED_LINE.search(line[:400])
        if match and (address := ADDRESS.search(match[1] or match[2] or match[3])):
            found.append(address[0])
        spoken.extend(ADDRESS.findall(line[:400]))
    usable = [one for one in found if _may_fail(one, never)] or [one for one in spoken if _may_fail(one, never)][:1]
    return tuple(dict.fromkeys(usable))


def _may_fail(address: str, never: Collection[str]) -> bool:
    local = address.lower().partition("@")[0]
    return address.lower() not in never and not local.startswith(("mailer-daemon", "postmaster", "mail-daemon"))


def _original_id(root: Part, text: str) -> str | None:
    """The Message-ID of the mail that came back."""
    for part in root.walk():
        if part.content_type == "message/rfc822" and part.children:
            ids = message_ids(part.children[0].text("message-id"))
        elif part.content_type in ("text/rfc822-headers", "message/rfc822-headers"):
            fields, _, _ = split_block(part.data())
            ids = next((message_ids(charsets.decode(one.value)) for one in fields if one.name == "message-id"), ())
        else:
            continue
        if ids:
            return ids[0]
    match = ORIGINAL_ID.search(text)
    return match[1] if match else None
