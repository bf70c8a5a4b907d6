"""What every offline specialist does before its own work: hear the wish for a person, give away what is not its own."""

from datetime import date

from agents_team.language import guess_language
from agents_team.models.offline import extract
from agents_team.models.offline.moves import Call, Move, Say, escalate
from agents_team.models.offline.phrases import phrase
from agents_team.models.offline.reading import Reading
from agents_team.models.offline.triage import FOLLOW_UP, GRAVE, PERSON, UNCLEAR, choose

BACK = "transfer_to_triage"
SHORT_REPLY = 3


def say(reading: Reading, name: str, **words: str) -> Say:
    """A phrase in the language of the new messages."""
    return Say(phrase(name, guess_language(reading.question), **words))


def to_a_person(reading: Reading, reason: str, *, then: str = "person", **words: str) -> Move:
    """Call escalate, then tell the requester with the phrase `then`."""
    if reading.called("escalate"):
        return say(reading, then, **words)
    said = " / ".join([*reading.asked[-2:], *reading.new])
    return escalate(reason, extract.priority(reading.question), " ".join(said.split())[:600])


def before_all(reading: Reading, lane: str) -> Move | None:
    """The move that comes before the specialist's own, if any."""
    if extract.wants_person(reading.question):
        return to_a_person(reading, PERSON)
    if extract.is_grave(reading.question):
        return to_a_person(reading, GRAVE)
    if kind := extract.small_talk(reading.question):
        return say(reading, kind)
    return _hand_back(reading, lane) or _ask_back(reading, lane)


def _hand_back(reading: Reading, lane: str) -> Move | None:
    """Back to triage when the subject changed for sure; not after tools were called, nor for a word in reply to us."""
    if reading.results or not reading.asked or _answers_us(reading):
        return None
    guess = choose(reading)
    if guess.lane == lane or not guess.answerable or guess.intent.startswith((FOLLOW_UP, UNCLEAR)):
        return None
    return [Call(BACK, {"reason": guess.intent})]


def _ask_back(reading: Reading, lane: str) -> Move | None:
    """What nobody here is for, or nobody can make out, is asked about once; then a person looks."""
    if lane == "faq" or reading.results or _answers_us(reading) or choose(reading).answerable:
        return None
    return clarify(reading)


def clarify(reading: Reading) -> Move:
    """Ask once what is meant, then fetch a person."""
    languages = {"en", guess_language(reading.question), *(guess_language(text) for text in reading.asked)}
    if any(reading.last_answer == phrase("clarify", language) for language in languages):
        return to_a_person(reading, "no answer in the knowledge base")
    return say(reading, "clarify")


def _answers_us(reading: Reading) -> bool:
    """A few words after a question of ours: "ORD-1001", "the first one", "yes please"."""
    return "?" in reading.last_answer and len(reading.question.split()) <= SHORT_REPLY


def unproven(reading: Reading, error: str) -> Move:
    """Whose account it is nobody knows: what they can do about it."""
    return say(reading, "unproven_code" if error.endswith("code_follows") else "unproven")


def after_tools(reading: Reading) -> Move | None:
    """What to do when a tool could not look: ask who they are, or fetch a person, never guess."""
    match reading.error():
        case "identity_not_proven" | "identity_not_proven_code_follows" as error:
            return unproven(reading, error)
        case "shop_unavailable":
            return to_a_person(reading, "the order system does not answer", then="shop_down")
    return None


def day(text: str) -> str:
    """An ISO day as people write it: 3 May 2026."""
    try:
        when = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{when.day} {when:%B %Y}"
