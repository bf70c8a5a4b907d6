"""Vectors that are the same for the same text and near for texts that share words."""

import base64
import hashlib
import math
import re
import struct
from typing import Any

from bot.sandbox.model.checks import check_model, check_parameters
from bot.sandbox.model.conversation import Json, Refused, tokens_in

DIMENSIONS = 256

_PARAMETERS = frozenset({"input", "model", "dimensions", "encoding_format", "user"})


def embed(body: Json, models: frozenset[str]) -> Json:
    """The answer to an embeddings request. Raises Refused."""
    check_parameters(body, _PARAMETERS, ("model", "input"))
    model = check_model(body["model"], models)
    given = body["input"]
    texts: list[Any] = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise Refused(400, "Invalid 'input': expected text or a list of texts, none of them empty.", param="input")
    dimensions = body.get("dimensions") or DIMENSIONS
    as_base64 = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": number, "embedding": _packed(vector(text, dimensions), as_base64)}
        for number, text in enumerate(texts)
    ]
    spent = tokens_in(*texts)
    return {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": spent, "total_tokens": spent}}


def vector(text: str, dimensions: int) -> list[float]:
    """Each word adds to one place chosen by its hash; the whole has length one."""
    values = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [text]:
        digest = hashlib.sha256(word.encode()).digest()
        values[int.from_bytes(digest[:4]) % dimensions] += 1.0 if digest[4] % 2 else -1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [value / length for value in values]


def _packed(values: list[float], as_base64: bool) -> Any:
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode() if as_base64 else values
