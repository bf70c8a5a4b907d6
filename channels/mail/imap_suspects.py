"""Finds the one message whose reading makes a server drop the connection, so that it cannot block its mailbox."""

from collections import Counter
from collections.abc import Iterator, Sequence

BATCH = 20


class Suspects:
    """After a failure the messages of its batch are asked for one by one; one that fails `tries` times is hopeless.

    The try before the last asks for the headers alone. Kept in memory: after a restart the tries begin again.
    """

    def __init__(self, tries: int):
        self._tries = max(tries, 2)
        self._failures: Counter[int] = Counter()
        self._careful_until = 0

    def groups(self, uids: Sequence[int]) -> Iterator[list[int]]:
        """The UIDs in the order given, in batches; suspects alone."""
        alone = [uid for uid in uids if uid <= self._careful_until]
        yield from ([uid] for uid in alone)
        others = uids[len(alone) :]
        yield from (list(others[start : start + BATCH]) for start in range(0, len(others), BATCH))

    def accuse(self, uids: Sequence[int]) -> None:
        """Reading these broke the connection."""
        self._careful_until = max(self._careful_until, *uids)
        if len(uids) == 1:
            self._failures[uids[0]] += 1

    def clear(self, uids: Sequence[int]) -> None:
        """These are read, or given up."""
        for uid in uids:
            self._failures.pop(uid, None)

    def needs_headers_only(self, uids: Sequence[int]) -> bool:
        """Whether only one try is left for this message."""
        return len(uids) == 1 and self._failures[uids[0]] == self._tries - 1

    def is_hopeless(self, uids: Sequence[int]) -> bool:
        """Whether the mailbox must go on without this message's content."""
        return len(uids) == 1 and self._failures[uids[0]] >= self._tries
