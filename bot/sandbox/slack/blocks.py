"""Block Kit's blocks as tables, and the gate every message passes: refused here as Slack refuses them."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.element_rules import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    NAME,
    WEB_URL,
    either,
    plain,
)
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.rich_text_rules import RICH_TEXT_ELEMENTS
from bot.sandbox.slack.rules import ByType, Flag, Many, OneOf, Rule, Shape, Str, complaint
from bot.sandbox.slack.world import Json

MAX_BLOCKS = 50
# Undocumented by Slack; messages fail between 13,172 and 13,297 characters over all blocks together.
MAX_CHARACTERS = 13_200
STRUCTURE = ("type", "block_id", "action_id", "style")

ID: dict[str, Rule] = {"block_id": NAME}
SLACK_FILE = Shape({"id": Str(255), "url": WEB_URL}, any_of=("id", "url"))
PICTURE: dict[str, Rule] = {"image_url": WEB_URL, "slack_file": SLACK_FILE, "alt_text": Str(2000)}
IMAGE = Shape(PICTURE, required=("alt_text",), any_of=("image_url", "slack_file"))
CELL = ByType(
    {
        "raw_text": Shape({"text": Str(3000)}, required=("text",)),
        "rich_text": Shape({"elements": RICH_TEXT_ELEMENTS}, required=("elements",)),
    }
)
COLUMN = Shape({"align": OneOf(("left", "center", "right")), "is_wrapped": Flag()})

BLOCKS = ByType(
    {
        "section": Shape(
            {
                **ID,
                "text": either(3000),
                "fields": Many(either(2000), 10),
                "accessory": ByType({**IN_SECTION.shapes, "image": IMAGE}),
                "expand": Flag(),
            },
            any_of=("text", "fields"),
        ),
        "header": Shape({**ID, "text": plain(150)}, required=("text",)),
        "divider": Shape(ID),
        "image": Shape(
            {**ID, **PICTURE, "title": plain(2000)}, required=("alt_text",), any_of=("image_url", "slack_file")
        ),
        "actions": Shape({**ID, "elements": Many(IN_ACTIONS, 25)}, required=("elements",)),
        "context": Shape(
            {**ID, "elements": Many(ByType({**either(3000).shapes, "image": IMAGE}), 10)}, required=("elements",)
        ),
        "context_actions": Shape({**ID, "elements": Many(IN_CONTEXT_ACTIONS, 5)}, required=("elements",)),
        "input": Shape(
            {
                **ID,
                "label": plain(2000),
                "element": IN_INPUT,
                "hint": plain(2000),
                "optional": Flag(),
                "dispatch_action": Flag(),
            },
            required=("label", "element"),
        ),
        "rich_text": Shape({**ID, "elements": RICH_TEXT_ELEMENTS}, required=("elements",)),
        "markdown": Shape({**ID, "text": Str(12_000)}, required=("text",)),
        "file": Shape(
            {**ID, "external_id": Str(255), "source": OneOf(("remote",))}, required=("external_id", "source")
        ),
        "video": Shape(
            {
                **ID,
                "title": plain(199),
                "title_url": WEB_URL,
                "alt_text": Str(2000),
                "video_url": WEB_URL,
                "thumbnail_url": WEB_URL,
                "description": plain(199),
                "author_name": Str(49),
                "provider_name": Str(255),
                "provider_icon_url": WEB_URL,
            },
            required=("title", "alt_text", "video_url", "thumbnail_url"),
        ),
        "table": Shape(
            {**ID, "rows": Many(Many(CELL, 20), 100), "column_settings": Many(COLUMN, 20)}, required=("rows",)
        ),
    }
)

IN_MODAL = BLOCKS.only("section", "header", "divider", "image", "actions", "context", "input", "rich_text", "video")


def accept_message_blocks(blocks: Any) -> list[Json]:
    """`blocks` as Slack would store them, ids filled in; SlackError("invalid_blocks") says what is wrong."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = list(block_problems(blocks, "/blocks", BLOCKS, MAX_BLOCKS))
    if problems:
        raise SlackError("invalid_blocks", *problems)
    if sum(_characters(blocks)) > MAX_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks)


def block_problems(blocks: Any, at: str, allowed: ByType, most: int) -> Iterator[str]:
    """Everything Slack would refuse in a list of blocks."""
    yield from Many(allowed, most, least=0).check(blocks, at)
    yield from _repeated([block for block in blocks if isinstance(block, dict)], "block_id", at)
    for index, block in enumerate(blocks):
        if isinstance(block, dict):
            yield from _repeated(elements_of(block), "action_id", f"{at}/{index}")


def elements_of(block: Json) -> list[Json]:
    """The interactive elements of one block."""
    if block.get("type") in ("actions", "context_actions"):
        inside = block.get("elements")
    elif block.get("type") == "input":
        inside = [block.get("element")]
    else:
        inside = [block.get("accessory")]
    found = inside if isinstance(inside, list) else []
    return [element for element in found if isinstance(element, dict) and element.get("type") != "image"]


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy in which every block has a block_id and every interactive element an action_id."""
    copy: list[Json] = json.loads(json.dumps(blocks))
    for block in copy:
        block.setdefault("block_id", short_id())
        for element in elements_of(block):
            element.setdefault("action_id", short_id())
    return copy


def short_id() -> str:
    return secrets.token_urlsafe(4)


def _repeated(things: list[Json], name: str, at: str) -> Iterator[str]:
    seen: set[str] = set()
    for thing in things:
        value = thing.get(name)
        if isinstance(value, str) and value in seen:
            yield complaint(f"`{name}` already exists: {value}", at)
        elif isinstance(value, str):
            seen.add(value)


def _characters(value: Any) -> Iterator[int]:
    if isinstance(value, str):
        yield len(value)
    elif isinstance(value, list):
        for inner in value:
            yield from _characters(inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in STRUCTURE:
                yield from _characters(inner)
