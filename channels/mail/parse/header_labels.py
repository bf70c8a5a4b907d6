"""The header lines clients print above quoted and forwarded mail ("From: … Sent: …"), in every language we know."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from channels.mail.parse.header_words import OTHERS, ROWS
from channels.mail.parse.lines import folded

_KIND_ORDER = ("from", "date", "to", "cc", "subject")


def _kinds_by_word() -> dict[str, frozenset[str]]:
    """Every word of the table with the kinds of header it may name."""
    kinds: dict[str, set[str]] = {folded(word): {"other"} for word in OTHERS.split(";")}
    for row in re.split(r"\n(?=\S)", ROWS.strip()):
        for kind, words in zip(_KIND_ORDER, re.split(r"\s\|\s", row)[1:], strict=True):
            for word in words.split(";"):
                kinds.setdefault(folded(word), set()).add(kind)
    return {word: frozenset(found) for word, found in kinds.items() if word}


KINDS = _kinds_by_word()

# "De :", "*From:*", "**Von:**", "> Subject:", "| Date:", "From（差出人）："
LABEL_LINE = re.compile(r"^[\s>|*_•·]*+([^\W\d_][^:：;]{0,28}?)[\s*_]*+[:：][\s*_]*+(.*)$", re.DOTALL)
# Yahoo's Polish "Dw Name <…>": the one label that clients print without its colon.
BARE_COPY_LABEL = re.compile(r"(?<=>)(Dw)\s(?=[^:<>]{1,80}<)")
# "> Message du 02/11/21 09:26" of Orange and La Poste has no colon of its own.
MESSAGE_OF = re.compile(r"^[\s>*]*+(message du)\s+(\d.*)$", re.IGNORECASE)
MAX_BLOCK_LINES = 60
MAX_CONTINUATION = 12
MAX_SHAPED_LINES = 10
MAILBOXES = ("to", "cc", "from")
MAILBOX_SHAPE = re.compile(r"[<\[(](?:mailto:)?[^\s<>@]{1,64}@[^\s<>]{3,255}[>\])]")


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Printed headers from line `start` up to but not including `end`; `values` by kind, first one wins."""

    start: int
    end: int
    values: dict[str, str]

    @property
    def kinds(self) -> set[str]:
        """The kinds of header that say which mail this was."""
        return set(self.values) & {"from", "date", "to", "subject", "cc"}

    @property
    def has_address(self) -> bool:
        """True when somebody's address is printed in it."""
        return any("@" in self.values.get(kind, "") for kind in ("from", "to", "cc"))

    @property
    def is_convincing(self) -> bool:
        """True when only a mail client writes such a block: a person listing travel data does not."""
        if "from" not in self.values:
            stamped = bool(re.search(r"\d{1,2}:\d{2}:\d{2}", self.values.get("date", "")))
            return self.has_address and (stamped or {"subject", "date", "to"} <= self.kinds)
        if self.has_address:
            return len(self.kinds) >= 3 or _has_clock(self.values.get("date", ""))
        # Outlook inside one company prints names alone, and then always From, Sent, To, Subject.
        return "subject" in self.values and tuple(self.values)[:2] == ("from", "date")


def _has_clock(text: str) -> bool:
    return bool(re.search(r"\d{1,2}[:.h]\d{2}", text))


def label_of(line: str) -> tuple[frozenset[str], str] | None:
    """The kinds a line's label may mean and its value, or None for a line that is no printed header."""
    if ":" not in line[:60] and "：" not in line[:60]:
        return None
    match = MESSAGE_OF.match(line) or LABEL_LINE.match(line)
    if not match:
        return None
    label = folded(match[1]).strip("*_ ")
    kinds = KINDS.get(label) or KINDS.get(label.replace(" ", ""))
    return (kinds, match[2].strip(" \t*_")) if kinds else None


def read_block(lines: Sequence[str], start: int) -> HeaderBlock | None:
    """The printed headers that begin on line `start`; None when fewer than two stand there."""
    known = _known_block(lines, start)
    if known is not None and len(known.kinds) > 3:
        return known
    guessed = _shaped_block(lines, start)
    return guessed if guessed is not None and (known is None or len(guessed.kinds) > len(known.kinds)) else known


