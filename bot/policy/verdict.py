"""What policy can say about an action."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """Who decides, from the mildest to the strictest: the bigger `rank` wins when several rules hold."""

    AUTO = "auto"
    STAFF = "staff"
    TWO_PEOPLE = "two_people"
    NEEDS_PERSON = "needs_person"
    DENY = "deny"

    @property
    def rank(self) -> int:
        return list(Outcome).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that held. The words say why: one sentence for staff, one for the requester."""

    outcome: Outcome
    rule: str
    for_staff: str
    for_customer: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say. AUTO: approved by policy. STAFF, TWO_PEOPLE: so many must approve.

    NEEDS_PERSON: the facts cannot be judged, a person takes over. DENY: not possible, the requester is told why.
    `rule` decided; `rules` are all that held; `inputs` is everything looked at, as plain values to be kept.
    """

    outcome: Outcome
    rule: str
    for_staff: str
    for_customer: str
    rules: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """As plain values for the row: what decided, and from what."""
        return {
            "outcome": self.outcome.value,
            "rule": self.rule,
            "rules": list(self.rules),
            "for_staff": self.for_staff,
            "inputs": dict(self.inputs),
        }
