"""Chooses the specialist by examples and rules, and fills the handoff note."""

from agents_team.language import guess_language
from agents_team.models.offline import extract
from agents_team.models.offline.moves import Call, Move
from agents_team.models.offline.reading import Reading
from agents_team.router import OUT_OF_SCOPE, ROUTER, Guess

LONGEST_SUMMARY = 300
FALLBACK = "faq"
PLAUSIBLE = 0.1
UNCLEAR = "unclear"
FOLLOW_UP = "follow-up"


def choose(reading: Reading) -> Guess:
    """The lane for the new messages. Rules that must not fail come before the examples."""
    question = reading.question
    if extract.wants_person(question):
        return Guess("escalation", "asked for a person", 1.0)
    if extract.is_grave(question):
        return Guess("escalation", "needs a person's judgement", 1.0)
    if extract.small_talk(question):
        return Guess(FALLBACK, "small talk", 1.0)
    guess = ROUTER.guess(question)
    if guess.lane == OUT_OF_SCOPE:
        return Guess(FALLBACK, OUT_OF_SCOPE, guess.confidence)
    if guess.sure or (guess.confidence >= PLAUSIBLE and not reading.asked):
        return guess
    return _from_earlier(reading)


def _from_earlier(reading: Reading) -> Guess:
    """A short follow-up ("yes please", "and the other one?") belongs to what was being talked about."""
    for text in reversed(reading.asked):
        earlier = ROUTER.guess(text)
        if earlier.sure:
            return Guess(earlier.lane, f"{FOLLOW_UP}: {earlier.intent}", earlier.confidence)
    return Guess(FALLBACK, UNCLEAR, 0.0)


def triage(reading: Reading) -> Move:
    """Always a handoff, never words."""
    guess = choose(reading)
    question = reading.question
    amounts = extract.amounts_minor(question)
    note = {
        "reason": guess.intent,
        "priority": extract.priority(question),
        "sentiment": extract.sentiment(question),
        "language": guess_language(question),
        "summary": " ".join(question.split())[:LONGEST_SUMMARY],
        "order_ids": extract.order_ids(question),
        "amount_minor": amounts[0] if amounts else None,
    }
    return [Call(f"transfer_to_{guess.lane}", note)]
