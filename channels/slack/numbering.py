"""Numbered lists that do not begin at 1, or are interrupted, with their numbers written out. Pure.

Slack's own type definitions know no first number of a list (`offset`), although its documentation does; a typed number
is right wherever the message is read.
"""

from collections.abc import Sequence
from typing import Any

from channels.slack.split import PIECE, length

Element = dict[str, Any]

INDENT = "\u2003\u2003"


def with_plain_numbers(elements: Sequence[Element]) -> list[Element]:
    """`elements` with every numbered list as lines "3. …" when one of them needs a first number, or is to be cut."""
    if not any(_needs_numbers(element) for element in elements):
        return list(elements)
    return [_as_lines(element) if _is_numbered(element) else element for element in elements]


def _is_numbered(element: Element) -> bool:
    return bool(element["type"] == "rich_text_list" and element["style"] == "ordered")


def _needs_numbers(element: Element) -> bool:
    return _is_numbered(element) and ("offset" in element or length(element) > PIECE)


def _as_lines(element: Element) -> Element:
    first = int(element.get("offset", 0)) + 1
    margin = INDENT * int(element.get("indent", 0))
    lines: list[Element] = []
    for number, item in enumerate(element["elements"], first):
        mark = f"{'' if number == first else chr(10)}{margin}{number}. "
        lines += [{"type": "text", "text": mark}, *item["elements"]]
    return {"type": "rich_text_section", "elements": lines}
