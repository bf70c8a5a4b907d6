"""Holds one answer against what was expected of it."""

from collections.abc import Iterator, Sequence

from agents_team.turn import Answer, PaidCall, TraceStep
from bot.evals.case import Expected


def failures(expected: Expected, answer: Answer, steps: Sequence[TraceStep], calls: Sequence[PaidCall]) -> list[str]:
    """What is not as expected, in words; empty when all is."""
    return [
        *_route(expected, answer),
        *_tools(expected, answer),
        *_words(expected, answer),
        *_outcome(expected, answer),
        *_trace(expected, answer, steps, calls),
    ]


def _route(expected: Expected, answer: Answer) -> Iterator[str]:
    lanes = (expected.lane,) if isinstance(expected.lane, str) else expected.lane
    if lanes is not None and answer.specialist not in lanes:
        yield f"lane {answer.specialist} instead of {' or '.join(lanes)}"
    passed = iter(answer.route)
    if not all(agent in passed for agent in expected.route):
        yield f"route {' > '.join(answer.route)} instead of {' > '.join(expected.route)}"


def _tools(expected: Expected, answer: Answer) -> Iterator[str]:
    missing = set(expected.tools) - set(answer.tools)
    if missing:
        yield f"tools not called: {', '.join(sorted(missing))}"
    wrong = set(expected.forbidden_tools) & set(answer.tools)
    if wrong:
        yield f"forbidden tools called: {', '.join(sorted(wrong))}"


def _words(expected: Expected, answer: Answer) -> Iterator[str]:
    reply = answer.text.casefold()
    for words in expected.reply_contains:
        if words.casefold() not in reply:
            yield f"the reply lacks {words!r}"
    for words in expected.reply_lacks:
        if words.casefold() in reply:
            yield f"the reply contains {words!r}"
    if expected.cites is not None:
        cited = {citation.document for citation in answer.citations}
        if cited != set(expected.cites):
            yield f"cites {', '.join(sorted(cited)) or 'nothing'} instead of {', '.join(expected.cites) or 'nothing'}"


def _outcome(expected: Expected, answer: Answer) -> Iterator[str]:
    if expected.proposals is not None:
        wanted = [dict(each) for each in expected.proposals]
        got = [{"kind": p.kind, **p.wish} for p in answer.proposals]
        if len(wanted) != len(got) or not all(any(want.items() <= each.items() for each in got) for want in wanted):
            yield f"proposals {got} instead of {wanted}"
    if expected.escalated is not None and (answer.escalation is not None) != expected.escalated:
        yield "not escalated" if expected.escalated else "escalated"
    if expected.answered is not None and answered(answer) != expected.answered:
        yield "not answered" if expected.answered else "answered instead of asked back or escalated"


def answered(answer: Answer) -> bool:
    """Whether the reply states something: no question back, no person fetched."""
    return answer.escalation is None and (bool(answer.citations) or not answer.text.rstrip().endswith("?"))


def _trace(expected: Expected, answer: Answer, steps: Sequence[TraceStep], calls: Sequence[PaidCall]) -> Iterator[str]:
    guards = {step.name for step in steps if step.kind == "guardrail"}
    for name in expected.guardrails:
        if name not in guards:
            yield f"the guardrail {name} did not trip"
    kinds = {step.kind for step in steps} | ({"model"} if calls else set())
    for kind in expected.traced:
        if kind not in kinds:
            yield f"nothing of kind {kind} in the trace"
    written = " ".join([str(step.data) for step in steps] + [str(call.response) for call in calls] + [answer.text])
    written += str(answer.memory) + str(answer.proposals)
    for secret in expected.never_sent:
        if secret in written or secret in written.replace("-", "").replace(" ", ""):
            yield f"{secret[:4]}… is still in the trace, the memory or the reply"
    if expected.max_calls is not None and answer.usage.requests > expected.max_calls:
        yield f"{answer.usage.requests} model calls instead of at most {expected.max_calls}"
    if expected.max_cost_micros is not None and answer.usage.cost_micros > expected.max_cost_micros:
        yield f"cost {answer.usage.cost_micros} instead of at most {expected.max_cost_micros}"
