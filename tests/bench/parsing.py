"""Mails understood per second, reply cut out and all, beside the standard library that only takes them apart."""

import email
import time
from collections.abc import Callable
from email.policy import compat32

from channels.mail.parse import read_mail
from tests.bench.figures import Line, in_turn
from tests.bench.letters import letters
from tests.bench.scale import Scale

BENCH = "parse"


async def measure(scale: Scale) -> list[Line]:
    """CPU time of this thread; the letters are of different kinds and sizes."""
    found = letters()
    rounds = scale.pick(5, 40)
    kinds = sorted({read_mail(letter).kind for letter in found})
    assert kinds == ["auto_reply", "bounce", "human"], kinds

    async def ours() -> float:
        return _per_second(read_mail, found, rounds)

    async def other() -> float:
        return _per_second(lambda letter: email.message_from_bytes(letter, policy=compat32), found, rounds)

    taken = await in_turn(scale.pick(2, 9), ours, other)
    what = f"Mails understood and cut, {len(found)} kinds, {sum(map(len, found)) // len(found) // 1024} KiB on average"
    return [Line(BENCH, what, "`email.message_from_bytes`", "mails/s", *taken)]


def _per_second(read: Callable[[bytes], object], found: list[bytes], rounds: int) -> float:
    started = time.thread_time()
    for _ in range(rounds):
        for letter in found:
            read(letter)
    return rounds * len(found) / (time.thread_time() - started)
