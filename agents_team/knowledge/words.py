"""The words of questions and documents: stemmed, made one where they mean the same, spelled and weighed."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

SHORTEST_SLIP = 5
K1, B = 1.4, 0.4

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP_WORDS = """
a about after all also am an and any are as at be been but by can could did do does doing for from get give got had
has have having hello help hey hi how i i'd i'll i'm i've if im in into is it its it's just know let like long me might
my need no not of on or our out please pls question say should show so some take tell than thank thanks that the their
them there these they this to too understand up us use want was we were what what's when where which who why will
with wonder wondering work works would you your explain often many soon ever currently actually really maybe
"""
_STOP = frozenset(_STOP_WORDS.split())
_HINTS = frozenset(("long", "much", "cost", "price"))
"""They say what kind of answer is wanted. A passage that has it fits better; one without may answer all the same."""
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


def hints(question: str) -> frozenset[str]:
    """Those terms of a question that only say what kind of answer is wanted: "how long", "how much"."""
    return frozenset(terms(" ".join(word for word in _WORD.findall(question.lower()) if word in _HINTS)))


class Vocabulary:
    """What the passages together know of words: how much each tells, and what one nobody wrote was meant to be."""

    def __init__(self, passages: Collection[Collection[str]] = ()):
        """`passages` are the words of each."""
        self._holding = Counter(word for words in passages for word in set(words))
        self._passages = len(passages)
        self._average = sum(map(len, passages)) / max(len(passages), 1)
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for term in self._holding:
            if len(term) >= SHORTEST_SLIP - 1:
                self._by_start[term[0]].append(term)

    def asked(self, question: str) -> list[str]:
        """The words of a question, each once, spelled as the documents spell them."""
        return list(dict.fromkeys(self._spelled(term) for term in terms(question)))

    def coverage(self, asked: Collection[str], held: Collection[str], hinted: Collection[str] = ()) -> float:
        """The share (0 to 1) of the question's weight that the words of a passage hold.

        `hinted` are terms that count where they are held and are not missed where they are not.
        """
        counted = [term for term in asked if term not in hinted]
        if not any(term in held for term in counted):
            return 0.0
        whole = sum(self._weight(term) for term in asked if term in held or term not in hinted)
        return sum(self._weight(term) for term in asked if term in held) / whole

    def score(self, asked: Collection[str], words: Sequence[str]) -> float:
        """How well a passage with these words fits (Okapi BM25); higher is better."""
        counts = Counter(words)
        longer = 1 - B + B * len(words) / max(self._average, 1.0)
        return sum(self._weight(term) * counts[term] * (K1 + 1) / (counts[term] + K1 * longer) for term in asked)

    def _spelled(self, term: str) -> str:
        """A term no document has, one slip away from one that they have (and not a short one), is that one."""
        if len(term) < SHORTEST_SLIP or term in self._holding:
            return term
        near = [known for known in self._by_start.get(term[0], ()) if _one_slip(term, known)]
        meant = [stem(same) for word, same in _SAME.items() if len(word) >= SHORTEST_SLIP and _one_slip(term, word)]
        return min(near or meant, default=term)

    def _weight(self, term: str) -> float:
        holding = self._holding[term]
        return math.log(1 + (self._passages - holding + 0.5) / (holding + 0.5))


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter is missing, too many, wrong, or two neighbours are swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[start:], other[start:]
    swapped = rest[:2] == other_rest[:2][::-1] and rest[2:] == other_rest[2:]
    return rest[1:] in (other_rest, other_rest[1:]) or rest == other_rest[1:] or swapped