def _known_block(lines: Sequence[str], start: int) -> HeaderBlock | None:
    """Printed headers whose words we know, and those among them that we do not."""
    if label_of(lines[start]) is None:
        return None
    values: dict[str, str] = {}
    last, end, loose = "", start, 0
    for index in range(start, min(len(lines), start + MAX_BLOCK_LINES)):
        line = lines[index]
        found = label_of(line)
        if found is not None and (kind := _unused(found[0], values)):
            last, end, loose = kind, index + 1, 0
            values.setdefault(kind, found[1])
        elif last in MAILBOXES and "date" not in values and _is_lone_date(line):
            values["date"], end, last = _bare(line), index + 1, ""
        elif len(values) >= 2 and _is_unknown_header(lines, index, values):
            end, last = index + 1, ""
        elif not _bare(line):
            if not _header_follows(lines, index, values) and not _waits(lines, index, last, values):
                break
        elif last and loose < MAX_CONTINUATION and _continues(line, last, values[last], lines, index, values):
            values[last] = f"{values[last]} {_bare(line)}".strip()
            end, loose = index + 1, loose + 1
        else:
            break
    return HeaderBlock(start, end, values) if len(values) >= 2 else None


def _shaped_block(lines: Sequence[str], start: int) -> HeaderBlock | None:
    """Printed headers in words nobody listed, told by their shape: a mailbox, a day with a time, a mailbox, a subject.

    Only in words that are not plain ASCII: those languages are listed, and people fill in forms.
    """
    rows: list[tuple[str, str]] = []
    for line in lines[start : start + MAX_SHAPED_LINES]:
        match = LABEL_LINE.match(line[:600]) if ":" in line[:60] or "：" in line[:60] else None
        if not match or not match[2].strip() or len(match[1].split()) > 3:
            break
        rows.append((folded(match[1]).strip("*_ "), match[2].strip(" \t*_")))
    if len(rows) < 4 or sum(label not in KINDS and not label.isascii() for label, _ in rows) < 2:
        return None
    values: dict[str, str] = {}
    for label, value in rows:
        kinds = KINDS.get(label) or frozenset({_shape_of(value, values)})
        if kind := _unused(kinds, values):
            values.setdefault(kind, value)
    block = HeaderBlock(start, start + len(rows), values)
    shaped = {"from", "date", "subject"} <= block.kinds and MAILBOX_SHAPE.search(values["from"]) is not None
    return block if shaped and _has_clock(values["date"]) else None


def _shape_of(value: str, values: dict[str, str]) -> str:
    """The kind a header must be by what stands behind its unknown word."""
    if "@" in value:
        return next((kind for kind in ("from", "to", "cc") if kind not in values), "other")
    if "date" not in values and _has_clock(value) and re.search(r"\d{1,2}\D", value):
        return "date"
    return "subject" if "subject" not in values else "other"


def _unused(kinds: frozenset[str], values: dict[str, str]) -> str:
    """The kind an ambiguous label ("A:", "Data:", "od:") means here: one that has not been seen in this block."""
    for kind in ("from", "date", "to", "cc", "subject", "other"):
        if kind in kinds and (kind not in values or kind in ("cc", "other")):
            return kind
    return ""


def _is_unknown_header(lines: Sequence[str], index: int, values: dict[str, str]) -> bool:
    """A header in words we do not know, between headers we know or with an address behind it."""
    match = LABEL_LINE.match(lines[index])
    if not match or not match[2].strip() or lines[index][:1].isspace():
        return False
    following = label_of(lines[index + 1]) if index + 1 < len(lines) else None
    if following is not None and _unused(following[0], values):
        return True
    return len(values) >= 3 and "@" in match[2] and "@" not in match[1] and len(match[1].split()) <= 3


def _waits(lines: Sequence[str], index: int, last: str, values: dict[str, str]) -> bool:
    """True when a header still lacks its value below a blank line, which an empty "Cc:" never gets."""
    if last not in ("from", "date", "to") or values[last] or index + 1 >= len(lines):
        return False
    return lines[index + 1].lstrip()[:1] != ">" or lines[index].lstrip()[:1] == ">"


def _is_lone_date(line: str) -> bool:
    """True for the "On Tuesday, November 2nd, 2021 at 9:26 AM" that Proton prints among its headers."""
    return len(line) < 80 and "@" not in line and _has_clock(line) and bool(re.search(r"\b(?:19|20)\d\d\b", line))


