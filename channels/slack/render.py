"""Markdown of a model turned into Slack rich_text, whose text elements are literal: nothing in it can ping. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from channels.slack.escape import cut, escaped, seen
from channels.slack.links import Element, linked, text_element, with_bare_links
from channels.slack.numbering import with_plain_numbers
from channels.slack.split import plain, split

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
STYLES = {"strong": "bold", "em": "italic", "s": "strike"}
DEEPEST_INDENT = 8
MOST_CITATIONS = 10
LONGEST_CITATION = 140
BULLET = "• "
DOCUMENT = re.compile(r"\.(?:md|markdown|txt|rst|html?|pdf)$", re.IGNORECASE)
RATE_ACTION = "hd:rate"


@dataclass(frozen=True, slots=True)
class Part:
    """One Slack message: blocks and the escaped text that notifications and screen readers use."""

    blocks: list[Element]
    text: str


def render(markdown: str, citations: Sequence[tuple[str, str]] = (), rating: str = "") -> list[Part]:
    """`markdown` as one or more messages of at most 10,000 characters, numbered when there are several.

    Only text and https/mailto links come out, whatever goes in; the same input gives the same parts.
    Citations and the question for a rating follow the last part. Raises ValueError when there is nothing to say.
    """
    elements = rich_text(markdown)
    if not elements:
        raise ValueError("there is nothing to say in this text")
    groups = split(elements)
    parts = [_part(group, number, len(groups)) for number, group in enumerate(groups, 1)]
    if citations:
        parts[-1].blocks.append(_cited(citations))
    if rating:
        parts[-1].blocks.append(rating_block(rating))
    return parts


def rich_text(markdown: str) -> list[Element]:
    """The elements of a rich_text block for `markdown`; empty when nothing visible is in it."""
    source = seen(markdown)
    elements = with_plain_numbers(_merged(_blocks(SyntaxTreeNode(MARKDOWN.parse(source)))))
    for element in elements:
        if element["type"] == "rich_text_section":
            element["elements"] = _compact(element["elements"])
    if plain(elements).strip():
        return elements
    # Link definitions and empty code blocks show nothing; the reader gets the source rather than silence.
    return [_section([text_element(source.strip(), {})])] if source.strip() else []


def literal(text: str) -> Element:
    """A rich_text block that shows `text` as it is."""
    return {"type": "rich_text", "elements": [_section([text_element(seen(text).strip() or "…", {})])]}


def _part(elements: list[Element], number: int, of: int) -> Part:
    if of > 1:
        elements = [_section([text_element(f"({number}/{of})\n", {"italic": True})]), *elements]
    return Part([{"type": "rich_text", "elements": elements}], escaped(plain(elements)).strip() or "…")


def _cited(citations: Sequence[tuple[str, str]]) -> Element:
    shown = [source_line(document, section) for document, section in citations]
    lines = [f"{number}. {name}" for number, name in enumerate(shown, 1)]
    if len(lines) > MOST_CITATIONS:
        lines = [*lines[: MOST_CITATIONS - 1], f"… and {len(lines) - MOST_CITATIONS + 1} more"]
    texts = [{"type": "plain_text", "text": cut(line, LONGEST_CITATION), "emoji": False} for line in lines]
    return {"type": "context", "elements": texts}


def source_line(document: str, section: str) -> str:
    """ "Return policy › Refunds › Annual plans" for "guides/return-policy.md" and "Refunds > Annual plans"."""
    name = document.rpartition("/")[2]
    title = DOCUMENT.sub("", name).replace("-", " ").replace("_", " ").strip() or name
    steps = [title[:1].upper() + title[1:], *(step.strip() for step in section.split(" > "))]
    return " › ".join(step for number, step in enumerate(steps) if step and step not in steps[:number])


def rating_block(value: str) -> Element:
    """Two buttons that ask whether we helped; the press comes back as "rate" with `value` and ":good" or ":bad"."""

    def button(label: str, verdict: str) -> Element:
        return {"text": {"type": "plain_text", "text": label, "emoji": False}, "value": f"{value}:{verdict}"}

    buttons = {
        "type": "feedback_buttons",
        "action_id": RATE_ACTION,
        "positive_button": button("Yes", "good"),
        "negative_button": button("No", "bad"),
    }
    return {"type": "context_actions", "elements": [buttons]}


# ------------------------------------------------------------------ blocks of Markdown


def _blocks(node: SyntaxTreeNode) -> Iterator[Element]:
    for child in node.children:
        match child.type:
            case "paragraph":
                yield _section(_inline(child, {}))
            case "heading":
                yield _section(_inline(child, {"bold": True}))
            case "bullet_list" | "ordered_list":
                yield from _list(child, 0)
            case "blockquote":
                yield {"type": "rich_text_quote", "elements": _compact(_flat(child))}
            case "fence" | "code_block":
                yield _preformatted(child.content)
            case "table":
                yield _preformatted(_table(child))
            case "hr":
                yield _section([text_element("———", {})])


def _section(elements: list[Element]) -> Element:
    return {"type": "rich_text_section", "elements": elements}


def _preformatted(text: str) -> Element:
    return {"type": "rich_text_preformatted", "elements": [text_element(text.rstrip("\n") or " ", {})]}


def _list(node: SyntaxTreeNode, indent: int) -> Iterator[Element]:
    """A list as Slack wants it: runs of items of one indent, interrupted by what is nested in them."""
    ordered = node.type == "ordered_list"
    number = int(node.attrs.get("start") or 1) if ordered else 1
    run = _Run("ordered" if ordered else "bullet", indent, number)
    for item in node.children:
        run.begin_item()
        for child in item.children:
            if child.type in ("paragraph", "heading"):
                run.say(_compact(_inline(child, {"bold": True} if child.type == "heading" else {})))
                continue
            yield from run.end()
            yield from _list(child, indent + 1) if child.type.endswith("_list") else _blocks_of(child)
    yield from run.end()


def _blocks_of(child: SyntaxTreeNode) -> Iterator[Element]:
    if child.type == "blockquote":
        yield {"type": "rich_text_quote", "elements": _compact(_flat(child))}
    elif child.type == "table":
        yield _preformatted(_table(child))
    elif child.content:
        yield _preformatted(child.content)


class _Run:
    """Items of one list that are still together; numbering goes on after an interruption."""

    def __init__(self, style: str, indent: int, number: int):
        self._style, self._indent, self._next = style, min(indent, DEEPEST_INDENT), number
        self._items: list[Element] = []
        self._fresh = True

    def begin_item(self) -> None:
        self._fresh = True

    def say(self, elements: list[Element]) -> None:
        """The next paragraph of the current item: a new bullet when it is its first."""
        if self._fresh or not self._items:
            self._items.append(_section(elements))
            self._fresh = False
        else:
            self._items[-1]["elements"] += [text_element("\n", {}), *elements]

    def end(self) -> Iterator[Element]:
        if not self._items:
            return
        offset = {"offset": self._next - 1} if self._style == "ordered" and self._next > 1 else {}
        items, self._items = self._items, []
        self._next += len(items)
        yield {"type": "rich_text_list", "style": self._style, "indent": self._indent, **offset, "elements": items}


def _flat(node: SyntaxTreeNode) -> list[Element]:
    """Everything inside a quotation as running text: a quotation cannot hold lists or code blocks."""
    lines: list[list[Element]] = []
    for child in node.children:
        match child.type:
            case "paragraph" | "heading":
                lines.append(_inline(child, {}))
            case "fence" | "code_block":
                lines.append([text_element(child.content.rstrip("\n"), {"code": True})])
            case "bullet_list" | "ordered_list":
                lines += [[text_element(BULLET, {}), *_flat(item)] for item in child.children]
            case "table":
                lines.append([text_element(_table(child), {"code": True})])
            case "blockquote":
                lines.append(_flat(child))
            case "hr":
                lines.append([text_element("———", {})])
    return [element for number, line in enumerate(lines) for element in (*_newline(number), *line)]


def _newline(number: int) -> list[Element]:
    return [text_element("\n", {})] if number else []


def _table(node: SyntaxTreeNode) -> str:
    rows = [[plain(_inline(cell, {})) for cell in row.children] for part in node.children for row in part.children]
    widths = [max(len(row[column]) for row in rows if column < len(row)) for column in range(max(map(len, rows)))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


# ------------------------------------------------------------------ inside a paragraph


def _inline(node: SyntaxTreeNode, style: Element) -> list[Element]:
    return [element for child in node.children for element in _span(child, style)]


def _span(node: SyntaxTreeNode, style: Element) -> list[Element]:
    match node.type:
        case "text" | "text_special":
            return with_bare_links(node.content, style)
        case "softbreak" | "hardbreak":
            return [text_element("\n", {})]
        case "code_inline":
            return [text_element(node.content, {**style, "code": True})]
        case "link":
            return linked(str(node.attrs.get("href") or ""), plain(_inline(node, {})), style)
        case "image":
            return linked(str(node.attrs.get("src") or ""), node.content, style)
        case _:
            added = {STYLES[node.type]: True} if node.type in STYLES else {}
            return _inline(node, {**style, **added})


def _compact(elements: list[Element]) -> list[Element]:
    """Neighbours of one style joined, nothing empty left: Slack refuses empty text and empty sections."""
    joined: list[Element] = []
    for element in elements:
        if element["type"] == "text" and not element["text"]:
            continue
        last = joined[-1] if joined else None
        if last and last["type"] == element["type"] == "text" and last.get("style") == element.get("style"):
            joined[-1] = text_element(last["text"] + element["text"], element.get("style", {}))
        else:
            joined.append(element)
    return joined or [text_element(" ", {})]


def _merged(elements: Iterator[Element]) -> list[Element]:
    """Neighbouring paragraphs become one section with a blank line between; air before and after the rest."""
    merged: list[Element] = []
    for element in elements:
        last = merged[-1] if merged else None
        if element["type"] != "rich_text_section":
            if last and last["type"] == "rich_text_section":
                last["elements"].append(text_element("\n", {}))
            merged.append(element)
        elif last and last["type"] == "rich_text_section":
            last["elements"] += [text_element("\n\n", {}), *element["elements"]]
        else:
            air = [text_element("\n", {})] if last and last["type"] == "rich_text_list" else []
            merged.append(_section([*air, *element["elements"]]))
    return merged
