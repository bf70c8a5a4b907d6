"""What a bench gives back: our figure and the one beside it, measured in turn, and how both are shown."""

import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

COMMAND = ".venv/bin/python -m tests.bench"
HEAD = ("Figure", "Ours", "Beside it", "Ratio (least to most)", "Goal", "Command")

Measure = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `ours` and `others` are pairs taken one after the other; both empty: not run, `note` says why."""

    bench: str
    what: str
    beside: str
    unit: str
    ours: Sequence[float]
    others: Sequence[float]
    goal: str = ""
    note: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ratios(self) -> list[float]:
        """Ours divided by the other, pair by pair: what slows the machine down slows both."""
        return [ours / other for ours, other in zip(self.ours, self.others, strict=True) if other]

    @property
    def command(self) -> str:
        return f"{COMMAND} {self.bench}"

    def row(self) -> tuple[str, ...]:
        """The line as cells of the table."""
        what = f"{self.what} ({self.note})" if self.note else self.what
        if not self.ours:
            return what, "not run", "", "", self.goal, f"`{self.command}`"
        beside = f"{self.beside}: {_shown(self.others, self.unit)}" if self.others else self.beside
        return what, _shown(self.ours, self.unit), beside, _ratio(self.ratios), self.goal, f"`{self.command}`"

    def as_json(self) -> dict[str, Any]:
        """The line with every sample, for machines."""
        return {
            "bench": self.bench,
            "what": self.what,
            "unit": self.unit,
            "ours": list(self.ours),
            "beside": self.beside,
            "others": list(self.others),
            "ratio": statistics.median(self.ratios) if self.ratios else None,
            "goal": self.goal,
            "note": self.note,
            "facts": self.facts,
            "command": self.command,
        }


async def in_turn(pairs: int, ours: Measure, other: Measure) -> tuple[list[float], list[float]]:
    """Ours, other, ours, other, …: what slows the machine down for a while slows both sides of a pair."""
    ours_taken, others_taken = [], []
    for _ in range(pairs):
        ours_taken.append(await ours())
        others_taken.append(await other())
    return ours_taken, others_taken


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def table(lines: Sequence[Line]) -> str:
    """All lines as one Markdown table."""
    rows = [HEAD, ("---",) * len(HEAD), *(line.row() for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _shown(values: Sequence[float], unit: str) -> str:
    return f"{number(statistics.median(values))} {unit}"


def _ratio(ratios: Sequence[float]) -> str:
    if not ratios:
        return ""
    middle = f"**{number(statistics.median(ratios))}**"
    return middle if len(ratios) == 1 else f"{middle} ({number(min(ratios))} to {number(max(ratios))})"


def number(value: float) -> str:
    """Three digits that matter, and no more."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