def read_bare_block(lines: Sequence[str], start: int) -> HeaderBlock | None:
    """Printed headers without colons, as tables come out as text: "| From | Ann <ann@x.example> |", "Von Ann <…>".

    Only below a delimiter: elsewhere a line that begins with "To" is a sentence.
    """
    values: dict[str, str] = {}
    end = start
    for index in range(start, min(len(lines), start + MAX_SHAPED_LINES)):
        found = _bare_label_of(lines[index])
        kind = _unused(found[0], values) if found is not None else ""
        if found is None or not kind:
            break
        values.setdefault(kind, found[1])
        end = index + 1
    block = HeaderBlock(start, end, values)
    return block if len(block.kinds) >= 3 and "@" in values.get("from", "") else None


def _bare_label_of(line: str) -> tuple[frozenset[str], str] | None:
    """As `label_of` for a line whose label ends at a bar or at white space."""
    line = line.strip(" \t|>*_")[:600]
    words = re.split(r"(\s*\|\s*|\s+)", line, maxsplit=3)
    for size in (5, 3, 1):
        label, rest = "".join(words[:size]), "".join(words[size + 1 :])
        if len(words) > size and (kinds := KINDS.get(folded(label.rstrip(":： ")))):
            return kinds, rest.strip(" \t|*_")
    return None


def _bare(line: str) -> str:
    return line.strip(" \t>|*_\u00a0")


def _header_follows(lines: Sequence[str], index: int, values: dict[str, str]) -> bool:
    """One blank line between two printed headers is how HTML paragraphs come out as text."""
    if index + 1 >= len(lines) or ("subject" in values and "from" in values and len(values) >= 4):
        return False
    found = label_of(lines[index + 1])
    return found is not None and bool(_unused(found[0], values)) and "other" not in found[0]


def _continues(line: str, last: str, value: str, lines: Sequence[str], index: int, values: dict[str, str]) -> bool:
    """True when `line` is the wrapped rest of the header before it."""
    following = label_of(lines[index + 1]) if index + 1 < len(lines) else None
    header_follows = following is not None and bool(_unused(following[0], values))
    if not value:
        return last not in MAILBOXES or "@" in line or header_follows
    if line[:1] in " \t" and last != "subject":
        return True
    if last in MAILBOXES and (value.endswith((",", ";", "<")) or value.count("<") > value.count(">")):
        return True
    if last in MAILBOXES and re.match(r"^[\s>*]*<(?:[^>]*@|\s*$)", line):
        return True
    return header_follows


def looks_like_block(lines: Sequence[str], start: int) -> bool:
    """Three "Word: value" lines in a row with an address among them: printed headers in a language not listed."""
    head = list(lines[start : start + 4])
    labelled = [line for line in head if LABEL_LINE.match(line)]
    return len(head) > 2 and labelled[:3] == head[:3] and any("@" in line for line in labelled)


def is_run_on_block(line: str, least: int) -> bool:
    """True for a line that is a whole block of printed headers, from the sender on, with an address in it."""
    return starts_block(line) and len(split_run_on(line, least)) >= least


def starts_block(line: str) -> bool:
    """True for a printed "From:" with an address on its line."""
    found = label_of(line) if "@" in line else None
    return found is not None and "from" in found[0]


def split_run_on(line: str, least: int = 3) -> list[str]:
    """A line with `least` printed headers in a row ("From: … To: … Subject: …"), one a line; [line] when it has fewer.

    Yahoo prints forwards so: the line breaks are lost and labels may touch what stands before them.
    """
    line = BARE_COPY_LABEL.sub(r"\1: ", line)
    starts: list[int] = []
    kinds: set[str] = set()
    for colon in re.finditer(r"[:：]", line[:2000]):
        found = _label_before(line, colon.start())
        if found is not None and not found[1] <= kinds:
            starts.append(found[0])
            kinds |= found[1]
    if len(starts) < least or "from" not in kinds:
        return [line]
    edges = [0, *starts, len(line)] if line[: starts[0]].strip() else [*starts, len(line)]
    return [line[one:other].strip() for one, other in pairwise(edges)]


def _label_before(line: str, colon: int) -> tuple[int, frozenset[str]] | None:
    """Where the longest known label that ends at `colon` starts, and its kinds."""
    for size in range(min(22, colon), 0, -1):
        start = colon - size
        before = line[start - 1 : start]
        capitals = before.isupper() and line[start : start + 2].isupper()
        glued = before.isalnum() and (line[start].islower() or capitals)
        if line[start].isspace() or glued:
            continue
        if kinds := KINDS.get(folded(line[start:colon])):
            return start, kinds
    return None
