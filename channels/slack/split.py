"""Cuts rich_text elements that are too much for one message into groups that are not. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

Element = dict[str, Any]

# Slack fails at about 13,200 characters in all blocks; 10,000 is our budget, of which citations and numbers
# may need 2,000. A single element is kept below PIECE so that a group is always well filled.
ROOM = 8_000
PIECE = 2_500


def split(elements: Iterable[Element]) -> list[list[Element]]:
    """`elements` in their order, in groups of at most ROOM characters, cut between lines, items, sentences or words."""
    groups: list[list[Element]] = [[]]
    used = 0
    for piece in (piece for element in elements for piece in _pieces(element)):
        size = length(piece)
        if groups[-1] and used + size > ROOM:
            groups.append([])
            used = 0
        groups[-1].append(piece)
        used += size
    return groups


def length(element: Element) -> int:
    """Characters of text and addresses in one element."""
    if "elements" in element:
        return sum(map(length, element["elements"]))
    return len(element.get("text", "")) + len(element.get("url", ""))


def plain(elements: Iterable[Element]) -> str:
    """What the elements say, without looks: for notifications, screen readers and table cells."""
    return "\n".join(line for line in map(_plain_block, elements) if line) if _is_blocks(elements) else _run(elements)


def _is_blocks(elements: Iterable[Element]) -> bool:
    return any("elements" in element for element in elements)


def _plain_block(element: Element) -> str:
    if element["type"] == "rich_text_list":
        return "\n".join(f"{_mark(element, at)}{_run(item['elements'])}" for at, item in enumerate(element["elements"]))
    return _run(element["elements"]).strip("\n")


def _mark(element: Element, at: int) -> str:
    dot = f"{at + 1}. " if element["style"] == "ordered" else "• "
    return "  " * int(element.get("indent", 0)) + dot


def _run(elements: Iterable[Element]) -> str:
    return "".join(element.get("text") or element.get("url", "") for element in elements)


def _pieces(element: Element) -> Iterator[Element]:
    if length(element) <= PIECE:
        yield element
    elif element["type"] == "rich_text_list":
        yield from _list_pieces(element)
    else:
        for run in _runs(element["elements"]):
            yield {**element, "elements": run}


def _list_pieces(element: Element) -> Iterator[Element]:
    """Each long list as several; an item too long for itself goes on as plain paragraphs below its bullet."""
    for item in element["elements"]:
        first, *rest = _runs(item["elements"])
        yield {**element, "elements": [{**item, "elements": first}]}
        yield from ({"type": "rich_text_section", "elements": run} for run in rest)


def _runs(elements: list[Element]) -> list[list[Element]]:
    """Inline elements in runs of at most PIECE characters."""
    runs: list[list[Element]] = [[]]
    left = PIECE
    for element in (short for long in elements for short in _short(long)):
        if length(element) > left and runs[-1]:
            runs.append([])
            left = PIECE
        runs[-1].append(element)
        left -= length(element)
    return runs


def _short(element: Element) -> Iterator[Element]:
    if element["type"] != "text" or len(element["text"]) <= PIECE:
        yield element
        return
    text = element["text"]
    while text:
        at = _break(text)
        yield {**element, "text": text[:at]}
        text = text[at:]


def _break(text: str) -> int:
    """Where to cut: after the last paragraph, line, sentence or word that fits, in this order."""
    if len(text) <= PIECE:
        return len(text)
    for mark in ("\n\n", "\n", ". ", " "):
        at = text.rfind(mark, PIECE // 2, PIECE)
        if at > 0:
            return at + len(mark)
    return PIECE
