"""What a replay found, as a table for people and as plain values for programs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bot.evals.replay.shadow import Compared
from bot.logs import masked

LONGEST = 160


def as_json(found: Sequence[Compared], left_out: Mapping[str, int]) -> dict[str, Any]:
    """Summary, what was left out and why, and every moment; addresses and numbers masked."""
    return {"summary": summary(found), "left_out": dict(left_out), "moments": [_moment(each) for each in found]}


def summary(found: Sequence[Compared]) -> dict[str, Any]:
    """Counts and medians; shares from 0 to 1."""
    outcomes = Counter(each.outcome for each in found)
    answered = [each for each in found if each.outcome == "answered"]
    facts = [each.like.facts for each in answered if each.like.facts is not None]
    return {
        "conversations": len({each.moment.conversation for each in found}),
        "moments": len(found),
        "answered": outcomes["answered"],
        "escalated": outcomes["escalated"],
        "gave_up": outcomes["gave up"],
        "answered_share": round(len(answered) / len(found), 3) if found else 0.0,
        "words_alike": round(median(each.like.words for each in answered), 3) if answered else None,
        "facts_of_staff_also_said": round(sum(facts) / len(facts), 3) if facts else None,
        "said_what_staff_did_not": sum(bool(each.like.only_ours) for each in answered),
        "proposals": dict(Counter(wish.kind for each in found for wish in each.answer.proposals)),
        "tokens": sum(each.answer.usage.input_tokens + each.answer.usage.output_tokens for each in found),
        "cost_micros": sum(each.answer.usage.cost_micros for each in found),
        "by_specialist": {name: _row(rows) for name, rows in _by_specialist(found).items()},
    }


def _by_specialist(found: Sequence[Compared]) -> dict[str, list[Compared]]:
    lanes: dict[str, list[Compared]] = {}
    for each in found:
        lanes.setdefault(each.answer.specialist or "nobody", []).append(each)
    return dict(sorted(lanes.items(), key=lambda lane: -len(lane[1])))


def _row(rows: Sequence[Compared]) -> dict[str, Any]:
    answered = [each for each in rows if each.outcome == "answered"]
    alike = round(median(each.like.words for each in answered), 3) if answered else None
    return {"moments": len(rows), "answered": len(answered), "words_alike": alike}


def _moment(each: Compared) -> dict[str, Any]:
    answer = each.answer
    return {
        "conversation": masked(each.moment.conversation),
        "number": each.moment.number,
        "at": each.moment.asked[-1].at.isoformat(),
        "source": each.moment.asked[-1].source,
        "asked": masked("\n\n".join(message.text for message in each.moment.asked)),
        "staff": masked(each.theirs),
        "team": masked(answer.text),
        "outcome": each.outcome,
        "why": each.why,
        "specialist": answer.specialist,
        "route": list(answer.route),
        "tools": list(answer.tools),
        "citations": [f"{one.document}#{one.section}" for one in answer.citations],
        "proposals": [{"kind": wish.kind, **wish.wish} for wish in answer.proposals],
        "words_alike": round(each.like.words, 3),
        "facts_of_staff_also_said": each.like.facts,
        "said_what_staff_did_not": list(each.like.only_ours),
        "tokens": answer.usage.input_tokens + answer.usage.output_tokens,
        "cost_micros": answer.usage.cost_micros,
    }


def table(found: Sequence[Compared], left_out: Mapping[str, int], show: int) -> str:
    """The summary, and the `show` answers least like those of staff, to be read by a person."""
    total = summary(found)
    lines = [
        f"{total['conversations']} conversations, {total['moments']} answers of staff to compare with",
        *(f"  left out: {count} × {why}" for why, count in sorted(left_out.items())),
        "",
        f"{'specialist':<16}{'moments':>8}{'answered':>10}{'words alike':>13}",
    ]
    for name, row in total["by_specialist"].items():
        lines.append(f"{name:<16}{row['moments']:>8}{row['answered']:>10}{_share(row['words_alike']):>13}")
    lines += [
        "",
        f"answered {total['answered']}, escalated {total['escalated']}, gave up {total['gave_up']}",
        f"facts of staff also said: {_share(total['facts_of_staff_also_said'])}; "
        f"answers with facts staff did not write: {total['said_what_staff_did_not']}",
        f"proposals (nothing was carried out): {total['proposals'] or 'none'}",
        f"{total['tokens']} tokens, {total['cost_micros'] / 1_000_000:.2f} USD",
    ]
    least = sorted((each for each in found if each.outcome == "answered"), key=lambda each: each.like.words)[:show]
    for each in least:
        lines += ["", *_beside(each)]
    return "\n".join(lines)


def _beside(each: Compared) -> list[str]:
    asked = each.moment.asked[-1]
    return [
        f"— {asked.source}, {asked.at:%Y-%m-%d}, words alike {_share(each.like.words)}",
        f"  asked: {_short(asked.text)}",
        f"  staff: {_short(each.theirs)}",
        f"  team:  {_short(each.answer.text)}",
    ]


def _short(text: str) -> str:
    line = masked(" ".join(text.split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"
