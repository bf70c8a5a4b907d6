"""The sentences the offline model speaks; what it says about the world comes from tools and documents only."""

from pathlib import Path

import yaml

_PHRASES: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def phrase(name: str, language: str, **words: str) -> str:
    """A sentence in the requester's language where we have it, else in English."""
    known = _PHRASES[name]
    return known.get(language, known["en"]).format(**words)
