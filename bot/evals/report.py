"""Counts outcomes, writes the table, and compares two runs."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.evals.case import MUST_HOLD
from bot.evals.runner import Outcome


def table(outcomes: Sequence[Outcome]) -> str:
    """One line a group and one a variant, then the confusion of lanes, then what failed and why."""
    lines = [f"{'group':15}{'passed':>12}{'':>7}  must hold"]
    for group in dict.fromkeys(outcome.group for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.group == group]
        lines.append(f"{group:15}{_share(own)}  {'yes' if group in MUST_HOLD else ''}")
    lines.append(f"{'all':15}{_share(outcomes)}")
    lines += ["", f"{'variant':15}{'passed':>12}"]
    for kind in dict.fromkeys(outcome.variant.split()[0] for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.variant.split()[0] == kind]
        lines.append(f"{kind:15}{_share(own)}")
    lines += ["", *_confusion(outcomes), "", _cost(outcomes)]
    failed = [outcome for outcome in outcomes if not outcome.passed]
    lines += [f"FAILED {each.case} ({each.variant}): {each.failed[0]}" for each in failed]
    return "\n".join(lines)


def holds(outcomes: Sequence[Outcome]) -> bool:
    """Whether everything that must hold did, in every variant."""
    return all(outcome.passed for outcome in outcomes if outcome.group in MUST_HOLD)


def _share(outcomes: Sequence[Outcome]) -> str:
    passed = sum(outcome.passed for outcome in outcomes)
    return f"{passed:>6}/{len(outcomes):<5}{100 * passed / max(len(outcomes), 1):>6.1f}%"


def _confusion(outcomes: Sequence[Outcome]) -> list[str]:
    pairs = Counter(pair for outcome in outcomes if outcome.variant != "injected" for pair in outcome.lanes)
    wrong = {pair: n for pair, n in pairs.items() if pair[0] != pair[1]}
    right = sum(pairs.values()) - sum(wrong.values())
    lines = [f"lanes: {right} of {sum(pairs.values())} as expected"]
    return lines + [f"  {want} went to {got}: {n}" for (want, got), n in sorted(wrong.items())]


def _cost(outcomes: Sequence[Outcome]) -> str:
    tokens, micros = sum(o.tokens for o in outcomes), sum(o.cost_micros for o in outcomes)
    slowest = sorted(o.seconds / o.times for o in outcomes)
    p95 = slowest[int(0.95 * (len(slowest) - 1))] if slowest else 0.0
    return f"{tokens} tokens, {micros / 1_000_000:.4f} USD, p95 {p95:.2f} s a conversation"


def save(outcomes: Sequence[Outcome], path: Path, about: Mapping[str, Any]) -> None:
    """Write a run so that a later one can be compared with it."""
    rows = [asdict(outcome) for outcome in outcomes]
    path.write_text(json.dumps({**about, "outcomes": rows}, indent=1, ensure_ascii=False), encoding="utf-8")


def compare(outcomes: Sequence[Outcome], earlier: Path) -> str:
    """What passes now and did not, what no longer passes, and the difference in cost."""
    before = {(row["case"], row["variant"]): row for row in json.loads(earlier.read_text(encoding="utf-8"))["outcomes"]}
    now = {(outcome.case, outcome.variant): outcome for outcome in outcomes}
    both = [key for key in now if key in before]
    won = [key for key in both if now[key].passed and before[key]["failed"]]
    lost = [key for key in both if not now[key].passed and not before[key]["failed"]]
    lines = [f"compared with {earlier}: {len(won)} better, {len(lost)} worse, {len(both)} in both"]
    lines += [f"  + {case} ({variant})" for case, variant in won]
    lines += [f"  - {case} ({variant}): {now[case, variant].failed[0]}" for case, variant in lost]
    spent = sum(now[key].cost_micros for key in both) - sum(before[key]["cost_micros"] for key in both)
    return "\n".join([*lines, f"  cost {spent / 1_000_000:+.4f} USD"])
