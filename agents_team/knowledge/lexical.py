"""Ranks passages by the words they share with a question (Okapi BM25), and says when none is good enough."""

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from agents_team.knowledge.passages import Passage

K1, B = 1.4, 0.4
SHORTEST_SLIP = 5
FLOOR = 0.34  # share of the question's weight that a passage must hold to count as an answer

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP_WORDS = """
a about after all also am an and any are as at be been but by can could did do does doing for from get give got had
has have having hello help hey hi how i i'd i'll i'm i've if im in into is it its it's just know let like long me might
my need no not of on or our out please pls question say should show so some take tell than thank thanks that the their
them there these they this to too understand up us use want was we were what what's when where which who why will
with wonder wondering work works would you your explain
"""
_STOP = frozenset(_STOP_WORDS.split())
_SAME = {
    "csv": "export", "download": "export", "pwd": "password", "passwd": "password", "login": "password",
    "signin": "password", "return": "refund", "money": "refund", "reimburse": "refund", "cost": "price",
    "pricing": "price", "much": "price", "fee": "price", "usd": "price", "eur": "price", "dollar": "price",
    "euro": "price", "long": "day", "yearly": "annual", "year": "annual", "delivery": "ship", "deliver": "ship",
    "parcel": "ship", "package": "ship", "postage": "ship", "arrive": "ship", "bill": "invoice",
}  # fmt: skip


def stem(word: str) -> str:
    """A rough English stem: enough that "refunds", "refunded" and "refund" meet."""
    for suffix in ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ed", "es", "s", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)] + ("y" if suffix in ("ies", "ied") else "")
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "sl" else word


def terms(text: str) -> list[str]:
    """The words worth comparing, in order: stemmed, and words that mean the same made one."""
    found: list[str] = []
    for word in _WORD.findall(text.lower().replace("’", "'")):
        root = stem(word.removesuffix("'s"))
        same = _SAME.get(word) or _SAME.get(root)
        if same:
            found.append(stem(same))
        elif word not in _STOP:
            found.append(root)
    return found


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage, its BM25 score, and the share (0 to 1) of the question's weight it covers."""

    passage: Passage
    score: float
    coverage: float


class LexicalIndex:
    """An inverted index in memory; building it again is the way to change it."""

    def __init__(self, passages: list[Passage]):
        self._passages = passages
        counts = [
            Counter(terms(f"{_title(p.document)} {p.section} {_last(p.section)} {_last(p.section)} {p.text}"))
            for p in passages
        ]
        self._lengths = [sum(count.values()) for count in counts]
        self._average = (sum(self._lengths) / len(self._lengths)) if counts else 1.0
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, count in enumerate(counts):
            for term, times in count.items():
                self._postings[term].append((number, times))
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for term in self._postings:
            if len(term) >= SHORTEST_SLIP - 1:
                self._by_start[term[0]].append(term)

    def search(self, question: str, *, limit: int) -> list[Hit]:
        """The best passages that clear the floor, best first; an empty list means: we do not know."""
        asked = dict.fromkeys(self._spelled(term) for term in terms(question))
        weights = {term: self._weight(term) for term in asked}
        whole = sum(weights.values())
        scores: dict[int, float] = defaultdict(float)
        covered: dict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for number, times in self._postings.get(term, ()):
                scores[number] += weight * self._saturation(times, self._lengths[number])
                covered[number] += weight
        best = sorted(scores, key=lambda number: (-scores[number], number))[:limit]
        hits = [Hit(self._passages[n], scores[n], covered[n] / whole) for n in best]
        return [hit for hit in hits if hit.coverage >= FLOOR]

    def _spelled(self, term: str) -> str:
        """A term no document has, one slip away from one that they have (and not a short one), is that one."""
        if len(term) < SHORTEST_SLIP or term in self._postings:
            return term
        near = [known for known in self._by_start.get(term[0], ()) if _one_slip(term, known)]
        return min(near, default=term)

    def _weight(self, term: str) -> float:
        holding = len(self._postings.get(term, ()))
        return math.log(1 + (len(self._passages) - holding + 0.5) / (holding + 0.5))

    def _saturation(self, times: int, length: int) -> float:
        return times * (K1 + 1) / (times + K1 * (1 - B + B * length / self._average))


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter is missing, too many, wrong, or two neighbours are swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[start:], other[start:]
    swapped = rest[:2] == other_rest[:2][::-1] and rest[2:] == other_rest[2:]
    return rest[1:] in (other_rest, other_rest[1:]) or rest == other_rest[1:] or swapped


def _last(section: str) -> str:
    return section.rsplit(" > ", 1)[-1]


def _title(document: str) -> str:
    return re.sub(r"[-_./]", " ", document.rsplit(".", 1)[0])
