"""Cuts Markdown into passages that carry the path of headings they stand under."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 700

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences of one document. `section` is the heading path, "Refunds > Annual plans"."""

    document: str
    section: str
    text: str


def passages_of(document: str, markdown: str) -> list[Passage]:
    """The passages of one document in reading order, none longer than about `LONGEST` characters."""
    return [
        Passage(document, section, part)
        for section, body in _sections(_without_front_matter(markdown))
        for part in _parts(body)
    ]


def _without_front_matter(markdown: str) -> str:
    if not markdown.startswith("---\n"):
        return markdown
    end = markdown.find("\n---", 4)
    return markdown if end < 0 else markdown[end + 4 :]


def _sections(markdown: str) -> Iterator[tuple[str, str]]:
    """(heading path, text) of each stretch between headings; a `#` inside a code fence is no heading."""
    path: list[str] = []
    lines: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        yield " > ".join(path), "\n".join(lines)
        depth = len(heading[1])
        path = [*path[: depth - 1], heading[2]]
        lines = []
    yield " > ".join(path), "\n".join(lines)


def _parts(body: str) -> Iterator[str]:
    """Paragraphs put together until they are long enough."""
    part = ""
    for paragraph in re.split(r"\n\s*\n", body.strip()):
        if part and len(part) + len(paragraph) > LONGEST:
            yield part
            part = ""
        part = f"{part}\n\n{paragraph}" if part else paragraph
    if part.strip():
        yield part
