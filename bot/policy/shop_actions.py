"""The verdict on what a shop can do: who decides is the operator's choice, what is impossible is nobody's."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.policy.verdict import Outcome, Verdict

LEAST_TRUST = 1
"""What anything without a person asks of the requester's proof (channels.base.Trust)."""


def judge_shop_action(
    what: str,
    *,
    who: str,
    known: bool,
    possible: bool,
    why_not: str = "",
    trust: int = 0,
    tainted: Sequence[str] = (),
    facts: Mapping[str, Any] | None = None,
) -> Verdict:
    """`who` is person, automatic or off; `what` names it for people ("sending ORD-1 again"). Total."""
    inputs = {"who": who, "trust": trust, "tainted": list(tainted), "facts": dict(facts or {})}

    def verdict(outcome: Outcome, rule: str, for_staff: str, for_customer: str) -> Verdict:
        return Verdict(outcome, rule, for_staff, for_customer, (rule,), inputs)

    asked = f"A colleague will decide about {what}."
    if who == "off":
        return verdict(Outcome.NEEDS_PERSON, "off", f"Nobody but a person may do this: {what}.", asked)
    if not known:
        return verdict(
            Outcome.DENY, "unknown", "This customer has no such thing.", "We could not find that on your account."
        )
    if not possible:
        return verdict(Outcome.DENY, "not_possible", why_not, why_not)
    if tainted:
        words = f"Only the requester's text says this, no backend does: {', '.join(tainted)}."
        return verdict(Outcome.STAFF, "tainted", words, asked)
    if who == "automatic" and trust >= LEAST_TRUST:
        return verdict(Outcome.AUTO, "automatic", "The operator lets policy decide this.", "")
    rule = "needs_approval" if who != "automatic" else "weak_proof"
    return verdict(Outcome.STAFF, rule, "A person approves.", asked)
