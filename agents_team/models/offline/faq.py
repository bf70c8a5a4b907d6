"""The offline FAQ specialist: quotes the best passage, or asks, or fetches a person; never makes anything up."""

import re

from agents_team.knowledge.words import terms
from agents_team.models.offline.common import before_all, clarify, to_a_person
from agents_team.models.offline.moves import Call, Move, Say
from agents_team.models.offline.reading import Json, Reading
from agents_team.models.offline.triage import FOLLOW_UP, SMALL_TALK, choose
from agents_team.router import OUT_OF_SCOPE, Guess, shipped_router

LONGEST_QUOTE = 480
SHORT_FOLLOW_UP = 8

# A question that sounds like nothing we do may still stand in the documents, but only nearly word for word.
FIT_FOR_STRANGE = 0.8
VAGUE = frozenset({SMALL_TALK})
NO_TOPIC = VAGUE | {"how to", "company", "something does not work", "moved here by a colleague before"}
TOO_GENERAL = frozenset({"order number", "amount", "options", "period", "details", "hello", "double"})


def faq(reading: Reading) -> Move:
    """Search, quote, cite. Two questions without an answer are enough for a person."""
    first = before_all(reading, "faq")
    return first if first is not None else from_documents(reading)


def from_documents(reading: Reading) -> Move:
    """The best passage, word for word; a question back, or a person, when there is none that fits."""
    searches = reading.results.get("search_knowledge", [])
    if not searches:
        return [Call("search_knowledge", {"question": reading.question})]
    guess = choose(reading)
    found = _about_it(searches, reading, guess)
    if len(searches) == 1 and _has_a_topic(guess) and not (found and _is_on_topic(found[0], guess)):
        # The requester's words may not be the documents': "termination fee" is a "cancellation fee" there.
        return [Call("search_knowledge", {"question": guess.intent})]
    if found and (guess.answerable or float(found[0].get("fit", 0)) >= FIT_FOR_STRANGE):
        return Say(quote(found[0], " ".join([*reading.asked[-1:], reading.question])))
    if len(searches) == 1 and reading.asked and _leans_on_earlier(reading):
        # "And for annual plans?" only makes sense together with the question before it.
        return [Call("search_knowledge", {"question": f"{reading.asked[-1]} {reading.question}"})]
    if guess.answerable and guess.intent not in VAGUE and not guess.intent.startswith(FOLLOW_UP):
        return to_a_person(reading, "no answer in the knowledge base", then="no_answer")
    return clarify(reading)


def _has_a_topic(guess: Guess) -> bool:
    return guess.answerable and guess.intent not in NO_TOPIC and not guess.intent.startswith(FOLLOW_UP)


def _is_on_topic(passage: Json, guess: Guess) -> bool:
    return bool(set(terms(guess.intent)) & set(terms(str(passage["section"]))))


def _about_it(searches: list[Json], reading: Reading, guess: Guess) -> list[Json]:
    """The passages that speak of a thing the question is about, those that speak of most of them first.

    Shared words are not enough: "shipping methods" and "payment methods" share one.
    """
    passages = list({p["cite"]: p for search in searches for p in search.get("passages", [])}.values())
    router = reading.router or shipped_router()
    asked = router.things(reading.question)
    if not asked - TOO_GENERAL or not guess.answerable or guess.intent.startswith(FOLLOW_UP):
        return list(searches[-1].get("passages", []))
    shared = []
    for passage in passages:
        things = router.things(f"{passage['document']} {passage['section']} {passage['text']}")
        near = bool((asked - TOO_GENERAL) & things) or (_has_a_topic(guess) and _is_on_topic(passage, guess))
        shared.append(near and 1 + len(asked & things) + 2 * _is_on_topic(passage, guess))
    fitting = [n for n, count in enumerate(shared) if count]
    return [passages[n] for n in sorted(fitting, key=lambda n: -shared[n])]


def _leans_on_earlier(reading: Reading) -> bool:
    return len(reading.question.split()) <= SHORT_FOLLOW_UP and choose(reading).intent != OUT_OF_SCOPE


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
