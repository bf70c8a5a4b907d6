"""Counts what a run uses and stops it where its bounds are, so that no loop costs more than agreed."""

import json
from collections import Counter
from collections.abc import Sequence

from agents_team.turn import Bounds, TeamGaveUp, Usage


class Meter:
    """The counters of one run, over all its attempts. Every `count_…` raises TeamGaveUp at the bound."""

    def __init__(self, bounds: Bounds):
        self._bounds = bounds
        self._turns = 0
        self._calls: Counter[tuple[str, str]] = Counter()
        self.usage = Usage()

    def count_turn(self) -> None:
        """One more model call is about to be made."""
        self._turns += 1
        if self._turns > self._bounds.turns:
            raise TeamGaveUp(f"no answer after {self._bounds.turns} model calls")

    def count_usage(self, used: Usage) -> None:
        """A model call, paid now or earlier, used this much."""
        now = self.usage
        self.usage = Usage(
            requests=now.requests + used.requests,
            input_tokens=now.input_tokens + used.input_tokens,
            cached_tokens=now.cached_tokens + used.cached_tokens,
            output_tokens=now.output_tokens + used.output_tokens,
            cost_micros=now.cost_micros + used.cost_micros,
        )

    def count_calls(self, calls: Sequence[tuple[str, str]]) -> None:
        """The model wants these tools, as (name, arguments in JSON)."""
        for name, arguments in calls:
            self._calls[name, _canonical(arguments)] += 1
        if self._calls.total() > self._bounds.tool_calls:
            raise TeamGaveUp(f"no answer after {self._bounds.tool_calls} tool calls")
        for (name, _), times in self._calls.items():
            if times > self._bounds.identical_calls:
                raise TeamGaveUp(
                    f"the model called {name} more than {self._bounds.identical_calls} times with the same arguments"
                )

    def check_budget(self) -> None:
        """Before more is spent: is there anything left?"""
        used = self.usage
        if used.input_tokens + used.output_tokens >= self._bounds.tokens:
            raise TeamGaveUp(f"the run used more than its {self._bounds.tokens} tokens")
        if used.cost_micros > self._bounds.cost_micros:
            raise TeamGaveUp(f"the run cost more than its {self._bounds.cost_micros} millionths")


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except ValueError:
        return arguments
