"""Which parts are the body a person reads, and that body as lines."""

import re
from dataclasses import dataclass, field

from channels.mail.parse import charsets, limits
from channels.mail.parse.flowed import unflow
from channels.mail.parse.html import Page, read_page
from channels.mail.parse.invites import describe_invite
from channels.mail.parse.lines import joined, plain_text
from channels.mail.parse.structure import Part, split_uuencoded
from channels.mail.parse.tnef import read_tnef

META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)
HTML_START = re.compile(rb"\s{0,200}<(?:!doctype html|html)[\s>]", re.IGNORECASE)
STUB = re.compile(
    r"html[- ](?:e-?mail|mail|message|version|format|capable|enabled)|view (?:this|it) (?:e-?mail"
    r"|message)? ?(?:in|as)|does not support html|"
    r"kein html|nicht in html|format html|browser",
    re.IGNORECASE,
)
LINK = re.compile(r"(?:https?://|mailto:|www\.)\S+|\[(?:image|cid):[^\]\n]{0,200}\]")
WORD = re.compile(r"\w{3,}")


@dataclass(slots=True)
class Bodies:
    """The readable parts of one message, where they came from, and the files that stood uuencoded in the text."""

    plain: str = ""
    page: Page | None = None
    parts: list[Part] = field(default_factory=list)
    enclosed: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The text a person reads first."""
        return self.plain or (joined(self.page.lines) if self.page else "")

    @property
    def cids(self) -> frozenset[str]:
        """Content ids of the images the HTML shows."""
        return self.page.cids if self.page else frozenset()


def read_bodies(root: Part) -> Bodies:
    """Find and decode the parts that are the message itself."""
    bodies = Bodies()
    plain: list[str] = []
    html: list[str] = []
    for part in _body_parts(root):
        bodies.parts.append(part)
        data = part.data()
        if part.content_type == "text/html" or HTML_START.match(data):
            html.append(_html_text(data[: limits.TEXT_CHARS * 2], part))
        else:
            data, files = split_uuencoded(data)
            bodies.enclosed.extend(files)
            data = data[: limits.TEXT_CHARS * 2]
            text = plain_text(charsets.decode(data, part.charset))
            flowed = part.params.get("format", "").lower() == "flowed"
            plain.append(unflow(text, part.params.get("delsp", "").lower() == "yes") if flowed else text)
    bodies.plain = "\n".join(text.strip("\n") for text in plain if text.strip())[: limits.TEXT_CHARS]
    if not any(source.strip() for source in (*plain, *html)):
        _read_packed(root, bodies, html)
    if any(source.strip() for source in html):
        bodies.page = read_page("\n".join(html))
    return bodies


def _read_packed(root: Part, bodies: Bodies, html: list[str]) -> None:
    """The text of a mail that is nothing but a winmail.dat or an invitation."""
    packed = next((read_tnef(part.data()) for part in root.walk() if part.content_type.endswith("ms-tnef")), None)
    if packed is not None and (packed.text.strip() or packed.html.strip()):
        bodies.plain = plain_text(packed.text)[: limits.TEXT_CHARS]
        html.append(charsets.decode(packed.html[: limits.TEXT_CHARS * 2]))
    else:
        bodies.plain = _invite(root)


def _invite(root: Part) -> str:
    """The line for a mail that is nothing but an invitation."""
    parts = (part for part in root.walk() if part.content_type == "text/calendar")
    return next((describe_invite(charsets.decode(part.data(), part.charset)) for part in parts), "")


def _html_text(data: bytes, part: Part) -> str:
    declared = part.charset
    if not declared and (match := META_CHARSET.search(data[:4096])):
        declared = match[1].decode("ascii")
    return charsets.decode(data, declared)


def _body_parts(root: Part) -> list[Part]:
    """Text parts in order; of a multipart/alternative every kind once, of the rest those not sent as files."""
    found: list[Part] = []
    _collect(root, found)
    if not found and root.content_type in ("text/plain", "text/html"):
        return [root]
    return found


def _collect(root: Part, found: list[Part]) -> None:
    stack = [root]
    while stack:
        part = stack.pop()
        if part.content_type == "multipart/report":
            stack.extend(part.children[:1])
        elif part.content_type.startswith("multipart/"):
            stack.extend(reversed(part.children))
        elif is_body(part):
            found.append(part)


def is_body(part: Part) -> bool:
    """True for text meant to be read in place, not saved as a file."""
    if part.content_type not in (
        "text/plain",
        "text/html",
        "text/enriched",
        "text/richtext",
        "text/x-markdown",
        "text/markdown",
        "text/x-amp-html",
    ):
        return False
    if part.content_type == "text/x-amp-html":
        return False
    return part.disposition != "attachment" and not part.filename


def has_words_of_its_own(one: str, other: str) -> bool:
    """True when more than a third of the words of `one` do not stand in `other`: they say different things."""
    words = _words(one[:200_000])
    missing = words - _words(other[:400_000])
    return len(words) >= 5 and len(missing) * 3 > len(words)


def _words(text: str) -> set[str]:
    """The words of a text without its links: text parts print addresses that HTML hides behind words."""
    return set(WORD.findall(LINK.sub(" ", text.lower())))


def is_stub(plain: str, html: str) -> bool:
    """True for a text part that only says "please read the HTML"."""
    return len(plain) < 400 and len(html) > len(plain) * 2 and bool(STUB.search(plain))
