"""Reads the conversation the way a person would skim it: what was said, what is new, what the tools found."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from agents_team.facts import CLOSE, OPEN, is_facts
from agents_team.memory import EARLIER, REQUESTER
from agents_team.models.offline.extract import order_ids
from agents_team.router import Router

Json = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """One model call's view. `asked` are the requester's earlier messages, `new` those to answer now.

    `results` maps each tool to its results in this pass, oldest first; `tools` are the names offered.
    """

    tools: frozenset[str] = frozenset()
    pending: list[str] = field(default_factory=list)
    today: str = ""
    asked: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    results: dict[str, list[Json]] = field(default_factory=dict)
    blocked: str = ""
    router: Router | None = None

    @property
    def question(self) -> str:
        """The new messages as one text."""
        return "\n".join(self.new)

    @property
    def last_answer(self) -> str:
        """What we said last; blank in a new conversation."""
        return self.answers[-1] if self.answers else ""

    def result(self, tool: str) -> Json | None:
        """The newest result of a tool in this pass."""
        found = self.results.get(tool)
        return found[-1] if found else None

    def called(self, tool: str) -> bool:
        """Whether a tool already ran in this pass."""
        return tool in self.results

    def error(self) -> str | None:
        """The first thing a tool could not do in this pass, by its code."""
        return next((str(r["error"]) for rs in self.results.values() for r in rs if "error" in r), None)

    def order_ids(self) -> list[str]:
        """The orders the new messages name; without any, those mentioned last in the conversation."""
        for text in (self.question, *reversed(self._spoken())):
            if ids := order_ids(text):
                return ids
        return []

    def _spoken(self) -> list[str]:
        """Earlier words of both sides, roughly in order: an answer follows its question."""
        both: list[str] = []
        for number, text in enumerate(self.asked):
            both.append(text)
            both += self.answers[number : number + 1]
        return both + self.answers[len(self.asked) :]


def read(input: str | list[Any], tools: Iterable[str], router: Router | None = None) -> Reading:
    """The items of a model call as a Reading. Handoffs and reasoning are of no interest."""
    items: list[Json] = [{"role": "user", "content": input}] if isinstance(input, str) else input
    reading = Reading(tools=frozenset(tools), router=router)
    begin = max((n for n, item in enumerate(items) if is_facts(item) and "\nidentity:" in _text(item)), default=-1)
    for item in items[: max(begin, 0)]:
        _read_earlier(reading, item)
    names: dict[str, str] = {}
    for item in items[max(begin, 0) :]:
        _read_now(reading, item, names)
    return reading


def _read_earlier(reading: Reading, item: Json) -> None:
    if item.get("role") == "user" and _text(item).startswith(EARLIER):
        for line in _text(item).splitlines()[1:-1]:
            who, _, text = line.partition(": ")
            (reading.asked if who == REQUESTER else reading.answers).append(text)
    elif item.get("role") == "user" and not is_facts(item):
        reading.asked.append(_text(item))
    elif item.get("role") == "assistant":
        reading.answers.append(_text(item))


def _read_now(reading: Reading, item: Json, names: dict[str, str]) -> None:
    if is_facts(item):
        _read_facts(reading, _text(item))
    elif item.get("role") == "user":
        reading.new.append(_text(item))
    elif item.get("type") == "function_call":
        names[str(item.get("call_id"))] = str(item.get("name"))
    elif item.get("type") == "function_call_output":
        name = names.get(str(item.get("call_id")), "")
        reading.results.setdefault(name, []).append(_json(item.get("output")))


def _read_facts(reading: Reading, block: str) -> None:
    for line in block.removeprefix(OPEN).removesuffix(CLOSE).splitlines():
        name, _, value = line.partition(": ")
        if name == "already asked for":
            reading.pending.append(value)
        elif name == "today":
            reading.today = value
        elif name.startswith("Your draft was not sent"):
            reading.blocked = line


def _text(item: Json) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content or [] if isinstance(part, dict))


def _json(output: Any) -> Json:
    """A tool's result as JSON; anything else is kept as a note."""
    try:
        value = json.loads(output)
    except (TypeError, ValueError):
        return {"note": str(output)}
    return value if isinstance(value, dict) else {"note": value}
