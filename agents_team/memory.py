"""Remembers a conversation between passes: the SDK's session over plain items, written by the bot with the reply."""

from collections.abc import Sequence
from typing import Any

from agents import SessionSettings, TResponseInputItem

from agents_team.facts import is_facts, neutral
from agents_team.turn import Item

MOST_ITEMS = 60
MOST_CHARACTERS = 8_000
MOST_OF_SUMMARY = 1_600
LONGEST_OLD_OUTPUT = 400
LONGEST_LINE = 180
EARLIER = "<<<EARLIER IN THIS CONVERSATION"
END_OF_EARLIER = "END OF EARLIER>>>"
REQUESTER = "requester"
"""Who said a line of the summary; every other line is ours."""

_TRANSFER = "transfer_to_"


class TurnSession:
    """The SDK's four session methods over a list. Nothing is written anywhere: a crash forgets it, as it should."""

    session_settings: SessionSettings | None = None

    def __init__(self, session_id: str, memory: tuple[Item, ...]):
        self.session_id = session_id
        self._items: list[Any] = [dict(item) for item in memory]

    async def get_items(self, limit: int | None = None, **_: Any) -> list[TResponseInputItem]:
        """The newest `limit` items in the order they were said; all without a limit."""
        return list(self._items) if limit is None else self._items[max(len(self._items) - limit, 0) :]

    async def add_items(self, items: list[TResponseInputItem], **_: Any) -> None:
        """Append to the end."""
        self._items += items

    async def pop_item(self, **_: Any) -> TResponseInputItem | None:
        """Take the newest item away and return it."""
        return self._items.pop() if self._items else None

    async def clear_session(self, **_: Any) -> None:
        """Forget everything."""
        self._items.clear()

    @property
    def items(self) -> list[Item]:
        """Everything said so far, the earlier passes first."""
        return self._items


def worth_keeping(earlier: tuple[Item, ...], asked: list[Item], happened: list[Item], answer: str) -> tuple[Item, ...]:
    """What the next pass should remember: who said what, and this pass's tool results cut short.

    `asked` are the messages of this pass, `happened` all items the run added, `answer` what is really sent.
    Handoffs, drafts, reasoning and our own blocks are dropped; tool results of earlier passes too, because
    what was said about them is in the answers. When it becomes too long the oldest messages become a summary, and
    the cut is always before a message of the requester, so that no tool result loses its call.
    """
    kept = [item for item in (*earlier, *asked) if _is_message(item)]
    kept += _tool_items(happened)
    if answer:
        kept.append({"role": "assistant", "content": answer})
    return tuple(_newest(kept))


def _is_message(item: Item) -> bool:
    return item.get("role") in ("user", "assistant") and not is_facts(item)


def _tool_items(items: list[Item]) -> list[Item]:
    """Calls with their results, without handoffs and without what a provider added."""
    handoffs = {i.get("call_id") for i in items if str(i.get("name", "")).startswith(_TRANSFER)}
    answered = {i.get("call_id") for i in items if i.get("type") == "function_call_output"} - handoffs
    kept: list[Item] = []
    for item in items:
        if item.get("call_id") not in answered:
            continue
        if item.get("type") == "function_call":
            kept.append({key: item[key] for key in ("type", "call_id", "name", "arguments")})
        elif item.get("type") == "function_call_output":
            kept.append({"type": item["type"], "call_id": item["call_id"], "output": _short(item.get("output"))})
    return kept


def _short(output: object) -> str:
    text = output if isinstance(output, str) else str(output)
    return text if len(text) <= LONGEST_OLD_OUTPUT else text[:LONGEST_OLD_OUTPUT] + " …"


def _newest(items: list[Item]) -> list[Item]:
    start, characters = len(items), 0
    for number in range(len(items) - 1, -1, -1):
        characters += len(str(items[number]))
        if characters > MOST_CHARACTERS - MOST_OF_SUMMARY or len(items) - number >= MOST_ITEMS:
            break
        if items[number].get("role") == "user":
            start = number
    return [*summary_of(items[:start]), *items[start:]]


def summary_of(items: Sequence[Item]) -> list[Item]:
    """What was said, a line a message, as one item in the user role; none when nothing was said.

    It is cut from the messages themselves and not written by a model: it costs nothing and cannot say what nobody
    said. What an earlier summary holds is carried over; the oldest lines go first.
    """
    lines = [line for item in items for line in _lines_of(item)]
    kept: list[str] = []
    for line in reversed(lines):
        if sum(map(len, kept)) + len(line) > MOST_OF_SUMMARY - 200:
            break
        kept.insert(0, line)
    return [{"role": "user", "content": "\n".join([EARLIER, *kept, END_OF_EARLIER])}] if kept else []


def _lines_of(item: Item) -> list[str]:
    content = item.get("content")
    if not _is_message(item) or not isinstance(content, str):
        return []
    if content.startswith(EARLIER):
        return content.split("\n")[1:-1]
    who = REQUESTER if item["role"] == "user" else "we"
    text = neutral(" ".join(content.split()))
    return [f"{who}: {text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + ' …'}"]
