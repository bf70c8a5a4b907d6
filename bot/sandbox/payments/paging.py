"""Cursors and `expand`, the two things every Stripe answer shares."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.sandbox.payments.forms import Params, integer
from bot.sandbox.payments.refusal import Refusal, missing
from bot.sandbox.payments.wire import Json, list_json

PAGING = ("limit", "starting_after", "ending_before", "expand")

Expand = Callable[[str], Any]


def page(url: str, kind: str, items: Sequence[Json], params: Params) -> Json:
    """The part of `items` (newest first) that the cursors ask for, with `has_more` told truly."""
    limit = integer(params, "limit", least=1, most=100) or 10
    ids = [item["id"] for item in items]
    if before := params.get("ending_before"):
        end = _position(ids, before, kind, "ending_before")
        start = max(0, end - limit)
        return list_json(url, items[start:end], has_more=start > 0)
    start = 0
    if after := params.get("starting_after"):
        start = _position(ids, after, kind, "starting_after") + 1
    return list_json(url, items[start : start + limit], has_more=len(items) > start + limit)


def _position(ids: list[str], cursor: str, kind: str, param: str) -> int:
    if cursor not in ids:
        raise missing(kind, cursor, param)
    return ids.index(cursor)


def wished(params: Params, *, within: str = "") -> list[str]:
    """The names in `expand`, without the `data.` that stands before them in lists."""
    names = params.get("expand", [])
    if not isinstance(names, list):
        raise Refusal("Invalid array", param="expand")
    return [str(name).removeprefix(within) for name in names]


def expanded(item: Json, names: Sequence[str], expanders: dict[str, Expand]) -> Json:
    """`item` with each named id replaced by the object."""
    for name in names:
        if name not in expanders:
            raise Refusal(f"This property cannot be expanded ({name}).", param="expand")
    return {key: expanders[key](value) if key in names and value else value for key, value in item.items()}
