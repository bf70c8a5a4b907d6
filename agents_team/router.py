"""Chooses a lane by examples: the nearest sayings of each intent, in words and in letters."""

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

EXAMPLES = Path(__file__).with_name("examples.yaml")

SURE_SCORE = 0.18
SURE_MARGIN = 0.05
NEIGHBOURS = 3
OUT_OF_SCOPE = "out_of_scope"

_WORD = re.compile(r"[^\W_]+")
_PLACEHOLDERS = (
    (re.compile(r"\b[A-Za-z]{2,5}-\d{2,}\b|#\d{3,}\b"), " orderid "),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), " mailaddress "),
    (
        re.compile(r"[$€£] ?\d+(?:[.,]\d{2})?|\b\d+(?:[.,]\d{2})? ?(?:usd|eur|gbp|dollars?|euros?)\b", re.IGNORECASE),
        " amount ",
    ),
)
_FILLER_WORDS = """
a an the please hi hello hey i'm im is am are be to of it my me i you your so just and thanks can could would
"""
_FILLER = frozenset(_FILLER_WORDS.split())

_SHARES = {"k": 2.2, "w": 1.0, "c": 0.3}


def _concept(words: list[str]) -> re.Pattern[str]:
    """One pattern for all words of a concept; "deliver*" stands for any ending."""
    endings = (re.escape(str(word)).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for word in words)
    return re.compile(rf"(?<!\w)(?:{'|'.join(endings)})(?!\w)")


_CONCEPTS = {
    name: _concept(words)
    for name, words in yaml.safe_load(Path(__file__).with_name("concepts.yaml").read_text(encoding="utf-8")).items()
}

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Guess:
    """A lane, why, and how near the examples are (0 to 1). `sure` is false when two lanes are about equally near."""

    lane: str
    intent: str
    confidence: float
    sure: bool = True


class Router:
    """A nearest-neighbour classifier over example sayings; adding an example is all the training there is."""

    def __init__(self, examples: list[tuple[str, str, str]]):
        """`examples` are (lane, intent, saying)."""
        self._labels = [(lane, intent) for lane, intent, _ in examples]
        bags = [_features(saying) for _, _, saying in examples]
        holding = Counter(feature for bag in bags for feature in bag)
        self._rarity = {feature: math.log((1 + len(bags)) / (1 + n)) + 1 for feature, n in holding.items()}
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, bag in enumerate(bags):
            for feature, weight in self._weighed(bag).items():
                self._postings[feature].append((number, weight))

    def guess(self, text: str) -> Guess:
        """The nearest lane. Not sure: too far from every example, between two lanes, or out of scope."""
        near: dict[int, float] = defaultdict(float)
        for feature, weight in self._weighed(_features(text)).items():
            for number, other in self._postings.get(feature, ()):
                near[number] += weight * other
        lanes = self._by_lane(near)
        if not lanes:
            return Guess("", "nothing alike", 0.0, sure=False)
        (score, lane, intent), *others = lanes
        margin = score - (others[0][0] if others else 0.0)
        sure = score >= SURE_SCORE and margin >= SURE_MARGIN and lane != OUT_OF_SCOPE
        return Guess(lane, intent, score, sure)

    def _by_lane(self, near: dict[int, float]) -> list[tuple[float, str, str]]:
        """(score, lane, nearest intent) of each lane, best first; a score is the mean of the nearest few."""
        found: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for number, closeness in near.items():
            lane, intent = self._labels[number]
            found[lane].append((closeness, intent))
        scored = []
        for lane, nearest in found.items():
            nearest.sort(reverse=True)
            mean = sum(closeness for closeness, _ in nearest[:NEIGHBOURS]) / NEIGHBOURS
            scored.append((mean, lane, nearest[0][1]))
        return sorted(scored, reverse=True)

    def _weighed(self, bag: Counter[str]) -> Vector:
        """TF-IDF of unit length; features no example has count for the length, so strange texts are far away."""
        unseen = max(self._rarity.values(), default=1.0)
        vector = {f: (1 + math.log(n)) * self._rarity.get(f, unseen) * _share(f) for f, n in bag.items()}
        length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
        return {feature: weight / length for feature, weight in vector.items()}


def _share(feature: str) -> float:
    """Concepts say more than words, words more than letters; letters forgive typing errors and endings."""
    return _SHARES[feature[0]]


def _features(text: str) -> Counter[str]:
    """Concepts, words, neighbouring words, and the letters of words in threes and fours."""
    text = text.lower().replace("’", "'")
    for pattern, name in _PLACEHOLDERS:
        text = pattern.sub(name, text)
    words = _WORD.findall(text)
    telling = [word for word in words if word not in _FILLER] or words
    bag = Counter(f"k:{name}" for name, pattern in _CONCEPTS.items() if pattern.search(text))
    bag.update(f"w:{word}" for word in telling)
    bag.update(f"w:{one} {two}" for one, two in pairwise(telling))
    for word in telling:
        padded = f" {word} "
        bag.update(f"c:{padded[i : i + size]}" for size in (3, 4) for i in range(len(padded) - size + 1))
    return bag


def load_examples(path: Path = EXAMPLES) -> list[tuple[str, str, str]]:
    """The (lane, intent, saying) triples of an examples file."""
    groups: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [(group["lane"], group["intent"], saying) for group in groups for saying in group["says"]]


ROUTER = Router(load_examples())
