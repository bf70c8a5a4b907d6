"""Where vectors of texts are kept, so that an embedding endpoint is asked once for each: the port."""

from __future__ import annotations  # array is generic only for type checkers before Python 3.12

import hashlib
import math
from array import array
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

Embed = Callable[[list[str]], Awaitable[list[list[float]]]]
"""Texts in, vectors out, in the same order. Raises openai.APIError when the endpoint does not answer."""

BATCH = 64


class VectorHome(Protocol):
    """Keeps vectors under the name of who asked for them and a key of at most 64 characters; all processes share it."""

    async def vectors(self, model: str) -> Mapping[str, bytes]:
        """Every vector kept under this name, by its key."""

    async def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Keep vectors for the next start; one that is there already stays."""

    async def forget_vectors(self, model: str, keys: Collection[str]) -> None:
        """Drop those; harmless when they are not there."""


async def kept_vectors(home: VectorHome, name: str, embed: Embed, texts: Sequence[str]) -> list[array[float]]:
    """The vectors of these texts in their order, of unit length: those of new texts are asked for and kept, and those
    of texts that are gone are dropped. Raises openai.APIError.
    """
    known = dict(await home.vectors(name))
    wanted = {key_of(text): text for text in texts}
    missing = [key for key in wanted if key not in known]
    for start in range(0, len(missing), BATCH):
        keys = missing[start : start + BATCH]
        vectors = await embed([wanted[key] for key in keys])
        found = {key: unit(vector).tobytes() for key, vector in zip(keys, vectors, strict=True)}
        await home.keep_vectors(name, found)
        known |= found
    gone = known.keys() - wanted.keys()
    if gone:
        await home.forget_vectors(name, gone)
    return [row_of(known[key_of(text)]) for text in texts]


def key_of(text: str) -> str:
    """The same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()


def row_of(stored: bytes) -> array[float]:
    """A vector as it was kept."""
    row = array("f")
    row.frombytes(stored)
    return row


def unit(vector: Sequence[float]) -> array[float]:
    """The vector with length one."""
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return array("f", (value / length for value in vector))


def refusals() -> type[Exception]:
    """What the client raises; imported only when something was raised, because it is large."""
    from openai import OpenAIError

    return OpenAIError
