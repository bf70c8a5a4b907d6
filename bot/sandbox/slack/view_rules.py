"""What a modal or a home tab may be, as tables, and the gate every view passes."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.blocks import IN_MODAL, block_problems, with_ids
from bot.sandbox.slack.element_rules import plain
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.rules import ByType, Flag, Rule, Shape, Str, complaint
from bot.sandbox.slack.world import Json

MAX_BLOCKS = 100


class AnyBlocks:
    """A place for blocks; what they hold is checked by their own tables."""

    def check(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield complaint("must be an array", at)


COMMON: dict[str, Rule] = {
    "blocks": AnyBlocks(),
    "private_metadata": Str(3000, least=0),
    "callback_id": Str(255, least=0),
    "external_id": Str(255, least=0),
}

VIEWS = ByType(
    {
        "modal": Shape(
            {
                **COMMON,
                "title": plain(24),
                "submit": plain(24),
                "close": plain(24),
                "clear_on_close": Flag(),
                "notify_on_close": Flag(),
                "submit_disabled": Flag(),
            },
            required=("title", "blocks"),
        ),
        "home": Shape(COMMON, required=("blocks",)),
    }
)


def accept_view(view: Any, kind: str) -> Json:
    """`view` with ids filled in; SlackError("invalid_arguments") says what is wrong."""
    problems = list(VIEWS.only(kind).check(view, "/view"))
    blocks = view.get("blocks") if isinstance(view, dict) else None
    if isinstance(blocks, list):
        problems += block_problems(blocks, "/view/blocks", IN_MODAL, MAX_BLOCKS)
        problems += _no_way_to_submit(view, blocks)
    if problems:
        raise SlackError("invalid_arguments", *problems)
    return {**view, "blocks": with_ids(view["blocks"])}


def _no_way_to_submit(view: Json, blocks: list[Any]) -> list[str]:
    inputs = [block for block in blocks if isinstance(block, dict) and block.get("type") == "input"]
    if view.get("type") == "modal" and inputs and "submit" not in view:
        return [complaint("`submit` is required when an `input` is in blocks", "/view")]
    return []
