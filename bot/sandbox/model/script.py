"""Rules a test writes for the model: the first that fits a request answers it."""

import json
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.model.conversation import Asked, Json, Said, Spoken

_MATCHES = frozenset({"tool", "user", "has_result", "result_of", "model", "instructions"})
_RESPONSES = frozenset({"text", "calls", "refusal", "cut_off", "usage", "status", "error", "headers", "body"})


@dataclass(slots=True)
class Rule:
    """`match`: tool (is offered), user (last user text contains), has_result, result_of (a function returned since
    the last user message), model, instructions (contains). All that are given must hold.

    `respond`: text, calls [{name, arguments (object, or text to send as it is)}], refusal, cut_off, usage
    {input_tokens, output_tokens, cached_tokens}; or status with error and headers; or body, sent as it is.
    `times` is how often the rule answers; None means always.
    """

    match: Json = field(default_factory=dict)
    respond: Json = field(default_factory=dict)
    times: int | None = None

    def __post_init__(self) -> None:
        unknown = (set(self.match) - _MATCHES) | (set(self.respond) - _RESPONSES)
        if unknown:
            raise ValueError(f"a rule knows no {', '.join(sorted(unknown))}")

    def fits(self, asked: Asked) -> bool:
        """Whether this rule answers the request."""
        wanted = self.match
        results = [name for name, _ in asked.results()]
        instructions = " ".join(t.text for t in asked.turns if isinstance(t, Spoken) and t.role == "system")
        return (
            self.times != 0
            and ("tool" not in wanted or wanted["tool"] in asked.tool_names)
            and ("user" not in wanted or wanted["user"].lower() in asked.last_user_text.lower())
            and ("has_result" not in wanted or wanted["has_result"] == bool(results))
            and ("result_of" not in wanted or wanted["result_of"] in results)
            and ("model" not in wanted or wanted["model"] == asked.model)
            and ("instructions" not in wanted or wanted["instructions"] in instructions)
        )

    def said(self) -> Said:
        """The answer this rule gives, when it is not an error."""
        respond = self.respond
        calls = tuple((call["name"], _arguments(call.get("arguments", {}))) for call in respond.get("calls", []))
        return Said(
            text=respond.get("text", ""),
            calls=calls,
            refusal=respond.get("refusal", ""),
            cut_off=bool(respond.get("cut_off")),
            usage=respond.get("usage", {}),
        )


def _arguments(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)


class Script:
    """The rules in their order."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, rules: list[Rule]) -> None:
        """Append; earlier rules still come first."""
        self._rules += rules

    def clear(self) -> None:
        """No rules: the brain answers everything."""
        self._rules.clear()

    def take(self, asked: Asked) -> Rule | None:
        """The first rule that fits, counted down; None when the brain has to answer."""
        for rule in self._rules:
            if rule.fits(asked):
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None
