"""The last look before a message leaves: what Slack would refuse, and what must never be sent. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from channels.slack.links import target_of

Element = dict[str, Any]

MOST_BLOCKS = 50
MOST_CHARACTERS = 10_000
LONGEST_TEXT = 4_000
LONGEST_ID = 255
INLINE = frozenset({"text", "link", "date"})
CONTAINERS = frozenset({"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"})


class Refused(ValueError):
    """A message we built must not be sent; the text names every reason."""


def validate_message(blocks: Sequence[Element], text: str) -> None:
    """Raise Refused unless Slack would take the message and nothing in it can ping, link astray or format.

    Limits: https://docs.slack.dev/reference/block-kit/blocks and our budget of 10,000 characters.
    """
    problems = [*_whole(blocks, text), *(why for block in blocks for why in _block(block))]
    if problems:
        raise Refused("; ".join(problems))


def _whole(blocks: Sequence[Element], text: str) -> Iterator[str]:
    if not 1 <= len(blocks) <= MOST_BLOCKS:
        yield f"{len(blocks)} blocks (1 to {MOST_BLOCKS} are allowed)"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "a block_id is used twice"
    if any(not 1 <= len(block_id) <= LONGEST_ID for block_id in ids):
        yield "a block_id is empty or too long"
    if sum(map(characters, blocks)) > MOST_CHARACTERS:
        yield f"more than {MOST_CHARACTERS} characters"
    if not text.strip() or len(text) > LONGEST_TEXT:
        yield "the fallback text is empty or too long"
    if "<" in text or ">" in text:
        yield "the fallback text is not escaped"


def _block(block: Element) -> Iterator[str]:
    match block.get("type"):
        case "rich_text":
            yield from (why for element in _some(block, "elements") for why in _rich(element))
        case "header":
            yield from _plain(block.get("text"), 150)
        case "section":
            yield from _plain(block.get("text"), 3_000)
        case "context":
            yield from _count(block, "elements", 10)
            yield from (why for element in block["elements"] for why in _plain(element, 2_000))
        case "actions":
            yield from _count(block, "elements", 25)
            yield from _buttons(block["elements"])
        case "context_actions":
            yield from _count(block, "elements", 5)
            yield from (why for element in block["elements"] for why in _feedback(element))
        case "divider":
            return
        case other:
            yield f"block type {other!r} is none of ours"


def _rich(element: Element) -> Iterator[str]:
    kind = element.get("type")
    if kind in CONTAINERS:
        yield from (why for one in _some(element, "elements") for why in _rich(one))
        if not element.get("elements"):
            yield f"an empty {kind}"
    elif kind not in INLINE:
        yield f"rich_text element {kind!r} is none of ours"
    elif kind == "text" and not element.get("text"):
        yield "an empty text"
    elif kind == "date" and not (element.get("format") and element.get("fallback") and element.get("timestamp")):
        yield "a date that says nothing"
    elif kind == "link" and target_of(element.get("url", "")) is None:
        yield "a link that is neither https nor mailto"


def _buttons(buttons: Sequence[Element]) -> Iterator[str]:
    names = [button.get("action_id", "") for button in buttons]
    if len(names) != len(set(names)):
        yield "an action_id is used twice"
    for button in buttons:
        yield from _plain(button.get("text"), 75)
        if button.get("type") != "button" or len(button.get("value", "")) > 2_000:
            yield "a button with too long a value, or none at all"
        if button.get("style", "primary") not in ("primary", "danger"):
            yield f"button style {button['style']!r}"
        if not 1 <= len(button.get("action_id", "")) <= LONGEST_ID:
            yield "an action_id is empty or too long"
        yield from _confirm(button.get("confirm"))


def _feedback(element: Element) -> Iterator[str]:
    if element.get("type") != "feedback_buttons":
        yield f"element {element.get('type')!r} is none of ours"
        return
    for side in ("positive_button", "negative_button"):
        button = element.get(side) or {}
        yield from _plain(button.get("text"), 75)
        if not 1 <= len(button.get("value", "")) <= 2_000:
            yield "a feedback button without a value, or with too long a one"


def _confirm(dialog: Element | None) -> Iterator[str]:
    if dialog is not None:
        for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            yield from _plain(dialog.get(name), limit)


def _plain(text: Element | None, limit: int) -> Iterator[str]:
    """Plain text only: we never need mrkdwn, so none may slip through."""
    if not text or text.get("type") != "plain_text":
        yield "text that is not plain_text"
    elif not 1 <= len(text.get("text", "")) <= limit:
        yield f"a text that is empty or longer than {limit}"


def _count(block: Element, name: str, most: int) -> Iterator[str]:
    if not 1 <= len(_some(block, name)) <= most:
        yield f"{len(_some(block, name))} elements in {block['type']} (1 to {most} are allowed)"


def _some(block: Element, name: str) -> Sequence[Element]:
    return block.get(name) or []


def characters(value: object) -> int:
    """Characters of everything people see in `value`, addresses included."""
    if isinstance(value, dict):
        shown = sum(len(value[name]) for name in ("text", "url", "fallback") if isinstance(value.get(name), str))
        return shown + sum(characters(one) for one in value.values() if isinstance(one, dict | list))
    return sum(map(characters, value)) if isinstance(value, list) else 0
