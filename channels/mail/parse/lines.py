"""One line of a body with what is known about it, and the characters nobody sees taken out."""

import re
from dataclasses import dataclass

from channels.mail.parse import limits

# Zero-width, bidi and tag characters, soft hyphens; joiners stay where scripts and emoji need them.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff\U0001d173-\U0001d17a]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
NEWLINE = re.compile(r"\r\n|\r|\x0c|\x85|\u2028|\u2029")


@dataclass(frozen=True, slots=True)
class Line:
    """`mark` is what the HTML said (quote, signature, weak or ""); `split` starts old text; `rule` is a drawn line."""

    text: str
    mark: str = ""
    split: bool = False
    rule: bool = False


def visible_characters(text: str) -> str:
    """`text` without the characters a person cannot see and a model would still read."""
    if text.isascii():
        return CONTROL.sub("", text)
    return INVISIBLE.sub("", CONTROL.sub("", text))


def plain_text(text: str) -> str:
    """One kind of newline, no invisible characters, nothing else changed."""
    return visible_characters(NEWLINE.sub("\n", text))


def as_lines(text: str) -> list[Line]:
    """Plain text as unmarked lines; what is beyond limits.TEXT_LINES comes as one last line."""
    return [Line(line.rstrip()) for line in text.split("\n", limits.TEXT_LINES)]


def joined(lines: list[Line]) -> str:
    """Lines as text, without blank lines at the rims."""
    return "\n".join(line.text for line in lines).strip("\n").rstrip()


def folded(text: str) -> str:
    """Lower case with one space between words, for looking words up; Turkish and typographic variants made equal."""
    return " ".join(text.lower().replace("i\u0307", "i").replace("\u2019", "'").split())
