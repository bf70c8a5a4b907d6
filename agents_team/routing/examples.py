"""Example sayings: those that ship, and those staff make by moving a ticket to another lane."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import yaml

EXAMPLES = Path(__file__).with_name("examples.yaml")
OUT_OF_SCOPE = "out_of_scope"


class Example(NamedTuple):
    """One saying, what it wants, and the lane it belongs to."""

    lane: str
    intent: str
    saying: str


class ExampleStore(Protocol):
    """Where examples made by staff are kept."""

    async def examples_after(self, position: str) -> Sequence[tuple[str, Example]]:
        """Those added after `position` ("": all) with their positions, oldest first; positions sort as text."""


def load_examples(path: Path = EXAMPLES) -> list[Example]:
    """The examples of a file, in its order."""
    groups: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Example(group["lane"], group["intent"], saying.strip())
        for group in groups
        for saying in group["says"].splitlines()
        if saying.strip()
    ]
