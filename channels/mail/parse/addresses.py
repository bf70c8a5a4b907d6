"""Address lists as senders really write them: quoted names, comments, groups, missing quotes;
one pass, no recursion."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from channels.mail.parse import limits
from channels.mail.parse.headers import CONTROL, decode_words
from channels.mail.parse.message import Mailbox

SPECIAL = re.compile(r'[",;:<>()\\]')
SPOKEN_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
LOCAL_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{2,63}", re.ASCII)
QUOTED_ADDRESS = re.compile(r'"[^"]{1,64}"@[^\s<>()\[\],;:"]+')
PLAIN_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\]+@[^\s@<>()\[\],;:\\]+")
MAILTO = re.compile(r"[\[<(]?\s*mailto:\s*([^\s\]>)]+)\s*[\]>)]?", re.IGNORECASE)


@dataclass(slots=True)
class _Draft:
    """One address while it is being read."""

    name: list[str] = field(default_factory=list)
    address: str | None = None
    comments: list[str] = field(default_factory=list)
    quoted: bool = False


def read_addresses(text: str) -> tuple[Mailbox, ...]:
    """Every mailbox of a header value whose bytes are decoded but whose encoded words are not.

    Group names are dropped, their members kept. At most limits.RECIPIENTS.
    """
    found: list[Mailbox] = []
    for draft in _drafts(text):
        mailbox = _finish(draft)
        if mailbox is not None:
            found.append(mailbox)
        if len(found) >= limits.RECIPIENTS:
            break
    return tuple(found)


def _drafts(text: str) -> list[_Draft]:
    drafts: list[_Draft] = []
    draft, position = _Draft(), 0
    while position < len(text) and len(drafts) < limits.RECIPIENTS * 3:
        match = SPECIAL.search(text, position)
        if not match:
            draft.name.append(text[position:])
            break
        draft.name.append(text[position : match.start()])
        draft, position = _special(text, match.start(), draft, drafts)
    drafts.append(draft)
    return drafts


def _special(text: str, at: int, draft: _Draft, drafts: list[_Draft]) -> tuple[_Draft, int]:
    """Read what begins with the special character at `at`; the draft to go on with and where."""
    character = text[at]
    if character == '"':
        value, end = _quoted(text, at)
        draft.name.append(f'"{value}"' if text[end : end + 1] == "@" else value)
        draft.quoted = True
        return draft, end
    if character == "(":
        value, end = _comment(text, at)
        draft.comments.append(value)
        return draft, end
    if character == "<":
        return _angle(text, at, draft)
    if character in ",;":
        if _is_half_a_name(draft, text, at):
            draft.name.append(", ")
            return draft, at + 1
        drafts.append(draft)
        return _Draft(), at + 1
    if character == ":" and draft.address is None and not _looks_like_mailto(draft):
        return _Draft(), at + 1
    draft.name.append(character if character == ":" else "")
    return draft, at + 1


def _looks_like_mailto(draft: _Draft) -> bool:
    return "".join(draft.name).strip().lower() in {"mailto", "smtp"}


def _is_half_a_name(draft: _Draft, text: str, at: int) -> bool:
    """True for the comma of an unquoted "Doe, John <john@…>": no address yet, and an angle before the next comma."""
    if draft.address is not None or text[at] == ";" or draft.quoted:
        return False
    name = "".join(draft.name)
    if not name.strip() or "@" in name or "," in name:
        return False
    ahead = re.compile(r"[^,;@<]{1,80}<").match(text, at + 1)
    return ahead is not None


def _quoted(text: str, at: int) -> tuple[str, int]:
    end = at + 1
    out = []
    while end < len(text) and text[end] != '"':
        if text[end] == "\\" and end + 1 < len(text):
            end += 1
        out.append(text[end])
        end += 1
    return "".join(out), end + 1


def _comment(text: str, at: int) -> tuple[str, int]:
    depth, end = 0, at
    while end < len(text):
        character = text[end]
        if character == "\\":
            end += 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                break
        end += 1
    return text[at + 1 : end], end + 1


def _angle(text: str, at: int, draft: _Draft) -> tuple[_Draft, int]:
    end = text.find(">", at)
    end = len(text) if end < 0 else end
    inner = text[at + 1 : end]
    if "<" in inner:
        inner = inner.rpartition("<")[2]
    inner = inner.rpartition(":")[2] if inner.startswith("@") else inner
    inner = re.sub(r"^\s*(?:mailto|smtp):", "", inner, flags=re.IGNORECASE)
    address = _without_comments(inner).strip()
    if draft.address is None or "@" not in draft.address:
        draft.address = address
    return draft, end + 1


def _without_comments(text: str) -> str:
    out, position = [], 0
    while (start := text.find("(", position)) >= 0:
        out.append(text[position:start])
        _, position = _comment(text, start)
    return "".join([*out, text[position:]])


def _finish(draft: _Draft) -> Mailbox | None:
    name = clean_name("".join(draft.name))
    if draft.address is None:
        return _bare(name, draft)
    address = re.sub(r"\s+", "", draft.address)
    if not address and not name:
        return None
    if "@" not in address and (spoken := PLAIN_ADDRESS.search(name)):
        address, name = spoken[0], name.replace(spoken[0], "").strip(" <>()")
    return Mailbox(name or clean_name(" ".join(draft.comments)), clean_address(address))


def _bare(name: str, draft: _Draft) -> Mailbox | None:
    """An address without angle brackets, its name in a comment (RFC 822) or around it."""
    quoted = QUOTED_ADDRESS.search("".join(draft.name)) if draft.quoted else None
    if quoted:
        return Mailbox(clean_name(" ".join(draft.comments)), quoted[0])
    match = SPOKEN_ADDRESS.search(name)
    if match is None:
        compact = re.sub(r"\s+", "", name)
        match = PLAIN_ADDRESS.fullmatch(compact) if name.count("@") == 1 else None
        if match or LOCAL_NAME.fullmatch(name):
            return Mailbox(clean_name(" ".join(draft.comments)), clean_address(compact))
        return None
    rest = (name[: match.start()] + name[match.end() :]).strip(" <>()[]\"'")
    return Mailbox(rest or clean_name(" ".join(draft.comments)), clean_address(match[0]))


def clean_name(text: str) -> str:
    """A display name: encoded words decoded, one space between words, quotes around the whole removed."""
    name = " ".join(CONTROL.sub(" ", decode_words(text)).split())
    while len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name.strip('"')


def clean_address(address: str) -> str:
    """An address without brackets, stray punctuation or control characters; case as written."""
    return CONTROL.sub("", decode_words(address)).strip(" <>.,;:'\"" if not address.startswith('"') else " <>.,;:")


def is_sound(address: str) -> bool:
    """True when nobody can read two different addresses out of it (CVE-2023-27043)."""
    local, at, domain = address.rpartition("@")
    return bool(at and local and domain) and not re.search(r'[\s()<>,;:\\"\[\]@]', local + domain)


def read_spoken_mailbox(text: str) -> Mailbox | None:
    """The mailbox in a "From:" line of a quoted or forwarded mail, as clients print it for people."""
    boxes = read_spoken_mailboxes(text)
    return boxes[0] if boxes else None


def read_spoken_mailboxes(text: str) -> tuple[Mailbox, ...]:
    """Mailboxes as printed for people: "Name [mailto:a@b]", "Name (a@b)", "a@b <mailto:a@b>", or names alone."""
    plain = MAILTO.sub(r" <\1> ", text[:4000].replace("*", " "))
    plain = re.sub(r"[\[(]\s*([^\s<>()\[\]]+@[^\s<>()\[\]]+)\s*[\])]", r" <\1> ", plain)
    plain = re.sub(r"<([^<>\s]+@[^<>\s]+)>\s*(?:<\1>\s*)+", r"<\1>", plain)
    plain = re.sub(r"([^\s<>,;]+@[^\s<>,;]+)\s*<\1>", r"<\1>", plain)
    found = read_addresses(plain)
    if found:
        return tuple(_named(box) for box in found)
    names: Sequence[str] = [name.strip(" \"'") for name in plain.split(";")]
    return tuple(Mailbox(clean_name(name), "") for name in names if name and len(name) < 200)


def _named(box: Mailbox) -> Mailbox:
    return Mailbox("" if box.name.lower() == box.address.lower() else box.name, box.address)
