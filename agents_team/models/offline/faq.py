"""The offline FAQ specialist: quotes the best passage, or asks, or fetches a person; never makes anything up."""

import re

from agents_team.knowledge.lexical import terms
from agents_team.language import guess_language
from agents_team.models.offline.common import before_all, say, to_a_person
from agents_team.models.offline.moves import Call, Move, Say
from agents_team.models.offline.phrases import phrase
from agents_team.models.offline.reading import Json, Reading
from agents_team.models.offline.triage import choose
from agents_team.router import OUT_OF_SCOPE

LONGEST_QUOTE = 480
SHORT_FOLLOW_UP = 8


def faq(reading: Reading) -> Move:
    """Search, quote, cite. Two questions without an answer are enough for a person."""
    first = before_all(reading, "faq")
    if first is not None:
        return first
    searches = reading.results.get("search_knowledge", [])
    if not searches:
        return [Call("search_knowledge", {"question": reading.question})]
    if found := searches[-1].get("passages"):
        return Say(quote(found[0], " ".join([*reading.asked[-1:], reading.question])))
    if len(searches) == 1 and reading.asked and _leans_on_earlier(reading):
        # "And for annual plans?" only makes sense together with the question before it.
        return [Call("search_knowledge", {"question": f"{reading.asked[-1]} {reading.question}"})]
    if _already_asked_to_clarify(reading):
        return to_a_person(reading, "no answer in the knowledge base")
    return say(reading, "clarify")


def _leans_on_earlier(reading: Reading) -> bool:
    return len(reading.question.split()) <= SHORT_FOLLOW_UP and choose(reading).intent != OUT_OF_SCOPE


def _already_asked_to_clarify(reading: Reading) -> bool:
    languages = {"en", guess_language(reading.question), *(guess_language(text) for text in reading.asked)}
    return any(reading.last_answer == phrase("clarify", language) for language in languages)


def quote(passage: Json, question: str) -> str:
    """The part of a passage that answers, word for word, with its citation."""
    text = str(passage["text"]).strip()
    if len(text) > LONGEST_QUOTE:
        text = _nearest(text, set(terms(question)))
    return f"{_unwrapped(text)} {passage['cite']}"


def _nearest(text: str, asked: set[str]) -> str:
    """The sentences and list items closest to the question, in their order."""
    units = re.split(r"\n(?=[-*] )|\n\n+|(?<=[.!?])\s+(?=[A-Z])", text)
    by_closeness = sorted(range(len(units)), key=lambda n: (-len(asked & set(terms(units[n]))), n))
    chosen: set[int] = set()
    length = 0
    for number in by_closeness:
        if chosen and length + len(units[number]) > LONGEST_QUOTE:
            break
        chosen.add(number)
        length += len(units[number])
    return "\n".join(units[number] for number in sorted(chosen))


def _unwrapped(text: str) -> str:
    """Lines that were only broken for the editor become one paragraph again."""
    return re.sub(r"(?<!\n)\n(?![\n*-])", " ", text)
