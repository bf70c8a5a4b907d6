"""Turns the markers a model cites by into numbers a reader can follow."""

import re

from agents_team.current import CurrentRun
from agents_team.turn import Citation

_MARKER = re.compile(r"\[(S\d+)\]")


def number_citations(text: str, run: CurrentRun) -> tuple[str, tuple[Citation, ...]]:
    """The text with [1], [2] … in the order of first mention, and the citations in that order.

    Every marker in `text` must be one the run has shown (`guardrails.problems_of` has checked it).
    """
    order = list(dict.fromkeys(_MARKER.findall(text)))
    numbered = _MARKER.sub(lambda match: f"[{order.index(match[1]) + 1}]", text)
    return numbered, tuple(run.citation(marker) for marker in order)
