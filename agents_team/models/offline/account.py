"""The offline account specialist: plans and profiles from the documents, changes as proposals, one offer on leaving."""

import re

from agents_team.models.offline import extract
from agents_team.models.offline.common import before_all, day, say, to_a_person, unproven
from agents_team.models.offline.faq import from_documents
from agents_team.models.offline.moves import Call, Move, Say
from agents_team.models.offline.phrases import phrase
from agents_team.models.offline.reading import Reading
from agents_team.models.offline.triage import choose

_PLAN = re.compile(r"\b(?:to|auf|zu|au|a|al) (?:the |den |das |le |la )?([A-Z]\w+)\b")


def account(reading: Reading) -> Move:
    """Propose another plan when one is named, offer once to somebody who leaves, else quote what is written down."""
    first = before_all(reading, "account")
    if first is not None:
        return first
    if reading.called("propose_plan_change"):
        return _after_proposal(reading)
    if _was_offered(reading):
        return _after_offer(reading)
    intent = choose(reading).intent
    if intent.endswith("cancel subscription"):
        return say(reading, "retention")
    if intent.endswith("delete account") and extract.signals("request", reading.question):
        return to_a_person(reading, "wants the account closed")
    if intent.endswith("change plan"):
        return _change_plan(reading)
    if extract.signals("my_plan", reading.question):
        return _tell_plan(reading)
    return from_documents(reading)


def _change_plan(reading: Reading) -> Move:
    """A plan that is named and asked for is proposed; a question about changing is answered."""
    named = _PLAN.findall(reading.question)
    asked = extract.signals("request", reading.question) or not reading.question.rstrip().endswith("?")
    if not named or not asked or "propose_plan_change" not in reading.tools or extract.signals("how", reading.question):
        return from_documents(reading)
    reason = " ".join(reading.question.split())[:200]
    return [Call("propose_plan_change", {"plan": named[-1], "reason": reason})]


def _tell_plan(reading: Reading) -> Move:
    result = reading.result("get_account")
    if result is None:
        return [Call("get_account")]
    if "error" in result:
        return say(reading, "unproven")
    since = day(str(result.get("customer_since", "")))
    return say(reading, "my_plan", plan=str(result.get("plan", "")), since=since)


def _was_offered(reading: Reading) -> bool:
    return any(reading.last_answer == phrase("retention", language) for language in ("en", "de", "fr", "es"))


def _after_offer(reading: Reading) -> Move:
    """One offer and no second: whoever still wants to leave may, and a person sees to it."""
    if extract.signals("declines", reading.question) or extract.signals("insists", reading.question):
        return to_a_person(reading, "wants to cancel the subscription; the offer of a smaller plan was declined")
    return _change_plan(reading) if reading.question else say(reading, "clarify")


def _after_proposal(reading: Reading) -> Move:
    result = reading.result("propose_plan_change") or {}
    if str(result.get("error")).startswith("identity_not_proven"):
        return unproven(reading, str(result["error"]))
    if "error" in result:
        return Say(str(result.get("say", "")))
    return say(reading, "asked_for", what=f"your subscription to be moved to {result['about']}")
