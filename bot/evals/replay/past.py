"""What was once written, wherever it was kept: conversations of customers and staff, in the order it was said."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby


@dataclass(frozen=True, slots=True)
class PastMessage:
    """One message. `who` is "requester" or "staff"; `author` an address or a Slack id."""

    who: str
    author: str
    name: str
    text: str
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages of one thread, oldest first; `requester` is the address the account is looked up by ("" unknown)."""

    id: str
    messages: tuple[PastMessage, ...]
    requester: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A place where staff answered: what was said before, what was asked, and what they wrote."""

    conversation: str
    number: int
    requester: str
    before: tuple[PastMessage, ...]
    asked: tuple[PastMessage, ...]
    answered: tuple[PastMessage, ...]


class NothingToReplay(Exception):
    """Nothing in the files could be replayed; the text says what to do about it."""


def moments(conversation: Conversation) -> Iterator[Moment]:
    """Each block of the requester's messages that staff answered; what nobody answered cannot be compared."""
    blocks: list[Sequence[PastMessage]] = [
        list(block) for _, block in groupby(conversation.messages, key=lambda message: message.who)
    ]
    before: list[PastMessage] = []
    number = 0
    for asked, answered in zip(blocks, [*blocks[1:], ()], strict=True):
        if asked[0].who == "requester" and answered:
            number += 1
            yield Moment(conversation.id, number, conversation.requester, tuple(before), tuple(asked), tuple(answered))
        before += asked


@dataclass(frozen=True, slots=True)
class StaffNames:
    """Who counts as staff: addresses, domains (with or without @) and Slack ids, whatever their case."""

    names: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str]) -> "StaffNames":
        """From settings and options."""
        return cls(frozenset(name.strip().lower().removeprefix("@") for name in names if name.strip()))

    def __contains__(self, author: str) -> bool:
        author = author.strip().lower()
        domain = author.partition("@")[2]
        parts = domain.split(".")
        return author in self.names or any(".".join(parts[n:]) in self.names for n in range(len(parts) - 1))

    def __bool__(self) -> bool:
        return bool(self.names)
