"""The sentences the team says itself, whatever model answers: what was taken out of a message, and outages."""

from collections.abc import Sequence
from pathlib import Path

import yaml

_NOTICES: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def notice(name: str, language: str, *, kinds: Sequence[str] = ()) -> str:
    """A sentence in the requester's language where we have it, else in English."""
    known = _NOTICES[name]
    return known.get(language, known["en"]).format(kinds=" and a ".join(kinds))
