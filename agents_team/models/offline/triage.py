"""Chooses the specialist by examples and rules, and fills the handoff note."""

from dataclasses import replace

from agents_team.language import guess_language
from agents_team.models.offline import extract
from agents_team.models.offline.moves import Call, Move
from agents_team.models.offline.reading import Reading
from agents_team.router import OUT_OF_SCOPE, Guess, Router, shipped_router

LONGEST_SUMMARY = 300
FALLBACK = "faq"
UNCLEAR = "unclear"
FOLLOW_UP = "follow-up"
SMALL_TALK = "small talk"
PERSON = "asked for a person"
GRAVE = "needs a person's judgement"


def choose(reading: Reading) -> Guess:
    """The lane for the new messages. Rules that must not fail come before the examples.

    A guess that is not `answerable` names the likeliest lane, but what it needs is a question back.
    """
    router = reading.router or shipped_router()
    rule = by_rule(reading.question)
    if rule is not None:
        return rule
    guess = facts_first(router.guess(reading.question), reading.question)
    if guess.answerable:
        return guess
    earlier = _from_earlier(reading, router)
    if earlier is not None:
        return earlier
    if guess.lane in ("", OUT_OF_SCOPE):
        return Guess(FALLBACK, OUT_OF_SCOPE if guess.lane else UNCLEAR, guess.confidence)
    return guess


def by_rule(text: str) -> Guess | None:
    """What needs no example: the wish for a person, danger and law, a greeting."""
    if extract.wants_person(text):
        return Guess("escalation", PERSON, 1.0, sure=True, answerable=True)
    if extract.is_grave(text):
        return Guess("escalation", GRAVE, 1.0, sure=True, answerable=True)
    if extract.small_talk(text):
        return Guess(FALLBACK, SMALL_TALK, 1.0, sure=True, answerable=True)
    return None


def facts_first(guess: Guess, text: str) -> Guess:
    """Who wants money back that was taken twice begins with billing, which sees both charges and hands on to refund."""
    twice = guess.lane == "refund" and extract.signals("duplicate", text)
    return replace(guess, lane="billing") if twice else guess


def _from_earlier(reading: Reading, router: Router) -> Guess | None:
    """A short follow-up ("yes please", "and the other one?") belongs to what was being talked about."""
    for text in reversed(reading.asked):
        earlier = router.guess(text)
        if earlier.answerable:
            return Guess(earlier.lane, f"{FOLLOW_UP}: {earlier.intent}", earlier.confidence, answerable=True)
    return None


def note_of(reading: Reading, reason: str) -> dict[str, object]:
    """The handoff note, from what a rule can pick out of the question."""
    question = reading.question
    amounts = extract.amounts_minor(question)
    return {
        "reason": reason,
        "priority": extract.priority(question),
        "sentiment": extract.sentiment(question),
        "language": guess_language(question),
        "summary": " ".join(question.split())[:LONGEST_SUMMARY],
        "order_ids": extract.order_ids(question),
        "amount_minor": amounts[0] if amounts else None,
    }


def triage(reading: Reading) -> Move:
    """Always a handoff, never words."""
    guess = choose(reading)
    lane = guess.lane if f"transfer_to_{guess.lane}" in reading.tools else FALLBACK
    return [Call(f"transfer_to_{lane}", note_of(reading, guess.intent))]
